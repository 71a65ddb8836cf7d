"""An append-only log that can prove itself. A receipt is given only for a line that is durable and under a signed head.

If the log is lost, nothing can be released; if an attacker can write its database he is found by row MACs, the tree or
the signer. Fences decide races: a permit requires them and moves none, a restriction moves one and requires nothing.
Surprises: a batch is what waits when the writer is free; the same event id gets the same receipt for ever, even if its
fences moved since, so a receipt says that something was given, not that it still stands: ask `holds`.
"""
