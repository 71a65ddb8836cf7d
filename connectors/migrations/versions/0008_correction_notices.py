"""What recipients are told of a value that was corrected."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0008", "connectors_0007", None, None
TEXTS = ("tenant_id", "id", "report", "recipient", "recipient_name", "given")
NUMBERS = ("more", "withheld_until", "corrected_at", "at")


def upgrade() -> None:
    """Rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "correction_notices",
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    op.create_index("correction_notices_by_report", "correction_notices", ["tenant_id", "report"], schema=schema)
    confine("correction_notices", schema="connectors")
