"""The desk's rows. Claims lost or written by an attacker: an extra request at most, decided and logged anew. Runs are
protected, and the log counts them too: lost or set back, nothing is counted any more."""

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

# Tables of statistics, numbered per activity, with the privacy budget that they took. cost, spent: thousandths of
# epsilon, this one's and all up to it. client, key: whose Idempotency-Key; without one the id, which is as unique.
# answer: "" while it is made.
runs = Table(
    "runs",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("activity", Text, primary_key=True),
    C("number", BigInteger, primary_key=True),
    C("id", Text, nullable=False),
    C("recipient", Text, nullable=False),
    C("client", Text, nullable=False),
    C("key", Text, nullable=False),
    C("name", Text, nullable=False),
    C("cost", BigInteger, nullable=False),
    C("spent", BigInteger, nullable=False),
    C("made_at", BigInteger, nullable=False),
    C("answer", Text, nullable=False),
    C("mac", LargeBinary, nullable=False),
    Index("runs_by_id", "tenant_id", "id", unique=True),
    Index("runs_by_key", "tenant_id", "client", "key", unique=True),
)
