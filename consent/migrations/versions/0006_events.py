"""The outbox of events. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """Nobody hears of what happened before."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    texts = [sa.Column(name, sa.Text(), nullable=False) for name in ("recipient", "type", "subject", "state")]
    numbers = ("at", "step", "sequence", "tries", "due_at", "delivered_at")
    op.create_table(
        "events",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        *texts,
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in numbers),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        schema=schema,
    )
    op.create_index("ix_events_due", "events", ["tenant_id", "recipient", "state", "sequence"], schema=schema)
    op.create_index("ix_events_fresh", "events", ["tenant_id", "sequence"], schema=schema)
    op.create_index("ix_events_series", "events", ["tenant_id", "recipient", "sequence"], schema=schema)
    op.create_table(
        "clockwork",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
        schema=schema,
    )
    op.create_index("ix_consents_end", "consents", ["tenant_id", "valid_until"], schema=schema)
    op.create_index("ix_consents_answer", "consents", ["tenant_id", "answer_by"], schema=schema)
    confine("events", "clockwork", schema="consent")


def downgrade() -> None:
    """Never: what waits to be told would be lost."""
    raise NotImplementedError
