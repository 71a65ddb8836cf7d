"""May this recipient have these elements of this resident for this activity, now? The registers, and the only weighing.

If the register's tables are lost, everything is refused until it is restored; if an attacker can write them, a changed
row fails its MAC and a row set back fails at its fence. The log leads and the rows follow: a row carries the epoch it
was written under and never goes back. A withdrawn consent does not return; asking again makes a new one, with its own
fence. Nothing registered means no.
"""
