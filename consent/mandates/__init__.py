"""Who sees, decides and stops for whom: parents and guardians of a child, and whom a resident chose.

Lost: nobody acts for anybody, and who was chosen must be chosen again; the lines stay. Written by an attacker: the MAC
of the row fails, or its fence stands elsewhere, and then nobody acts. What the BRP says of authority is kept nowhere.
"""
