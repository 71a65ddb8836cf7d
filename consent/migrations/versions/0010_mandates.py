"""Whom residents let act for them. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0010", "0009"
TEXTS = ("tenant_id", "id", "resident", "subject", "resident_fence", "representative", "scope", "label", "name", "code",
         "status", "fence", "position", "entry")  # fmt: skip
NUMBERS = ("decides", "offered_at", "valid_until", "ended_at", "epoch", "pending_at", "effective_at", "revision")


def upgrade() -> None:
    """Nobody acted for anybody before."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "mandates",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    for name, column in (("fence", "fence"), ("resident", "resident"), ("representative", "representative"),
                         ("code", "code"), ("pending", "pending_at")):  # fmt: skip
        op.create_index(f"ix_mandates_{name}", "mandates", ["tenant_id", column], schema=schema)
    confine("mandates", schema="consent")


def downgrade() -> None:
    """Never: what residents ended would not be known to have ended."""
    raise NotImplementedError
