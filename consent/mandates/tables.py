"""Whom residents chose to act for them: one protected row each. Names are ciphertext in hexadecimal digits.

scope: the activities, as a list. decides: 1, or 0 for seeing only. code: keyed hash of what is handed over, "" once it
was used. representative: "" until somebody accepts. Its fence moves when it ends, by whomever.
appointed: of who was appointed by a court or a will, see `consent.mandates.appointed`; absent for whom residents chose.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from consent.tables import metadata

TEXTS = ("resident", "subject", "resident_fence", "representative", "scope", "label", "name", "code", "status", "fence",
         "position", "entry")  # fmt: skip
NUMBERS = ("decides", "offered_at", "valid_until", "ended_at", "epoch", "pending_at", "effective_at", "revision")
_CHOSEN = ("tenant_id", "id", *TEXTS, *NUMBERS)

mandates = Table(
    "mandates",
    metadata,
    Column("tenant_id", Text, primary_key=True, nullable=False),
    Column("id", Text, primary_key=True, nullable=False),
    *(Column(name, Text, nullable=False) for name in TEXTS),
    *(Column(name, BigInteger, nullable=False, autoincrement=False) for name in NUMBERS),
    Column("mac", LargeBinary, nullable=False),
    Column("appointed", Text),
    Index("ix_mandates_fence", "tenant_id", "fence"),
    Index("ix_mandates_resident", "tenant_id", "resident"),
    Index("ix_mandates_representative", "tenant_id", "representative"),
    Index("ix_mandates_code", "tenant_id", "code"),
    Index("ix_mandates_pending", "tenant_id", "pending_at"),
    info={"mac": {1: _CHOSEN, 2: (*_CHOSEN, "appointed")}},
)
