"""When a resident was last here, why their messages ended, and whether the line of it is owed. Written out."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0020", "0019"


def upgrade() -> None:
    """Who is reached already was last here when they turned it on."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("reachable", sa.Column("seen_at", sa.BigInteger(), nullable=False, server_default="0"), schema=schema)
    op.add_column("reachable", sa.Column("ended", sa.Text(), nullable=False, server_default=""), schema=schema)
    op.add_column("reachable", sa.Column("owed", sa.BigInteger(), nullable=False, server_default="0"), schema=schema)
    reachable = sa.table("reachable", sa.column("seen_at"), sa.column("since"), schema=schema)
    op.execute(sa.update(reachable).values(seen_at=reachable.c.since))


def downgrade() -> None:
    """Numbers of who died would be used again: never."""
    raise NotImplementedError
