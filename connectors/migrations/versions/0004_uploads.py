"""Files that owners keep here as a source, and their rows."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0004", "connectors_0003", None, None


def upgrade() -> None:
    """Make them; rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "uploads",
        *_columns(sa.Text, "tenant_id", "source"),
        *_columns(sa.BigInteger, "version"),
        *_columns(sa.Text, "id"),
        *_columns(sa.BigInteger, "state"),
        *_columns(sa.Text, "client"),
        *_columns(sa.BigInteger, "rows", "made_at", "until"),
        *_columns(sa.LargeBinary, "wrapped", "mac"),
        sa.PrimaryKeyConstraint("tenant_id", "source", "version"),
        schema=schema,
    )
    op.create_table(
        "upload_rows",
        *_columns(sa.Text, "tenant_id", "id", "owner"),
        *_columns(sa.LargeBinary, "sealed"),
        sa.PrimaryKeyConstraint("tenant_id", "id", "owner"),
        schema=schema,
    )
    confine("uploads", "upload_rows", schema="connectors")


def _columns(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
