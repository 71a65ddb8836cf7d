"""Restriction (AVG 18): what it is asked for, and the notice before it ends. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    """Nobody asked for one before."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("rights", sa.Column("restriction", sa.Text()), schema=schema)


def downgrade() -> None:
    """Never: what stands still would go on."""
    raise NotImplementedError
