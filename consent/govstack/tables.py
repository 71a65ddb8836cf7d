"""Policies, agreements that are no activity yet, and individuals. Lost: see the promise of this room.

kind: `Policy`, `DataAgreement` or `Individual`. owner: the recipient whose individual it is, "" for everybody's.
resident: the vault's id, with the pseudonym and the fence in `subject` and `resident_fence`; "" where nobody is known.
status: `geldt`, or `gewist` for what is no longer answered. Earlier revisions are in `history`.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from consent.tables import metadata

_KEY = ("tenant_id", "kind", "owner", "id")
_TEXTS = ("document", "resident", "subject", "resident_fence", "author", "status", "fence", "position", "entry")
_NUMBERS = ("changed_at", "epoch", "pending_at", "effective_at", "revision")

objects = Table(
    "govstack",
    metadata,
    *(Column(name, Text, primary_key=True, nullable=False) for name in _KEY),
    *(Column(name, Text, nullable=False) for name in _TEXTS),
    *(Column(name, BigInteger, nullable=False) for name in _NUMBERS),
    Column("mac", LargeBinary, nullable=False),
    Index("ix_govstack_resident", "tenant_id", "resident"),
)
