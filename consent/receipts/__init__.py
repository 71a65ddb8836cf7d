"""What a resident takes home of a consent: a document others can read (ISO/IEC TS 27560 in DPV), signed, with its line.

The receipt says how things stood when it was made, and names its place in a list that says how it stands now: 0 valid,
1 invalid, 2 suspended, for whoever holds a receipt and for nobody else. It names nobody: the resident is the other side
of the consent, whose id it carries.
"""
