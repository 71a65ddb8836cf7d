"""Which keys of a subject's year were destroyed, and what may go with them: `lines` lose content and label, `tags` and
`breaches` go, all of a year that is named in `destroyed` only; `labels` go when no line has them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision = "0003", "0002"

_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("subject", sa.Text), ("year", sa.BigInteger), ("at", sa.BigInteger), ("term", sa.Text), ("idx", sa.BigInteger),
    ("done_term", sa.Text), ("done_idx", sa.BigInteger), ("mac", sa.LargeBinary),
)  # fmt: skip
_TAG = (
    "EXISTS (SELECT 1 FROM {s}lines l JOIN {s}destroyed d ON d.tenant_id = l.tenant_id AND d.subject = l.subject "
    "AND d.year = l.year WHERE l.tenant_id = OLD.tenant_id AND l.term = OLD.term AND l.idx = OLD.idx)"
)
_FILE = (
    "EXISTS (SELECT 1 FROM {s}destroyed d "
    "WHERE d.tenant_id = OLD.tenant_id AND d.subject = 'systeem' AND d.year = OLD.year)"
)
_EMPTIED = (
    "length(NEW.content) = 0 AND length(NEW.label) = 0 AND EXISTS (SELECT 1 FROM {s}destroyed d "
    "WHERE d.tenant_id = OLD.tenant_id AND d.subject = OLD.subject AND d.year = OLD.year)"
)
_KEPT = (
    "tenant_id", "term", "idx", "event_id", "subject", "n", "logged_at", "leaf", "leaf_hash", "act", "body", "year",
)  # fmt: skip


def upgrade() -> None:
    """A file on a breach from before has no year: its key is not one that goes, so it is taken away (0.1.0 was never
    released)."""
    postgres = op.get_bind().dialect.name == "postgresql"
    schema = "audit" if postgres else None
    op.create_table(
        "destroyed",
        sa.Column("tenant_id", sa.Text, nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in _COLUMNS),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "year"),
        schema=schema,
    )
    confine("destroyed", schema="audit")
    same = " AND ".join(f"NEW.{name} {'IS NOT DISTINCT FROM' if postgres else 'IS'} OLD.{name}" for name in _KEPT)
    (_postgres if postgres else _sqlite)(f"{same} AND {_EMPTIED}")


def _sqlite(emptied: str) -> None:
    for trigger in ("no_update_lines", "no_delete_tags", "no_delete_labels", "no_delete_breaches"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DELETE FROM breaches")
    op.execute("ALTER TABLE breaches ADD COLUMN year BIGINT NOT NULL DEFAULT 0")
    guards = (("UPDATE", "lines", emptied), ("DELETE", "tags", _TAG), ("DELETE", "breaches", _FILE))
    for act, table, allowed in guards:
        op.execute(
            f"CREATE TRIGGER no_{act.lower()}_{table} BEFORE {act} ON {table} WHEN NOT ({allowed.format(s='')}) "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )
    op.execute("CREATE INDEX lines_destroyed ON lines (tenant_id, logged_at) WHERE length(label) = 0")


def _postgres(emptied: str) -> None:
    for trigger, table in (("update", "lines"), ("delete", "tags"), ("delete", "labels"), ("delete", "breaches")):
        op.execute(f'DROP TRIGGER no_{trigger} ON "audit"."{table}"')
    op.execute('ALTER TABLE "audit"."breaches" NO FORCE ROW LEVEL SECURITY')  # rows of every tenant
    op.execute('DELETE FROM "audit"."breaches"')
    op.execute('ALTER TABLE "audit"."breaches" FORCE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "audit"."breaches" ADD COLUMN year BIGINT NOT NULL DEFAULT 0')
    guards = (
        ("UPDATE", "lines", emptied, "NEW"),
        ("DELETE", "tags", _TAG, "OLD"),
        ("DELETE", "breaches", _FILE, "OLD"),
    )
    for act, table, allowed, row in guards:
        name = f'"audit".no_{act.lower()}_{table}'
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {allowed.format(s='audit.')} THEN RETURN {row}; END IF; RAISE EXCEPTION 'append-only'; END $$"
        )
        op.execute(
            f'CREATE TRIGGER no_{act.lower()} BEFORE {act} ON "audit"."{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'
        )
    op.execute('CREATE INDEX lines_destroyed ON "audit"."lines" (tenant_id, logged_at) WHERE length(label) = 0')


def downgrade() -> None:
    """A log is not taken back."""
    raise NotImplementedError("restore a backup")
