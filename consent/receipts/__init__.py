"""What a resident takes home of a consent: a document others can read (ISO/IEC TS 27560 in DPV), signed, with its line.

The receipt says how things stood when it was made. A yes that was stopped since still verifies: whoever must know asks
the register or the log. It names nobody: the resident is the other side of the consent, whose id it carries.
"""
