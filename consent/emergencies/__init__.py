"""Uses in an emergency, until the FG has reviewed each (architecture.md section 4, break-glass).

Nothing is stored here: the log says which were reviewed, so a use can be lost from the list no more than from the log.
If a reader of the list is hostile: it names no resident and no employee; to see one use is a line in its resident's
series first. Surprises: what the employee wrote is sealed by this room before it goes into the line, for it may name
others, and a resident can take the whole line home; and nobody reviews a use of a department of their own.
"""
