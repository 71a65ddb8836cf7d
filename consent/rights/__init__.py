"""What a resident may ask of those who use their data: to object (AVG 21), and AVG 15-17, 20 and 22.

Lost: what was asked and answered; the lines stay. An objection goes on stopping releases, for `subject_state` and its
fence say so. Written by an attacker: the MAC of the row fails, and texts do not open.
"""
