"""Sets of rows for a data lab: a bulk order about a population, of which only coarsened rows under pseudonyms leave.

If the rows are lost, nobody knows any more which sets are out, and none is refused for one that was not destroyed; the
lines say which were made. Written by an attacker: a changed row is refused, a removed one is missed. Nobody in a set is
named by it; who did not want to be in it, or shares the same fields with too few others, is not.
"""
