"""The portal's rows. Lost: everybody logs in again. Written by an attacker: what we did not seal for that cookie does
not open; an old session put back lives until its own end at most."""

from sqlalchemy import BigInteger, Index, LargeBinary, MetaData, Table, Text
from sqlalchemy import Column as C

from kernel.sql.key_rows import key_table

metadata = MetaData(schema="web")

keys = key_table(metadata)

# id_hash: SHA-256 of what the browser holds. kind: sessie | zoeking (bound to its session by the seal). Times in ms.
sessions = Table(
    "sessions",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id_hash", Text, primary_key=True),
    C("kind", Text, nullable=False),
    C("content", LargeBinary, nullable=False),
    C("created_at", BigInteger, nullable=False),
    C("seen_at", BigInteger, nullable=False),
    C("expires_at", BigInteger, nullable=False),
    Index("sessions_by_end", "tenant_id", "expires_at"),
)
