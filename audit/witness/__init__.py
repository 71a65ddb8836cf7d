"""A witness of other people's logs: it says in public that it saw one history of each, and never two.

Promise: what it cosigned is on its disk before it answers, never becomes smaller, and has one root at each size. Lost:
the memory of a log; then nobody may go on as if that log were new, and the witness begins again under another key.
Hostile: who has its key can cosign anything; that is one voice of the quorum. Surprises: it knows logs by their keys
only, and asks nobody who sends it something; it needs no other room of this house, and may run in another house alone.
"""
