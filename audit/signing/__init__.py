"""The signer as its own small process: the log asks over a Unix socket, and never holds the key that signs its heads.

Who takes over the log's process can have heads signed that continue the last one, and cannot sign another history, go
back, or read the key. If the signer is away, lines stand and get no receipts: nothing is opened until it is back.
Surprises: it believes nobody about what was signed last, not even the log; it keeps no connection between questions;
whoever reaches the socket may ask, so the folder of the socket is the lock.
"""
