"""The ground floor: knows no resident, no consent and no purpose.

Admission: two components use it today, it names no domain noun, it stays under 150 lines a file,
and the plain floor (errors, caller, clock, ids, canonical, message) imports no framework.
"""
