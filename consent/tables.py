"""The register's tables.

Lost: everything is refused until they are restored, for nothing registered means no. Written by an attacker: a changed,
swapped or forged row fails its MAC and stops what would rest on it; a row set back or removed fails at its fence, when
the line is written. `questions` hold ciphertext; `followed` may lag or lie at the cost of a refusal only.

`history` is only ever read by who replays a decision; what is missing there cannot be replayed, and what was forged
fails its MAC.

Every protected row has: fence and epoch (where the log had moved it when the row was written), entry (the act that
made it, as given to the log, so that a repeated act is the same act), pending_at (ms; 0 when effective) and revision
(named by the decisions that used it). Times in ms; "" and 0 are absent.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text, literal_column

from kernel.sql.key_rows import key_table

metadata = MetaData(schema="consent")


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _guarded() -> list[Column[str] | Column[int] | Column[bytes]]:
    mac: Column[bytes] = Column("mac", LargeBinary, nullable=False)
    texts = [_text("status"), _text("fence"), _text("position"), _text("entry")]
    numbers = [_number("epoch"), _number("pending_at"), _number("effective_at"), _number("revision")]
    return [*texts, *numbers, mac]


def _tenant() -> Column[str]:
    return _text("tenant_id", key=True)


keys = key_table(metadata)
activities = Table(
    "activities",
    metadata,
    _tenant(),
    _text("slug", key=True),
    _number("number", key=True),
    _text("document"),
    *_guarded(),
)
recipients = Table(
    "recipients",
    metadata,
    _tenant(),
    _text("slug", key=True),
    _text("oin"),
    _text("document"),
    *_guarded(),
)
_BEFORE_OWN = ("tenant_id", "client_id", "recipient", "document", "status", "fence", "position", "entry", "epoch",
               "pending_at", "effective_at", "revision")  # fmt: skip
# fence, epoch: of its recipient, as they were when it was admitted. own_fence, own_epoch: its own; absent in rows from
# before it had one, which nobody ever moved.
applications = Table(
    "applications",
    metadata,
    _tenant(),
    _text("client_id", key=True),
    _text("recipient"),
    _text("document"),
    *_guarded(),
    Column("own_fence", Text),
    Column("own_epoch", BigInteger),
    info={"mac": {1: _BEFORE_OWN, 2: (*_BEFORE_OWN, "own_fence", "own_epoch")}},
)
cases = Table(
    "cases",
    metadata,
    _tenant(),
    _text("recipient", key=True),
    _text("reference", key=True),
    _text("resident"),
    _text("subject"),
    _text("activity"),
    _number("since"),
    _number("until"),
    _text("origin"),
    *_guarded(),
)
_BEFORE_TERMS = (
    "tenant_id", "id", "resident", "subject", "resident_fence", "recipient", "activity", "version", "elements",
    "reference", "requested_at", "answer_by", "latest", "decided_at", "ended_at", "valid_until", "language",
    "text_hash", "return_url", "status", "fence", "position", "entry", "epoch", "pending_at", "effective_at",
    "revision",
)  # fmt: skip
consents = Table(
    "consents",
    metadata,
    _tenant(),
    _text("id", key=True),
    _text("resident"),
    _text("subject"),
    _text("resident_fence"),
    _text("recipient"),
    _text("activity"),
    _number("version"),
    _text("elements"),
    _text("reference"),
    _number("requested_at"),
    _number("answer_by"),
    _number("latest"),
    _number("decided_at"),
    _number("ended_at"),
    _number("valid_until"),
    _text("language"),
    _text("text_hash"),
    _text("return_url"),
    *_guarded(),
    Column("terms", Text),  # a document, see consent.limits; absent in rows from before it
    info={"mac": {1: _BEFORE_TERMS, 2: (*_BEFORE_TERMS, "terms")}},
)
# What residents were shown, by its hash. Lost or altered: the hash in the consent and in its line says so.
texts = Table("texts", metadata, _tenant(), _text("hash", key=True), _text("text"))
# Flags, objections and restrictions of one resident in one row, so that none of them can be deleted alone.
subject_state = Table(
    "subject_state",
    metadata,
    _tenant(),
    _text("resident", key=True),
    _text("restriction_fence"),
    _number("restriction_epoch"),
    _text("document"),
    *_guarded(),
)
questions = Table(
    "questions",
    metadata,
    _tenant(),
    _text("id", key=True),
    _text("resident"),
    _text("subject"),
    _text("line"),
    _text("activity"),
    _text("recipient"),
    Column("sealed", LargeBinary, nullable=False),
    _number("asked_at"),
    _number("due_at"),
    Column("answer", LargeBinary),
    _number("answered_at"),
)
# A version to come (consent.drafts): it permits nothing, so it has no fence. proposer, officer: pseudonyms of staff.
drafts = Table(
    "drafts",
    metadata,
    _tenant(),
    _text("slug", key=True),
    _text("document"),
    _text("proposer"),
    _text("officer"),
    _number("changed_at"),
    *_guarded(),
)
# What somebody wants to change about a recipient or an application (consent.parties): it permits nothing.
changes = Table(
    "changes",
    metadata,
    _tenant(),
    _text("name", key=True),
    _text("document"),
    _text("proposer"),
    _number("changed_at"),
    *_guarded(),
)
# Each protected row as it was before it changed: what a decision of long ago stood on. kind and name: table and key.
history = Table(
    "history",
    metadata,
    _tenant(),
    _text("kind", key=True),
    _text("name", key=True),
    _text("version", key=True),
    _text("document"),
    Column("mac", LargeBinary, nullable=False),
)
followed = Table("followed", metadata, _tenant(), _text("position"))

GUARDED = (activities, recipients, applications, cases, consents, subject_state)
for _table in GUARDED:
    Index(f"ix_{_table.name}_fence", _table.c.tenant_id, _table.c.fence)
    Index(f"ix_{_table.name}_pending", _table.c.tenant_id, _table.c.pending_at)
Index("ix_consents_resident", consents.c.tenant_id, consents.c.resident, consents.c.recipient, consents.c.activity)
Index("ix_consents_end", consents.c.tenant_id, consents.c.valid_until)
Index("ix_consents_answer", consents.c.tenant_id, consents.c.answer_by)
_LOOSE = consents.c.resident == literal_column("''")
Index("ix_consents_loose", consents.c.tenant_id, consents.c.recipient, consents.c.answer_by,
      sqlite_where=_LOOSE, postgresql_where=_LOOSE)  # fmt: skip
Index("ix_subject_state_restriction", subject_state.c.tenant_id, subject_state.c.restriction_fence)
Index("ix_questions_resident", questions.c.tenant_id, questions.c.resident)
Index("ix_applications_own_fence", applications.c.tenant_id, applications.c.own_fence)
Index("ix_applications_recipient", applications.c.tenant_id, applications.c.recipient)
