"""Conversations at the desk: one protected row each. It permits nothing by itself, so it has no fence.

staff: the employee's pseudonym. resident: also the stand-in of a number that is nobody's, so that looking for people by
trying numbers counts. checked: how the employee saw who it was. served: 0 where nothing is shown. acted: the
consents about which something was chosen in it, and the requests that were written down, as a list. ended_at: 0 while
nobody ended it. stands: see `consent.frontdesk.parents`. resident_fence: absent in rows from before it.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from consent.tables import metadata

TEXTS = (
    "staff",
    "resident",
    "subject",
    "reason",
    "checked",
    "channel",
    "acted",
    "status",
    "fence",
    "position",
    "entry",
)
NUMBERS = ("opened_at", "ended_at", "served", "epoch", "pending_at", "effective_at", "revision")
_BEFORE = ("tenant_id", "id", *TEXTS, *NUMBERS)

conversations = Table(
    "conversations",
    metadata,
    Column("tenant_id", Text, primary_key=True, nullable=False),
    Column("id", Text, primary_key=True, nullable=False),
    *(Column(name, Text, nullable=False) for name in TEXTS),
    *(Column(name, BigInteger, nullable=False, autoincrement=False) for name in NUMBERS),
    Column("mac", LargeBinary, nullable=False),
    Column("stands", Text),
    Column("resident_fence", Text),
    Index("ix_conversations_staff", "tenant_id", "staff", "opened_at"),
    Index("ix_conversations_opened", "tenant_id", "opened_at"),
    info={"mac": {1: _BEFORE, 2: (*_BEFORE, "stands"), 3: (*_BEFORE, "stands", "resident_fence")}},
)
