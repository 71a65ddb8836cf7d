"""Versions of activities to come. Written out: a migration stays as it was when the tables move on."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0004", "0003"
TEXTS = ("tenant_id", "slug", "document", "proposer", "officer", "status", "fence", "position", "entry")
NUMBERS = ("changed_at", "epoch", "pending_at", "effective_at", "revision")


def upgrade() -> None:
    """One row per activity that is being prepared."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "drafts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "slug"),
        schema=schema,
    )
    confine("drafts", schema="consent")


def downgrade() -> None:
    """Drafts are lost; they can be written anew."""
    op.drop_table("drafts", schema="consent" if op.get_bind().dialect.name == "postgresql" else None)
