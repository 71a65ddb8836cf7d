"""Sources that a municipality declares: a TOML file per source, in a folder per municipality. No code of theirs runs.

A file is read and judged at the start; one that is wrong stops the start and says what is wrong. If an attacker can
write these files they choose where residents' numbers are sent: keep them where settings are kept. Surprises: one
source asks one question; what it must know first is another source's element, so that every hop is in the decision and
in the line. A number (BSN) goes into a body and nowhere else.
"""
