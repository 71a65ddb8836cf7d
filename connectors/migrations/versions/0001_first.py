"""First tables of the desk."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0001", None, None, None


def upgrade() -> None:
    """Make them; rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "keys",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "purpose", "owner")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("version", "kek_version")),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "purpose", "owner", "version"),
        schema=schema,
    )
    op.create_table(
        "claims",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "client", "key", "release_id", "state")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("attempt", "claimed_at", "made_at")),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "client", "key"),
        schema=schema,
    )
    op.create_index("claims_by_age", "claims", ["tenant_id", "made_at"], schema=schema)
    confine("keys", "claims", schema="connectors")
