"""Applications have a fence of their own, what is to change about them waits, and when their keys were last seen.
Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0012", "0011"
TEXTS = ("tenant_id", "name", "document", "proposer", "status", "fence", "position", "entry")
NUMBERS = ("changed_at", "epoch", "pending_at", "effective_at", "revision")


def upgrade() -> None:
    """Rows from before have no fence of their own: nobody ever moved it, and their MAC says so."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("applications", sa.Column("own_fence", sa.Text()), schema=schema)
    op.add_column("applications", sa.Column("own_epoch", sa.BigInteger()), schema=schema)
    op.create_index("ix_applications_own_fence", "applications", ["tenant_id", "own_fence"], schema=schema)
    op.create_table(
        "changes",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
        schema=schema,
    )
    op.create_table(
        "key_uses",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant_id", "client_id", "kid")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", "kid"),
        schema=schema,
    )
    confine("changes", "key_uses", schema="consent")


def downgrade() -> None:
    """Never: what was suspended would be forgotten."""
    raise NotImplementedError
