"""Single values that are removed or replaced."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "vault_0004", "vault_0003", None, None
BY_ELEMENT = ["tenant_id", "resident", "element"]


def upgrade() -> None:
    """One value of an element counts, and one may wait to take its place. What is there replaced nothing, and stands
    at an epoch that nothing moved before."""
    schema = "vault" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "removals",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant_id", "record_id", "resident", "element")),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "record_id"),
        schema=schema,
    )
    op.create_index("removals_unfinished", "removals", ["tenant_id", "position", "asked_at"], schema=schema)
    op.create_index("removals_of", "removals", BY_ELEMENT, schema=schema)
    confine("removals", schema="vault")
    op.add_column("records", sa.Column("replaces", sa.Text, nullable=False, server_default=""), schema=schema)
    op.drop_column("records", "epoch", schema=schema)
    op.drop_index("records_by_element", "records", schema=schema)
    op.create_index("records_by_element", "records", [*BY_ELEMENT, "state"], unique=True, schema=schema)


def downgrade() -> None:
    """A removal that began is finished."""
    raise NotImplementedError("restore a backup")
