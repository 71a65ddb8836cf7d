"""Receipts have a place in a status list. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0022", "0021"


def upgrade() -> None:
    """Receipts from before have none."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "status_lists",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant_id", "id", "document")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("opened_at", "open")),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("seed", "mac")),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    op.create_index("ix_status_lists_open", "status_lists", ["tenant_id", "open"], schema=schema)
    confine("status_lists", schema="consent")


def downgrade() -> None:
    """Receipts that were given would stand nowhere: never."""
    raise NotImplementedError
