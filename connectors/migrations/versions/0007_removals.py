"""What recipients must still remove. Filled by reading the log from its beginning."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "connectors_0007", "connectors_0006", None, None
TEXTS = ("fence", "recipient", "activity", "subject", "elements")
NUMBERS = ("at", "withheld_until", "keep_year", "kept_days", "erase_days", "ended_at", "due_at")


def upgrade() -> None:
    """Rows of other tenants are out of reach."""
    schema = "connectors" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "removals",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("fence", "recipient", "activity", "subject", "elements")
        ),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "term", "idx", "fence"),
        schema=schema,
    )
    op.create_index("removals_due", "removals", ["tenant_id", "recipient", "due_at"], schema=schema)
    op.create_index("removals_by_fence", "removals", ["tenant_id", "fence"], schema=schema)
    op.create_index("removals_by_subject", "removals", ["tenant_id", "subject"], schema=schema)
    op.create_table(
        "removal_marks",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
        schema=schema,
    )
    confine("removals", "removal_marks", schema="connectors")
