"""Jobs and their parts. A row that was altered or swapped is refused; one that was set back or removed gives at most
what the fences still allow when it is sent, or less."""

from sqlalchemy import BigInteger, Index, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy import Column as C

from connectors.tables import metadata

# key: the Idempotency-Key, else the job's own id. client: organisation/application. request_hash: HMAC of the body.
# wrapped: the job's key with its salt, under the KEK of the room; empty once no list is left that it opens. placed: who
# asked for what, sealed with it. until: when the result goes, ms; of a job that works: when it is given up.
jobs = Table(
    "bulk_jobs",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id", Text, primary_key=True),
    C("client", Text, nullable=False),
    C("key", Text, nullable=False),
    C("request_hash", LargeBinary, nullable=False),
    C("state", Text, nullable=False),
    C("count", BigInteger, nullable=False),
    C("parts", BigInteger, nullable=False),
    C("wrapped", LargeBinary, nullable=False),
    C("placed", LargeBinary, nullable=False),
    C("created_at", BigInteger, nullable=False),
    C("ended_at", BigInteger, nullable=False),
    C("until", BigInteger, nullable=False),
    C("mac", LargeBinary, nullable=False),
    UniqueConstraint("tenant_id", "client", "key", name="bulk_jobs_by_key"),
)

# done: 0 to do, 1 done, 2 cleared: only its counts are left. listed: numbers and cases, sealed; steps: decisions whose
# lines are being written, sealed; both empty once done. holder, held_until: who works on it, and until when (ms) nobody
# else does. result: lines of JWE. stands: what its releases stand on. handed_at: when the recipient was first sent it.
parts = Table(
    "bulk_parts",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("job_id", Text, primary_key=True),
    C("no", BigInteger, primary_key=True),
    C("first", BigInteger, nullable=False),
    C("done", BigInteger, nullable=False),
    C("attempt", BigInteger, nullable=False),
    C("holder", Text, nullable=False),
    C("held_until", BigInteger, nullable=False),
    C("listed", LargeBinary, nullable=False),
    C("steps", LargeBinary, nullable=False),
    C("result", LargeBinary, nullable=False),
    C("stands", LargeBinary, nullable=False),
    C("released", BigInteger, nullable=False),
    C("refused", BigInteger, nullable=False),
    C("missing", BigInteger, nullable=False),
    C("handed_at", BigInteger, nullable=False),
    C("mac", LargeBinary, nullable=False),
    Index("bulk_parts_to_do", "tenant_id", "done", "held_until"),
)
