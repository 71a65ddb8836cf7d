"""What residents asked: one protected row each. Texts are ciphertext, in hexadecimal digits; "" is absent.

An objection has the fence of its resident and activity, and the epoch to which its own line moved it; other kinds have
none. A restriction has that of its resident, and in `activity` its scope, "" for all that is not by choice; its other
particulars are a document (consent.rights.contract.Particulars), absent in rows of other kinds and from before it.
element: of a correction that names one.
filed_as, filed_by: as what somebody filed it for the resident, and their pseudonym; absent for the resident's own.
entry: the last act as given to the log; pending_at: since when one waits that lifts a suspension.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from consent.tables import metadata

TEXTS = ("resident", "subject", "resident_fence", "kind", "activity", "sealed", "reason", "letter",
         "status", "fence", "position", "entry")  # fmt: skip
NUMBERS = ("filed_at", "extended_at", "decided_at", "epoch", "pending_at", "effective_at", "revision")

_BEFORE = ("tenant_id", "id", *TEXTS, *NUMBERS)
_THIRD = (*_BEFORE, "restriction", "element")
rights = Table(
    "rights",
    metadata,
    Column("tenant_id", Text, primary_key=True, nullable=False),
    Column("id", Text, primary_key=True, nullable=False),
    *(Column(name, Text, nullable=False) for name in TEXTS),
    *(Column(name, BigInteger, nullable=False, autoincrement=False) for name in NUMBERS),
    Column("mac", LargeBinary, nullable=False),
    Column("restriction", Text),
    Column("element", Text),
    Column("filed_as", Text),
    Column("filed_by", Text),
    Index("ix_rights_fence", "tenant_id", "fence"),
    Index("ix_rights_resident", "tenant_id", "resident"),
    Index("ix_rights_status", "tenant_id", "status"),
    info={"mac": {1: _BEFORE, 2: (*_BEFORE, "restriction"), 3: _THIRD, 4: (*_THIRD, "filed_as", "filed_by")}},
)
