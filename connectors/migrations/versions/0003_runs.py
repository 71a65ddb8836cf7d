"""Tables of statistics, and what they took of a privacy budget."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0003", "connectors_0002", None, None


def upgrade() -> None:
    """Rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "runs",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "activity")),
        sa.Column("number", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "recipient", "client", "key", "name")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("cost", "spent", "made_at")),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "activity", "number"),
        schema=schema,
    )
    op.create_index("runs_by_id", "runs", ["tenant_id", "id"], unique=True, schema=schema)
    op.create_index("runs_by_key", "runs", ["tenant_id", "client", "key"], unique=True, schema=schema)
    confine("runs", schema="connectors")
