"""What applications of the GovStack standard brought. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0007", "0006"
KEY = ("tenant_id", "kind", "owner", "id")
TEXTS = ("document", "resident", "subject", "resident_fence", "author", "status", "fence", "position", "entry")
NUMBERS = ("changed_at", "epoch", "pending_at", "effective_at", "revision")


def upgrade() -> None:
    """Empty: nothing was brought yet."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "govstack",
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*KEY, *TEXTS)),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY),
        schema=schema,
    )
    op.create_index("ix_govstack_resident", "govstack", ["tenant_id", "resident"], schema=schema)
    confine("govstack", schema="consent")


def downgrade() -> None:
    """Never: individuals could no longer be told apart."""
    raise NotImplementedError
