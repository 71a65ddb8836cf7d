"""Reports and what recipients are told of them, a protected row each. One that was removed or set back is not followed,
or followed once more, and its mark comes late or stays; the lines say what was reported, and who was told."""

from sqlalchemy import BigInteger, Index, LargeBinary, Table, Text
from sqlalchemy import Column as C

from connectors.tables import metadata

# slot: one report of a reporter about a value while it is open; then the report's own id. key: the Idempotency-Key,
# else the id. content: what was reported and answered, sealed. entry: the act whose line is being written, "" for none,
# and then becomes: the status that it gives. status: "" until the first line stands. way: how it goes to who keeps the
# source: `adres`, `bezorgd` (there, and asked for an answer), `lijst` (their own list). due_at: when it is looked at.
corrections = Table(
    "corrections",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id", Text, primary_key=True),
    *(C(name, Text, nullable=False) for name in ("slot", "reporter", "client", "key")),
    C("request_hash", LargeBinary, nullable=False),
    *(C(name, Text, nullable=False) for name in ("resident", "subject", "element", "source", "status", "way")),
    C("content", LargeBinary, nullable=False),
    *(C(name, Text, nullable=False) for name in ("entry", "becomes")),
    *(C(name, BigInteger, nullable=False) for name in ("filed_at", "changed_at", "due_at", "tries", "revision")),
    C("mac", LargeBinary, nullable=False),
    Index("corrections_by_slot", "tenant_id", "slot", unique=True),
    Index("corrections_by_key", "tenant_id", "client", "key", unique=True),
    Index("corrections_by_resident", "tenant_id", "resident"),
    Index("corrections_due", "tenant_id", "due_at"),
)

# What one recipient may read when a value that it was given was corrected. report: of which it comes. given: its own
# lines, as a document. withheld_until: before this (ms) the resident may not know that this recipient has it.
notices = Table(
    "correction_notices",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id", Text, primary_key=True),
    *(C(name, Text, nullable=False) for name in ("report", "recipient", "recipient_name", "given")),
    *(C(name, BigInteger, nullable=False) for name in ("more", "withheld_until", "corrected_at", "at")),
    C("mac", LargeBinary, nullable=False),
    Index("correction_notices_by_report", "tenant_id", "report"),
)
