"""Assertions that were used. Written out: a migration stays as it was when the tables move on."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Rows are few and live for a minute."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "assertions",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", "jti"),
        schema=schema,
    )
    op.create_index("ix_assertions_until", "assertions", ["tenant_id", "until"], schema=schema)
    confine("assertions", schema="consent")


def downgrade() -> None:
    """Never: an assertion that was used must not be forgotten."""
    raise NotImplementedError
