"""Who filed a request for a resident. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0019", "0018"


def upgrade() -> None:
    """What was filed before, the residents filed themselves."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    for column in ("filed_as", "filed_by"):
        op.add_column("rights", sa.Column(column, sa.Text()), schema=schema)


def downgrade() -> None:
    """Requests stay, and nobody could tell any more whose words they are."""
    raise NotImplementedError
