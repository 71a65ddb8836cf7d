"""First tables of the portal."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "web_0001", None, None, None


def upgrade() -> None:
    """Make them; rows of other tenants are out of reach."""
    schema = "web" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "keys",
        *_text("tenant_id", "purpose", "owner"),
        *_number("version", "kek_version"),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "purpose", "owner", "version"),
        schema=schema,
    )
    op.create_table(
        "sessions",
        *_text("tenant_id", "id_hash", "kind"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        *_number("created_at", "seen_at", "expires_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id_hash"),
        schema=schema,
    )
    op.create_index("sessions_by_end", "sessions", ["tenant_id", "expires_at"], schema=schema)
    confine("keys", "sessions", schema="web")


def _text(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]
