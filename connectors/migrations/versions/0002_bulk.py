"""Jobs of bulk and their parts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0002", "connectors_0001", None, None


def upgrade() -> None:
    """Make them; rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "bulk_jobs",
        *_columns(sa.Text, "tenant_id", "id", "client", "key", "state"),
        *_columns(sa.LargeBinary, "request_hash", "wrapped", "placed", "mac"),
        *_columns(sa.BigInteger, "count", "parts", "created_at", "ended_at", "until"),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "client", "key", name="bulk_jobs_by_key"),
        schema=schema,
    )
    op.create_table(
        "bulk_parts",
        *_columns(sa.Text, "tenant_id", "job_id", "holder"),
        *_columns(sa.BigInteger, "no", "first", "done", "attempt", "held_until"),
        *_columns(sa.BigInteger, "released", "refused", "missing", "handed_at"),
        *_columns(sa.LargeBinary, "listed", "steps", "result", "stands", "mac"),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", "no"),
        schema=schema,
    )
    op.create_index("bulk_parts_to_do", "bulk_parts", ["tenant_id", "done", "held_until"], schema=schema)
    confine("bulk_jobs", "bulk_parts", schema="connectors")


def _columns(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
