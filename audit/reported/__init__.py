"""What did others do with a resident's data, outside Regie? Their systems say so, and it becomes a line like any other.

If this room is lost, nothing that was reported is: lines are in the log. Written by an attacker with an application's
key: uses that never were, under that application's name, which residents see and can ask about; the lines stay.
Surprises: nobody here decides whether the use was allowed, or looks whether it is true; a use of an element outside its
activity is taken all the same, because that is what a resident would want to know; a number that nobody has is taken
too, and answered alike.
"""
