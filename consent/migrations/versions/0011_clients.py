"""Tokens that were handed back. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Rows are few and live for five minutes."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "revoked",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "jti"),
        schema=schema,
    )
    op.create_index("ix_revoked_until", "revoked", ["tenant_id", "until"], schema=schema)
    confine("revoked", schema="consent")


def downgrade() -> None:
    """Never: a token that was handed back must not come back."""
    raise NotImplementedError
