"""Sets of rows for data labs."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0006", "connectors_0005", None, None
TEXTS = ("tenant_id", "id", "activity", "name", "recipient", "client", "key")
NUMBERS = ("made_at", "destroy_by", "destroyed_at", "told_at")


def upgrade() -> None:
    """Rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "lab_sets",
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    op.create_index("lab_sets_by_key", "lab_sets", ["tenant_id", "client", "key"], unique=True, schema=schema)
    op.create_index("lab_sets_out", "lab_sets", ["tenant_id", "destroyed_at", "destroy_by"], schema=schema)
    confine("lab_sets", schema="connectors")
