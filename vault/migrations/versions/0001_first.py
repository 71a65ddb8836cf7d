"""First tables of the vault."""

import sqlalchemy as sa
from alembic import op

from kernel.sql.migrating import confine

revision, down_revision, branch_labels, depends_on = "vault_0001", None, None, None

Column = sa.Column[str] | sa.Column[int] | sa.Column[bytes]
TABLES = ("keys", "residents", "resident_keys", "record_salts", "records")


def upgrade() -> None:
    """Make them; rows of other tenants are out of reach."""
    schema = "vault" if op.get_bind().dialect.name == "postgresql" else None
    for name, columns, key in _tables():
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key), schema=schema)
    op.create_index("residents_by_bsn", "residents", ["tenant_id", "bsn_index"], unique=True, schema=schema)
    names = ["tenant_id", "resident", "element"]
    op.create_index("records_by_element", "records", names, unique=True, schema=schema)
    confine(*TABLES, schema="vault")


def _tables() -> tuple[tuple[str, list[Column], tuple[str, ...]], ...]:
    return (
        (
            "keys",
            [*_text("tenant_id", "purpose", "owner"), *_number("version", "kek_version"), *_bytes("wrapped")],
            ("tenant_id", "purpose", "owner", "version"),
        ),
        (
            "residents",
            [
                *_text("tenant_id", "id", "position"),
                *_bytes("bsn_index", "mac"),
                *_number("enrolled_at", "opened_at", "epoch"),
            ],
            ("tenant_id", "id"),
        ),
        (
            "resident_keys",
            [
                *_text("tenant_id", "resident", "entry"),
                *_number("version", "kek_version", "created_at"),
                *_bytes("key_id", "wrapped"),
            ],
            ("tenant_id", "resident", "version"),
        ),
        ("record_salts", [*_text("tenant_id", "record_id"), *_bytes("salt")], ("tenant_id", "record_id")),
        (
            "records",
            [
                *_text("tenant_id", "record_id", "resident", "element", "state", "entry", "position"),
                *_number("version", "epoch", "created_at"),
                *_bytes("envelope", "content"),
            ],
            ("tenant_id", "record_id"),
        ),
    )


def _text(*names: str) -> list[Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(*names: str) -> list[Column]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _bytes(*names: str) -> list[Column]:
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]
