"""What a resident is known by besides their number, and the number itself, sealed."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "vault_0003", "vault_0002", None, None
TABLES = ("pseudonyms", "numbers")


def upgrade() -> None:
    """Nobody has either yet."""
    schema = "vault" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "pseudonyms",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "pseudonym", "resident")),
        sa.PrimaryKeyConstraint("tenant_id", "pseudonym"),
        schema=schema,
    )
    op.create_table(
        "numbers",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "resident")),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("salt", "sealed")),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "resident"),
        schema=schema,
    )
    op.create_index("numbers_until", "numbers", ["tenant_id", "until"], schema=schema)
    confine(*TABLES, schema="vault")
