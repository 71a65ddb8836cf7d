"""What residents ask. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0008", "0007"
TEXTS = ("tenant_id", "id", "resident", "subject", "resident_fence", "kind", "activity", "sealed", "reason", "letter",
         "status", "fence", "position", "entry")  # fmt: skip
NUMBERS = ("filed_at", "extended_at", "decided_at", "epoch", "pending_at", "effective_at", "revision")


def upgrade() -> None:
    """Nobody objected before."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "rights",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    for column in ("fence", "resident", "status"):
        op.create_index(f"ix_rights_{column}", "rights", ["tenant_id", column], schema=schema)
    confine("rights", schema="consent")


def downgrade() -> None:
    """Never: what stands still would go on."""
    raise NotImplementedError
