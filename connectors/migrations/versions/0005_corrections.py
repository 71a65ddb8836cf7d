"""Correction reports, and how they are followed."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0005", "connectors_0004", None, None
TEXTS = ("tenant_id", "id", "slot", "reporter", "client", "key", "resident", "subject", "element", "source", "status",
         "way", "entry", "becomes")  # fmt: skip
NUMBERS = ("filed_at", "changed_at", "due_at", "tries", "revision")


def upgrade() -> None:
    """Rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "corrections",
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("request_hash", "content", "mac")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    op.create_index("corrections_by_slot", "corrections", ["tenant_id", "slot"], unique=True, schema=schema)
    op.create_index("corrections_by_key", "corrections", ["tenant_id", "client", "key"], unique=True, schema=schema)
    op.create_index("corrections_by_resident", "corrections", ["tenant_id", "resident"], schema=schema)
    op.create_index("corrections_due", "corrections", ["tenant_id", "due_at"], schema=schema)
    confine("corrections", schema="connectors")
