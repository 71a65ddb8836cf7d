"""What a yes is limited to, and the texts that residents were shown. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Rows from before have no terms: as often and as long as the activity allows."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("consents", sa.Column("terms", sa.Text()), schema=schema)
    op.create_table(
        "texts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hash"),
        schema=schema,
    )
    confine("texts", schema="consent")


def downgrade() -> None:
    """Never: what somebody agreed to must not be forgotten."""
    raise NotImplementedError
