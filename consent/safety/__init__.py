"""A resident who may not be found: an employee says so at once, two say that it is over.

Lost: what stands goes on standing, for it is a flag like any other. If this room lies: somebody is found. Nobody can
ask here where somebody is, nor who is at a safe address.
"""
