"""Who was appointed by a court or a will to act for a resident. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0015", "0014"


def upgrade() -> None:
    """Rows from before are of whom residents chose."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("mandates", sa.Column("appointed", sa.Text()), schema=schema)


def downgrade() -> None:
    """Never: who was appointed would be somebody whom the resident chose."""
    raise NotImplementedError
