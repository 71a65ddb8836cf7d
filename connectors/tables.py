"""The desk's rows. Lost or written by an attacker: an extra request at most, decided and logged anew."""

from sqlalchemy import BigInteger, Index, LargeBinary, MetaData, Table, Text
from sqlalchemy import Column as C

from kernel.sql.key_rows import key_table

metadata = MetaData(schema="connectors")

keys = key_table(metadata)

# state: bezig | klaar. request_hash: HMAC of the body, which may hold a number. claimed_at: ms, of the last attempt.
claims = Table(
    "claims",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("client", Text, primary_key=True),
    C("key", Text, primary_key=True),
    C("request_hash", LargeBinary, nullable=False),
    C("release_id", Text, nullable=False),
    C("attempt", BigInteger, nullable=False),
    C("state", Text, nullable=False),
    C("claimed_at", BigInteger, nullable=False),
    C("made_at", BigInteger, nullable=False),
    Index("claims_by_age", "tenant_id", "made_at"),
)
