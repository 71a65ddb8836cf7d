"""How many releases per second, and how long one takes: `python -m bench`, or `make bench`.

A release of two vault elements under consent (class C), asked over real HTTP of the demo's staged house, beside a
FastAPI endpoint that only parses the same request and writes the same answer. House, bare endpoint and load generator
each have their own process. Not promised: figures of a machine that does other things as well.
"""
