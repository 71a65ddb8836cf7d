"""Nobody publishes alone: one person proposes a version of an activity, another one puts it in force.

A draft permits nothing. If lost, it is written anew; if written by an attacker, its MAC fails, and what is published is
only ever what its second person saw: every act names the digest of the document. Each act is a line, before its row.
"""
