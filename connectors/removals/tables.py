"""What is still to be removed, a protected row for each release and each consent that it stood on. Made from the log;
`marks` says how far that was read, in the same transaction. Empty both, and they are made again."""

from sqlalchemy import BigInteger, Index, LargeBinary, Table, Text
from sqlalchemy import Column as C

from connectors.tables import metadata

# term, idx: of the release. fence: of the consent, "" for what the law gave. elements: what its recipient still has, as
# a document: by name until when (ms) it said that it keeps it, 0 where it said nothing. keep_year: in which the line
# itself goes. erase_days: after the consent ended, -1 where the version says that it stays. ended_at: of the consent,
# 0 while it stands. due_at: the first moment at which any of it is late; LATER where no day is known.
removals = Table(
    "removals",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("term", Text, primary_key=True),
    C("idx", BigInteger, primary_key=True),
    C("fence", Text, primary_key=True),
    *(C(name, Text, nullable=False) for name in ("recipient", "activity", "subject", "elements")),
    *(C(name, BigInteger, nullable=False) for name in (
        "at", "withheld_until", "keep_year", "kept_days", "erase_days", "ended_at", "due_at"
    )),
    C("mac", LargeBinary, nullable=False),
    Index("removals_due", "tenant_id", "recipient", "due_at"),
    Index("removals_by_fence", "tenant_id", "fence"),
    Index("removals_by_subject", "tenant_id", "subject"),
)  # fmt: skip
# term: "" before the first.
marks = Table(
    "removal_marks",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("term", Text, nullable=False),
    C("idx", BigInteger, nullable=False),
    C("mac", LargeBinary, nullable=False),
)
