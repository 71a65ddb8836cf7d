"""What a decision of long ago stood on: each row as it was before it changed; and the policies of a tenant for
conformance suites. Written out: a migration stays as it was when the tables move on."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    """History begins with this migration: what changed before it is gone."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "history",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "name", "version"),
        schema=schema,
    )
    op.create_table(
        "policies",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
        schema=schema,
    )
    confine("history", "policies", schema="consent")


def downgrade() -> None:
    """Never: history is kept."""
    raise NotImplementedError
