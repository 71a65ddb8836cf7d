"""About how many residents an application asked in bulk. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0023", "0022"


def upgrade() -> None:
    """Nobody asked yet."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "asked",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant_id", "application")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("since", "residents")),
        sa.PrimaryKeyConstraint("tenant_id", "application"),
        schema=schema,
    )
    confine("asked", schema="consent")


def downgrade() -> None:
    """What was counted is of a day."""
    op.drop_table("asked", schema="consent" if op.get_bind().dialect.name == "postgresql" else None)
