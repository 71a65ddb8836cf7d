"""A stand-in for the BRP: speaks Haal Centraal BRP Personen bevragen 2.7, `POST /personen`, by BSN only.

It answers from persons in the GBA form (the element names of the Logisch Ontwerp): our own invented residents of
Gemeente Spaarnewoude, or the official test persons when a file is given. One loader serves both.

Surprises: 1. it is a house of its own and is never imported by `connectors`; the two meet on the wire.
2. It knows one query type, and says so to the others. 3. It asks for no key and keeps no log: it is not a register.
Non-goals: searching by name or address, the history of a person, the internal GBA interface.
"""
