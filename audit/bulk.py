"""Many rows in one statement, without a name per value: half of what a batch cost went into naming and typing them.

Texts are made once per table. Only columns of `audit.tables` come into them, never anything that was handed in.
"""

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, ColumnElement, LargeBinary, Table, Text, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

# psycopg sends bytes as they are with %b; as text they would be twice as long
_HOW = {Text: "%s::text", BigInteger: "%s::bigint", LargeBinary: "%b::bytea"}
NOTHING = "DO NOTHING"


async def insert_rows(tx: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]], conflict: str = "") -> None:
    """All rows, each with every column. conflict: NOTHING, or `replacing(table)`. Raises what the database raises."""
    if not rows:
        return
    postgres = tx.dialect.name == "postgresql"
    names = [column.name for column in table.columns]
    if postgres:  # a list per column: one question, whatever the number of rows
        values: Any = tuple([row[name] for row in rows] for name in names)
    else:
        values = [tuple([row[name] for name in names]) for row in rows]
    await tx.exec_driver_sql(_insert(table, postgres, conflict), values)


async def delete_rows(tx: AsyncConnection, table: Table, keys: Sequence[tuple[Any, ...]]) -> None:
    """Rows by their whole keys; one that is not there is well too."""
    if not keys:
        return
    postgres = tx.dialect.name == "postgresql"
    values: Any = tuple(list(column) for column in zip(*keys, strict=True)) if postgres else list(keys)
    await tx.exec_driver_sql(_delete(table, postgres), values)


def among(tx: AsyncConnection, column: Column[str], values: Collection[str]) -> ColumnElement[bool]:
    """IN, as one value: the same text however many there are, so neither side reads the question anew."""
    if tx.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(Text)))
    each = func.json_each(literal(json.dumps(list(values)))).table_valued("value")
    return column.in_(select(each.c.value))


@lru_cache(maxsize=64)
def replacing(table: Table) -> str:
    """A row with the same key gives way."""
    key = [column.name for column in table.primary_key]
    changed = ", ".join(f"{c.name} = excluded.{c.name}" for c in table.columns if c.name not in key)
    return f"({', '.join(key)}) DO UPDATE SET {changed}"


@lru_cache(maxsize=64)
def _delete(table: Table, postgres: bool) -> str:
    key = list(table.primary_key)
    names = ", ".join(column.name for column in key)
    if not postgres:
        return f"DELETE FROM {table.name} WHERE ({names}) = ({', '.join('?' * len(key))})"  # noqa: S608 - our own tables
    lists = ", ".join(f"{_HOW[type(column.type)]}[]" for column in key)
    return f"DELETE FROM {table.fullname} WHERE ({names}) IN (SELECT * FROM unnest({lists}))"  # noqa: S608 - our own tables


@lru_cache(maxsize=64)
def _insert(table: Table, postgres: bool, conflict: str) -> str:
    columns = ", ".join(column.name for column in table.columns)
    if postgres:
        lists = ", ".join(f"{_HOW[type(column.type)]}[]" for column in table.columns)
        source, name = f"SELECT * FROM unnest({lists})", table.fullname  # noqa: S608 - types of our own list
    else:
        source, name = f"VALUES ({', '.join('?' * len(table.columns))})", table.name
    text = f"INSERT INTO {name} ({columns}) {source}"
    return f"{text} ON CONFLICT {conflict}" if conflict else text
