"""Lines that the database lost come back from a mirror, byte for byte (trust.md 2.7).

Promise: nothing is written before every missing line was held against what was signed, and the log permits nothing from
the moment that they are back until two persons released it. Lost half-way: the same order goes on where it stopped.
Hostile: a mirror gives ciphertext and hashes; what is not the log's fits neither the signed root nor its own seals.
Surprises: of a line whose key is gone for ever only act and leaf are known; files on breaches are in no mirror.
"""
