"""Which sets are out, a protected row each, written with the job that makes it."""

from sqlalchemy import BigInteger, Index, LargeBinary, Table, Text
from sqlalchemy import Column as C

from connectors.tables import metadata

# id: of the job. key: the Idempotency-Key, else the id. destroyed_at: when its recipient said so, 0 until then.
# told_at: when the log was told that they did not say so in time.
lab_sets = Table(
    "lab_sets",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id", Text, primary_key=True),
    *(C(name, Text, nullable=False) for name in ("activity", "name", "recipient", "client", "key")),
    *(C(name, BigInteger, nullable=False) for name in ("made_at", "destroy_by", "destroyed_at", "told_at")),
    C("mac", LargeBinary, nullable=False),
    Index("lab_sets_by_key", "tenant_id", "client", "key", unique=True),
    Index("lab_sets_out", "tenant_id", "destroyed_at", "destroy_by"),
)
