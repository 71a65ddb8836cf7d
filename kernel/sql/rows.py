"""Row MACs: a row that was altered, swapped or forged is refused before it can permit anything (trust.md 5)."""

from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from typing import Any

from sqlalchemy import Table

from kernel.crypto import keyed_hash_of, measured, same

_U32 = Struct(">I").pack
MAC = "mac"


class RowForged(Exception):
    """The row is not what this room wrote. Its text names the table only."""


class RowSeal:
    """Seals and checks rows of one tenant with the room's IK (32 bytes).

    The MAC covers the table, the tenant and every column in schema order with its type and NULL mark. A version names
    its columns in `table.info["mac"]` = {version: (column, …)}; a column outside it must be NULL.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sealed(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """The same row with its MAC (33 bytes: version, then 32), under the newest version."""
        version = max(_versions(table))
        return {**row, MAC: bytes([version]) + self._mac(table, row, version)}

    def checked(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row without its MAC. Raises RowForged."""
        mac = bytes(row[MAC] or b"")
        if len(mac) != 33 or mac[0] not in _versions(table) or not same(mac[1:], self._mac(table, row, mac[0])):
            raise RowForged(table.name)
        return {name: value for name, value in row.items() if name != MAC}

    def _mac(self, table: Table, row: Mapping[str, Any], version: int) -> bytes:
        begin, covered, outside = _shape(table, version)
        if outside and any(row.get(name) is not None for name in outside):
            raise RowForged(table.name)
        told = [begin]
        for name, front in covered:
            kind, value = _typed(row.get(name))
            told += (front, kind, _U32(len(value)), value)
        return keyed_hash_of(self._key, "row", b"".join(told))


@lru_cache(maxsize=256)
def _shape(table: Table, version: int) -> tuple[bytes, tuple[tuple[str, bytes], ...], tuple[str, ...]]:
    """`pae` of (table, version, and per column its name, type and value), as far as it is known beforehand: what it
    begins with, each column that is covered with what stands before its type; and the columns that must be NULL."""
    covered = _versions(table)[version]
    outside = tuple(c.name for c in table.columns if c.name != MAC and c.name not in covered)
    begin = _U32(2 + 3 * len(covered)) + measured(table.name.encode(), bytes([version]))
    return begin, tuple((name, measured(name.encode()) + _U32(1)) for name in covered), outside


@lru_cache(maxsize=256)
def _versions(table: Table) -> Mapping[int, tuple[str, ...]]:
    found: Mapping[int, tuple[str, ...]] | None = table.info.get(MAC)
    return found or {1: tuple(c.name for c in table.columns if c.name != MAC)}


def _typed(value: Any) -> tuple[bytes, bytes]:
    kind = type(value)
    if kind is str:
        return b"T", value.encode()
    if kind is int:
        return b"I", b"%d" % value
    if isinstance(value, bytes | bytearray | memoryview):
        return b"B", bytes(value)
    if value is None:
        return b"0", b""
    if isinstance(value, str):
        return b"T", value.encode()
    if isinstance(value, int) and kind is not bool:
        return b"I", b"%d" % value
    raise TypeError("protected rows hold text, bytes and integers only")
