"""Messages to residents. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0018", "0017"


def upgrade() -> None:
    """What happened before is told to nobody."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "reachable",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant_id", "resident", "state")),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "resident"),
        schema=schema,
    )
    op.create_table(
        "messages",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant_id", "id", "resident", "consent", "type")),
        sa.Column("state", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("at", "tries", "due_at")),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    op.create_index("ix_messages_due", "messages", ["tenant_id", "state", "due_at"], schema=schema)
    op.create_index("ix_messages_resident", "messages", ["tenant_id", "resident"], schema=schema)
    op.add_column("events", sa.Column("mailed", sa.BigInteger(), nullable=False, server_default="1"), schema=schema)
    op.create_index("ix_events_mailed", "events", ["tenant_id", "mailed", "at"], schema=schema)
    for table in ("reachable", "messages"):
        confine(table, schema="consent")


def downgrade() -> None:
    """Who turned it off would get messages again: never."""
    raise NotImplementedError
