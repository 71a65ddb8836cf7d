"""The desk of the town hall: an employee helps a resident who is present, on the telephone, or wrote on paper.

Each look needs a conversation: with a reason, a check of who it is, an end, and a line that its resident sees first.
Lost: who was helped must be helped again; the lines stay. Written by an attacker: the MAC of the row fails, and then
nobody is helped.
"""
