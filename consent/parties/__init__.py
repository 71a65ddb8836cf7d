"""Who may receive, with which systems and keys: one person proposes, another admits, and one is enough to stop.

A change that waits permits nothing. If lost, it is written anew; if written by an attacker, its MAC fails, and what is
admitted is only ever what its second person saw: every act names the digest of the document. Each act is a line before
its row. Surprises: what restricts takes one person and counts at once; a key that is added leaves the others as they
are until their own end; an application of a processor belongs to the recipient that it acts for.
"""
