"""Assertions that were used (RFC 7523 section 3, point 7) and tokens that were handed back, shared by all instances.

Lost or written by an attacker: an assertion of the last minute can be used once more, by who holds it, and a token that
was handed back goes on for its five minutes.
"""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from consent.tables import metadata

assertions = Table(
    "assertions",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),  # ms; after it the assertion is too old anyway
    Index("ix_assertions_until", "tenant_id", "until"),
)
# When each key was last seen, to the hour. Nothing rests on it but what people are told.
key_uses = Table(
    "key_uses",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("kid", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),  # ms
)
revoked = Table(
    "revoked",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),  # ms; after it the token is over anyway
    Index("ix_revoked_until", "tenant_id", "until"),
)
