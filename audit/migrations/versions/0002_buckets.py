"""Fences are found by their bucket of the fence map: the first two bytes (trust.md 4.6)."""

from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """A column that the database makes: no room writes it, and row-level security lets it be used in an index."""
    postgres = op.get_bind().dialect.name == "postgresql"
    table, kept = ("audit.fences", "STORED") if postgres else ("fences", "VIRTUAL")
    op.execute(f"ALTER TABLE {table} ADD COLUMN bucket TEXT GENERATED ALWAYS AS (substr(fence, 1, 4)) {kept}")
    op.execute(f"CREATE INDEX fences_by_bucket ON {table} (tenant_id, bucket)")


def downgrade() -> None:
    """A log is not taken back."""
    raise NotImplementedError("restore a backup")
