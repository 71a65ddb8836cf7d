"""Who is reached, and what waits for them. Not protected: see the promise of this room.

reachable: state `aan`, `gevraagd` (on, and no number yet) or `uit`; since: changes from then on are told, ms; seen_at:
their last login; ended: why it is off (`zelf`, `overleden`, `lang-weg`); owed: when it ended, until its line is there.
messages: state `wacht`, `bezorgd`, `dood` (given up) or `vervallen` (turned off, or withheld). content: sealed, made
once; due_at: when it is tried next, or may be taken over.
"""

from sqlalchemy import BigInteger, Index, LargeBinary, Table, Text
from sqlalchemy import Column as C

from consent.tables import metadata

ON, ASKED, OFF = "aan", "gevraagd", "uit"
WAITING, DELIVERED, DEAD, DROPPED = "wacht", "bezorgd", "dood", "vervallen"

reachable = Table(
    "reachable",
    metadata,
    C("tenant_id", Text, primary_key=True, nullable=False),
    C("resident", Text, primary_key=True, nullable=False),
    C("state", Text, nullable=False),
    C("sealed", LargeBinary, nullable=False),
    C("since", BigInteger, nullable=False),
    C("seen_at", BigInteger, nullable=False),
    C("ended", Text, nullable=False),
    C("owed", BigInteger, nullable=False),
)
messages = Table(
    "messages",
    metadata,
    C("tenant_id", Text, primary_key=True, nullable=False),
    C("id", Text, primary_key=True, nullable=False),
    C("resident", Text, nullable=False),
    C("consent", Text, nullable=False),
    C("type", Text, nullable=False),
    C("state", Text, nullable=False),
    C("at", BigInteger, nullable=False),
    C("tries", BigInteger, nullable=False),
    C("due_at", BigInteger, nullable=False),
    C("content", LargeBinary, nullable=False),
    Index("ix_messages_due", "tenant_id", "state", "due_at"),
    Index("ix_messages_resident", "tenant_id", "resident"),
)
