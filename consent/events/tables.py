"""The outbox. Not protected: see the promise of this room.

state: `wacht`, `geleverd`, `dood` (given up). step: in the life of what it tells of. sequence: per recipient from 1, 0
until it is numbered. due_at: when it is tried next; while it is being sent, when another may take it over. mailed: 1
when it was looked at for its resident (consent.delivery).
"""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from consent.tables import metadata


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


events = Table(
    "events",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("recipient"),
    _text("type"),
    _text("subject"),
    _text("state"),
    _number("at"),
    _number("step"),
    _number("sequence"),
    _number("tries"),
    _number("due_at"),
    _number("delivered_at"),
    _number("mailed"),
    Index("ix_events_due", "tenant_id", "recipient", "state", "sequence"),
    Index("ix_events_fresh", "tenant_id", "sequence"),
    Index("ix_events_mailed", "tenant_id", "mailed", "at"),
    Index("ix_events_series", "tenant_id", "recipient", "sequence"),
)
# Up to which moment the clock was looked at for consents that ended by it; its row also orders who numbers events.
clockwork = Table("clockwork", metadata, _text("tenant_id", key=True), _number("upto"))
