"""Pages for people: what the rooms know, in plain words. Nothing is kept but the session.

A page never claims more than a receipt proves: "Gelukt" stands only beside a number in the log.
"""
