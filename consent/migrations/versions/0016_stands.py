"""Who stands at the desk for a child. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0016", "0015"


def upgrade() -> None:
    """Rows from before are of whom the employee took for the resident."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("conversations", sa.Column("stands", sa.Text()), schema=schema)


def downgrade() -> None:
    """Never: what a parent began would be as if the child had."""
    raise NotImplementedError
