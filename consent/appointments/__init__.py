"""Who was appointed by a court or a will: written down by one employee, confirmed by another, each from the document.

The second one types what the document says, and does not read what the first one typed: only the same counts. So a
wrong number finds nobody, and nobody can leaf through who is represented by whom. Of the document nothing is kept but
who issued it, its number and its day. Rows are those of `consent.mandates`, and what is said there holds here.
"""
