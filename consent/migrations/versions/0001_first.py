"""The first tables of the register.

Written out: a migration stays as it was when the tables move on. A test compares the two.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0001", None

GUARDED = ("status", "fence", "epoch", "position", "entry", "pending_at", "effective_at", "revision", "mac")
NUMBERS = frozenset(
    {
        "answer_by",
        "answered_at",
        "asked_at",
        "decided_at",
        "due_at",
        "effective_at",
        "ended_at",
        "epoch",
        "kek_version",
        "latest",
        "number",
        "pending_at",
        "requested_at",
        "restriction_epoch",
        "revision",
        "since",
        "until",
        "valid_until",
        "version",
    }
)
BYTES = frozenset({"mac", "wrapped", "sealed", "answer"})
TABLES = {
    "keys": (4, ("tenant_id", "purpose", "owner", "version", "wrapped", "kek_version")),
    "activities": (3, ("tenant_id", "slug", "number", "document", *GUARDED)),
    "recipients": (2, ("tenant_id", "slug", "oin", "document", *GUARDED)),
    "applications": (2, ("tenant_id", "client_id", "recipient", "document", *GUARDED)),
    "cases": (
        3,
        (
            "tenant_id",
            "recipient",
            "reference",
            "resident",
            "subject",
            "activity",
            "since",
            "until",
            "origin",
            *GUARDED,
        ),
    ),
    "consents": (
        2,
        (
            "tenant_id",
            "id",
            "resident",
            "subject",
            "resident_fence",
            "recipient",
            "activity",
            "version",
            "elements",
            "reference",
            "requested_at",
            "answer_by",
            "latest",
            "decided_at",
            "ended_at",
            "valid_until",
            "language",
            "text_hash",
            "return_url",
            *GUARDED,
        ),
    ),
    "subject_state": (2, ("tenant_id", "resident", "restriction_fence", "restriction_epoch", "document", *GUARDED)),
    "questions": (
        2,
        (
            "tenant_id",
            "id",
            "resident",
            "subject",
            "line",
            "activity",
            "recipient",
            "sealed",
            "asked_at",
            "due_at",
            "answer",
            "answered_at",
        ),
    ),
    "followed": (1, ("tenant_id", "position")),
}
INDEXES = (
    ("ix_activities_fence", "activities", ("tenant_id", "fence")),
    ("ix_activities_pending", "activities", ("tenant_id", "pending_at")),
    ("ix_recipients_fence", "recipients", ("tenant_id", "fence")),
    ("ix_recipients_pending", "recipients", ("tenant_id", "pending_at")),
    ("ix_applications_fence", "applications", ("tenant_id", "fence")),
    ("ix_applications_pending", "applications", ("tenant_id", "pending_at")),
    ("ix_applications_recipient", "applications", ("tenant_id", "recipient")),
    ("ix_cases_fence", "cases", ("tenant_id", "fence")),
    ("ix_cases_pending", "cases", ("tenant_id", "pending_at")),
    ("ix_consents_fence", "consents", ("tenant_id", "fence")),
    ("ix_consents_pending", "consents", ("tenant_id", "pending_at")),
    ("ix_consents_resident", "consents", ("tenant_id", "resident", "recipient", "activity")),
    ("ix_subject_state_fence", "subject_state", ("tenant_id", "fence")),
    ("ix_subject_state_pending", "subject_state", ("tenant_id", "pending_at")),
    ("ix_subject_state_restriction", "subject_state", ("tenant_id", "restriction_fence")),
    ("ix_questions_resident", "questions", ("tenant_id", "resident")),
)


def upgrade() -> None:
    """Text, bytes and integers only; the tenant leads every key."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    for table, (keys, names) in TABLES.items():
        op.create_table(
            table, *(_column(name) for name in names), sa.PrimaryKeyConstraint(*names[:keys]), schema=schema
        )
    for index, table, columns in INDEXES:
        op.create_index(index, table, list(columns), schema=schema)
    confine(*TABLES, schema="consent")


def downgrade() -> None:
    """Never: a register is restored from its backup."""
    raise NotImplementedError


def _column(name: str) -> sa.Column[Any]:
    if name in BYTES:
        return sa.Column(name, sa.LargeBinary(), nullable=name == "answer")
    return sa.Column(name, sa.BigInteger() if name in NUMBERS else sa.Text(), nullable=False)
