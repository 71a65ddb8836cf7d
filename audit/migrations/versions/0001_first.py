"""The first tables of the log."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from kernel.sql.migrating import confine, freeze

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Kind = type[sa.types.TypeEngine[Any]]
T: Kind = sa.Text
N: Kind = sa.BigInteger
B: Kind = sa.LargeBinary
TABLES: dict[str, tuple[tuple[tuple[str, Kind], ...], tuple[str, ...]]] = {
    "head": (
        (("origin", T), ("term", T), ("size", N), ("edge", B), ("root", B), ("last_logged_at", N), ("mac", B)),
        (),
    ),
    "lines": (
        (
            ("term", T), ("idx", N), ("event_id", T), ("content", B), ("subject", T), ("n", N), ("logged_at", N),
            ("leaf", B), ("leaf_hash", B), ("act", B), ("body", B), ("year", N), ("label", B),
        ),
        ("term", "idx"),
    ),
    "tiles": ((("term", T), ("level", N), ("idx", N), ("hash", B)), ("term", "level", "idx")),
    "fences": ((("fence", T), ("epoch", N), ("term", T), ("idx", N), ("mac", B)), ("fence",)),
    "moves": ((("term", T), ("idx", N), ("fence", T), ("epoch", N)), ("term", "idx", "fence")),
    "series": ((("subject", T), ("n", N), ("term", T), ("idx", N), ("leaf_hash", B), ("mac", B)), ("subject",)),
    "under_way": ((("term", T), ("idx", N), ("event_id", T), ("logged_at", N), ("fences", B)), ("term", "idx")),
    "outcomes": (
        (("term", T), ("idx", N), ("closed_term", T), ("closed_idx", N), ("outcome", T)),
        ("term", "idx"),
    ),
    "tags": ((("tag", B), ("term", T), ("idx", N), ("logged_at", N)), ("tag", "term", "idx")),
    "labels": ((("label", B), ("sealed", B)), ("label",)),
    "breaches": (
        (("id", T), ("version", N), ("made_at", N), ("term", T), ("idx", N), ("sealed", B)),
        ("id", "version"),
    ),
    "keys": (
        (("purpose", T), ("owner", T), ("version", N), ("wrapped", B), ("kek_version", N)),
        ("purpose", "owner", "version"),
    ),
}  # fmt: skip


def upgrade() -> None:
    """Creates them; rows of other tenants are out of reach, and what is append-only stays so."""
    schema = "audit" if op.get_bind().dialect.name == "postgresql" else None
    for name, (columns, key) in TABLES.items():
        made: list[SchemaItem] = [sa.Column("tenant_id", T, nullable=False)]
        made += [sa.Column(column, kind, nullable=False) for column, kind in columns]
        unique = (("tenant_id", "event_id"), ("tenant_id", "subject", "n")) if name == "lines" else ()
        rules: list[SchemaItem] = [sa.PrimaryKeyConstraint("tenant_id", *key)]
        rules += [sa.UniqueConstraint(*each) for each in unique]
        op.create_table(name, *made, *rules, schema=schema)
    confine(*TABLES, schema="audit")
    freeze("lines", "tiles", "moves", "tags", "labels", "breaches", schema="audit")


def downgrade() -> None:
    """A log is not taken back."""
    raise NotImplementedError("restore a backup")
