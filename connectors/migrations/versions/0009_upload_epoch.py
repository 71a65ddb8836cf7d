"""Where the fence of a source stood when its file came to count. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "connectors_0009", "connectors_0008", None, None


def upgrade() -> None:
    """Files from before stand while nobody moved it."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("uploads", sa.Column("epoch", sa.BigInteger()), schema=schema)


def downgrade() -> None:
    """A file that was put back would be read again: never."""
    raise NotImplementedError
