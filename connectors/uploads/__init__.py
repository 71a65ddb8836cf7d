"""Files that a process owner keeps here as a source: one CSV file at a time, of one declared source.

A file is read and judged as a whole: with one fault nothing of it is kept, and the one before stays. Rows are sealed
one by one with a key of their file, under a keyed hash of the number; when a file goes, its key goes. If the rows are
lost, the owner sends the file again. If an attacker writes them: a row that was moved or altered does not open, one
that was removed makes its resident unknown, and an older file that is put back as a whole gives what it said.
Surprises: what stands in a cell is data, whatever a spreadsheet would make of it; faults name a line and a column,
never what stands there.
"""
