"""What lets an outsider check the log: the tree of RFC 6962/9162, its tiles, signed notes and proof files (C2SP).

Pure: no store, no clock, no keys; signing and verifying Ed25519 come in as callables. Lost: nothing, it holds nothing.
Surprises: all hashes are bytes of exactly 32; a proof of the empty tree is refused, because it says nothing.
The offline verifier (`regie_verify.py`) shares no line with this package, so that one mistake cannot fool both.
"""
