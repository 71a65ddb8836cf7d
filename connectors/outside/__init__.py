"""The way to registers outside the house: what a register sends is data from a stranger, and it may not answer at all.

Everything that crosses over HTTP does so through here; a database that is read with SQL (`connectors.declared.sql`) is
called where the file of its credential says, and only its rows are judged here. If hostile: an answer is bounded before
it is read and checked before it is used; no text of it reaches a log line or a message. Surprises: an address is
resolved here, judged, and then used as judged (no second look-up); a question is asked twice only when nothing was
sent, or when it says that it may be.
"""
