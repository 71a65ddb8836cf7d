"""Many rows in one statement, without a name per value: half of what a batch cost went into naming and typing them.

Texts are made once per table. Only columns of `audit.tables` come into them, never anything that was handed in.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sql.direct import done, told

# psycopg sends values as they are with %b; as text bytes would be twice as long, and words looked through for quotes
_HOW = {Text: "%b::text", BigInteger: "%b::bigint", LargeBinary: "%b::bytea"}
_ALIKE = frozenset(("tenant_id", "term", "logged_at"))  # mostly the same for all rows of a batch: then said once
_TOGETHER = 64  # rows in one statement of SQLite: at each statement our thread lets others go first, and waits for them
# Columns. What is wider SQLite copies once more where rows are put in together, which costs more than it saves.
_NARROW = 6
NOTHING = "DO NOTHING"

Values = tuple[Any, ...]


async def insert_rows(tx: AsyncConnection, table: Table, rows: Sequence[Values], conflict: str = "") -> None:
    """All rows, each with every column, in the table's order. conflict: NOTHING, or `replacing(table)`. Raises what the
    database raises."""
    if rows and tx.dialect.name == "postgresql":
        await done(tx, *_listed(table, conflict, rows))
        return
    put = 0
    while len(table.columns) <= _NARROW and len(rows) - put >= _TOGETHER:
        some = rows[put : put + _TOGETHER]
        await done(tx, _insert(table, conflict, _TOGETHER), tuple(chain.from_iterable(some)))
        put += _TOGETHER
    if put < len(rows):
        await done(tx, _insert(table, conflict, 1), list(rows[put:]))


async def rows_among(
    tx: AsyncConnection, columns: Sequence[Column[Any]], key: Column[str], tenant: str, values: Collection[str]
) -> Sequence[Any]:
    """These columns of a tenant's rows whose `key` is one of the values; both of one table."""
    if not values:
        return []
    postgres = tx.dialect.name == "postgresql"
    given: Any = list(values) if postgres else json.dumps(list(values))
    return await told(tx, _among(tuple(columns), key, postgres), (tenant, given))


async def rows_within(
    tx: AsyncConnection, table: Table, columns: tuple[str, ...], at: tuple[Any, ...], spans: Collection[tuple[int, int]]
) -> Sequence[Any]:
    """These columns of the rows in stretches of `idx`, both ends included, of one tree. at: the values of the columns
    that come before `idx` in the table's key."""
    postgres = tx.dialect.name == "postgresql"
    ends: tuple[Any, ...] = tuple(map(list, zip(*spans, strict=True))) if postgres else (json.dumps(list(spans)),)
    return await told(tx, _within(table, columns, postgres), (*ends, *at))


async def own_row(tx: AsyncConnection, table: Table, tenant: str, lock: bool = False) -> dict[str, Any] | None:
    """Of a table with a row per tenant. lock: nobody else changes it until this transaction ends."""
    postgres = tx.dialect.name == "postgresql"
    found = await told(tx, _own(table, postgres, lock and postgres), (tenant,))
    return dict(zip(table.columns.keys(), found[0], strict=True)) if found else None


async def set_own_row(tx: AsyncConnection, table: Table, row: Mapping[str, Any], unless: tuple[str, Any]) -> bool:
    """Replaces it while the column that is named has this value; whether it had."""
    (values,), postgres = in_order(table, [row]), tx.dialect.name == "postgresql"
    return await done(tx, _set(table, unless[0], postgres), (*values, row["tenant_id"], unless[1])) == 1


def in_order(table: Table, rows: Iterable[Mapping[str, Any]]) -> list[Values]:
    """Rows by name as `insert_rows` wants them."""
    names = [column.name for column in table.columns]
    return [tuple([row[name] for name in names]) for row in rows]


async def delete_rows(tx: AsyncConnection, table: Table, keys: Sequence[Values]) -> None:
    """Rows by their whole keys; one that is not there is well too."""
    if keys:
        postgres = tx.dialect.name == "postgresql"
        values: Any = tuple(list(column) for column in zip(*keys, strict=True)) if postgres else list(keys)
        await done(tx, _delete(table, postgres), values)


def _listed(table: Table, conflict: str, rows: Sequence[Values]) -> tuple[str, Values]:
    """For PostgreSQL a list per column: one question, whatever the number of rows."""
    columns = list(zip(*rows, strict=True))
    once = tuple(
        name in _ALIKE and values.count(values[0]) == len(values)
        for name, values in zip(table.columns.keys(), columns, strict=True)
    )
    alone = [values[0] for values, same in zip(columns, once, strict=True) if same]
    lists = [list(values) for values, same in zip(columns, once, strict=True) if not same]
    return _insert_lists(table, once, conflict), (*alone, *lists)


@lru_cache(maxsize=64)
def replacing(table: Table) -> str:
    """A row with the same key gives way."""
    key = [column.name for column in table.primary_key]
    changed = ", ".join(f"{c.name} = excluded.{c.name}" for c in table.columns if c.name not in key)
    return f"({', '.join(key)}) DO UPDATE SET {changed}"


@lru_cache(maxsize=64)
def _among(columns: tuple[Column[Any], ...], key: Column[str], postgres: bool) -> str:
    names, table = ", ".join(column.name for column in columns), key.table
    if postgres:
        return f"SELECT {names} FROM {table.fullname} WHERE tenant_id = %s AND {key.name} = ANY(%s::text[])"  # noqa: S608 - our own tables
    return f"SELECT {names} FROM {table.name} WHERE tenant_id = ? AND {key.name} IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own tables


@lru_cache(maxsize=64)
def _within(table: Table, columns: tuple[str, ...], postgres: bool) -> str:
    """Stretch by stretch along the key: an OR of them is read anew for every number of them."""
    names, mark = ", ".join(f"t.{name}" for name in columns), "%s" if postgres else "?"
    same = " AND ".join(f"t.{column.name} = {mark}" for column in list(table.primary_key)[:-1])
    if postgres:
        spans, first, last = "unnest(%s::bigint[], %s::bigint[]) AS s(first, last)", "s.first", "s.last"
        name = table.fullname
    else:
        spans, first, last = "json_each(?) AS s", "json_extract(s.value, '$[0]')", "json_extract(s.value, '$[1]')"
        name = table.name
    return f"SELECT {names} FROM {spans} CROSS JOIN {name} AS t WHERE {same} AND t.idx BETWEEN {first} AND {last}"  # noqa: S608 - our own tables


@lru_cache(maxsize=64)
def _own(table: Table, postgres: bool, lock: bool) -> str:
    names = ", ".join(column.name for column in table.columns)
    name, mark = (table.fullname, "%s") if postgres else (table.name, "?")
    return f"SELECT {names} FROM {name} WHERE tenant_id = {mark}{' FOR UPDATE' if lock else ''}"  # noqa: S608 - our own tables


@lru_cache(maxsize=64)
def _set(table: Table, column: str, postgres: bool) -> str:
    name, mark = (table.fullname, "%s") if postgres else (table.name, "?")
    values = ", ".join(f"{each.name} = {_HOW[type(each.type)] if postgres else '?'}" for each in table.columns)
    return f"UPDATE {name} SET {values} WHERE tenant_id = {mark} AND {column} = {mark}"  # noqa: S608 - our own tables


@lru_cache(maxsize=64)
def _delete(table: Table, postgres: bool) -> str:
    key = list(table.primary_key)
    names = ", ".join(column.name for column in key)
    if not postgres:
        return f"DELETE FROM {table.name} WHERE ({names}) = ({', '.join('?' * len(key))})"  # noqa: S608 - our own tables
    lists = ", ".join(f"{_HOW[type(column.type)]}[]" for column in key)
    return f"DELETE FROM {table.fullname} WHERE ({names}) IN (SELECT * FROM unnest({lists}))"  # noqa: S608 - our own tables


@lru_cache(maxsize=64)
def _insert(table: Table, conflict: str, many: int) -> str:
    """OR FAIL: what goes wrong takes the whole transaction along, so SQLite need not keep each page as it was before
    the statement; that took as long as it saved to put rows in together."""
    columns, row = ", ".join(column.name for column in table.columns), ", ".join("?" * len(table.columns))
    text = f"INSERT OR FAIL INTO {table.name} ({columns}) VALUES {', '.join([f'({row})'] * many)}"  # noqa: S608 - our own tables
    return f"{text} ON CONFLICT {conflict}" if conflict else text


@lru_cache(maxsize=64)
def _insert_lists(table: Table, once: tuple[bool, ...], conflict: str) -> str:
    """Values that are said `once` come before the lists of the others."""
    columns = list(zip(table.columns, once, strict=True))
    names = ", ".join(column.name for column, _ in columns)
    chosen = ", ".join(_HOW[type(column.type)] if same else f"each.{column.name}" for column, same in columns)
    listed = [column for column, same in columns if not same]
    lists = ", ".join(f"{_HOW[type(column.type)]}[]" for column in listed)
    source = f"unnest({lists}) AS each({', '.join(column.name for column in listed)})"
    text = f"INSERT INTO {table.fullname} ({names}) SELECT {chosen} FROM {source}"  # noqa: S608 - our own tables
    return f"{text} ON CONFLICT {conflict}" if conflict else text
