"""The resident's own fence in a conversation at the desk, for what they ask there. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0017", "0016"


def upgrade() -> None:
    """A conversation from before lasts twenty minutes, and takes no request."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("conversations", sa.Column("resident_fence", sa.Text()), schema=schema)


def downgrade() -> None:
    """What was asked stays."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.drop_column("conversations", "resident_fence", schema=schema)
