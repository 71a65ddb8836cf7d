"""Vaults that were erased."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "vault_0002", "vault_0001", None, None


def upgrade() -> None:
    """Nobody could erase a vault before."""
    schema = "vault" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "erasures",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "resident", "position")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("version", "asked_at")),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "resident", "version"),
        schema=schema,
    )
    op.create_index("erasures_unfinished", "erasures", ["tenant_id", "position", "asked_at"], schema=schema)
    confine("erasures", schema="vault")


def downgrade() -> None:
    """An erasure that began is finished."""
    raise NotImplementedError("restore a backup")
