"""Conversations at the desk of the town hall. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0014", "0013"
TEXTS = ("tenant_id", "id", "staff", "resident", "subject", "reason", "checked", "channel", "acted", "status", "fence",
         "position", "entry")  # fmt: skip
NUMBERS = ("opened_at", "ended_at", "served", "epoch", "pending_at", "effective_at", "revision")


def upgrade() -> None:
    """Nobody was helped at the desk before."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "conversations",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    for name, columns in (("staff", ["staff", "opened_at"]), ("opened", ["opened_at"])):
        op.create_index(f"ix_conversations_{name}", "conversations", ["tenant_id", *columns], schema=schema)
    confine("conversations", schema="consent")


def downgrade() -> None:
    """Conversations are lost; the lines stay."""
    op.drop_table("conversations", schema="consent" if op.get_bind().dialect.name == "postgresql" else None)
