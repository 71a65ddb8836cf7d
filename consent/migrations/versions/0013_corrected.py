"""Which value a request for correction is about."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    """Requests from before name none."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("rights", sa.Column("element", sa.Text(), nullable=True), schema=schema)


def downgrade() -> None:
    """Never: rows that name one would not be believed any more."""
    raise NotImplementedError
