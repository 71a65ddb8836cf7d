"""Rows changed behind a house's back: every byte of every column, and rows as a whole, one change at a time.

A `Spoilt` database is written by a connection of our own, past the triggers, and put back after each change.
"""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

Value = bytes | str | int | None
Row = dict[str, Value]


@dataclass(frozen=True)
class Cell:
    """One value of one row. row: its rowid."""

    table: str
    column: str
    row: int
    value: Value

    @property
    def size(self) -> int:
        """Bytes that can be turned; a number has eight, and to an empty text something can be added."""
        match self.value:
            case bytes():
                return max(1, len(self.value))
            case str():
                return max(1, len(self.value.encode()))
            case int():
                return 8
            case _:
                return 0

    def turned(self, at: int, mask: int) -> Value:
        """With one byte changed. A text stays a text: only its last bit goes, so no encoding breaks."""
        match self.value:
            case bytes():
                return _flipped(self.value, at, mask) if self.value else b"x"
            case str():
                return _flipped(self.value.encode(), at, 1).decode("utf-8", "replace") if self.value else "x"
            case int():
                return int.from_bytes(
                    _flipped(self.value.to_bytes(8, "big", signed=True), at, mask), "big", signed=True
                )
            case _:
                raise ValueError("there is nothing to turn")


def _flipped(content: bytes, at: int, mask: int) -> bytes:
    return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


@dataclass(frozen=True)
class Change:
    """One byte of one cell: what stands there instead."""

    cell: Cell
    at: int
    value: Value


class Spoilt:
    """One room's SQLite file, without the triggers that keep honest hands off."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.door = sqlite3.connect(file, isolation_level=None, timeout=PATIENCE)
        for (name,) in self.door.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.door.execute(f"DROP TRIGGER {name}")

    def close(self) -> None:
        self.door.close()

    def columns(self, table: str) -> list[str]:
        return [row[1] for row in self.door.execute(f"PRAGMA table_info({table})")]

    def cells(self, table: str) -> list[Cell]:
        """All of a table, in order."""
        names = self.columns(table)
        query = f"SELECT rowid, {', '.join(names)} FROM {table} ORDER BY rowid"  # noqa: S608 - names of our own
        return [Cell(table, name, rowid, value) for rowid, *values in self.door.execute(query)
                for name, value in zip(names, values, strict=True)]  # fmt: skip

    def row(self, table: str, rowid: int) -> Row:
        names = self.columns(table)
        query = f"SELECT {', '.join(names)} FROM {table} WHERE rowid = ?"  # noqa: S608 - names of our own
        return dict(zip(names, self.door.execute(query, (rowid,)).fetchone(), strict=True))

    @contextmanager
    def with_rows(self, table: str, *rows: tuple[int, Row | None]) -> Iterator[bool]:
        """These rows are otherwise, or gone (None), inside. False: a constraint of the table does not let that be."""
        before = [(rowid, self._held(table, rowid)) for rowid, _ in rows]
        self.door.execute("BEGIN IMMEDIATE")
        try:
            self._write(table, rows)
        except sqlite3.IntegrityError:
            self.door.execute("ROLLBACK")
            yield False
            return
        self.door.execute("COMMIT")
        try:
            yield True
        finally:
            self.door.execute("BEGIN IMMEDIATE")
            self._write(table, before, "INSERT OR REPLACE")
            self.door.execute("COMMIT")

    def _held(self, table: str, rowid: int) -> Row | None:
        return self.row(table, rowid) if rowid in self.rowids(table) else None

    def _write(self, table: str, rows: Any, insert: str = "INSERT") -> None:
        for rowid, _ in rows:
            self.door.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - names of our own
        for rowid, row in rows:
            if row is not None:
                marks = ", ".join("?" * (len(row) + 1))
                names = ", ".join(("rowid", *row))
                self.door.execute(f"{insert} INTO {table} ({names}) VALUES ({marks})", (rowid, *row.values()))

    def tables(self) -> set[str]:
        """With rows, and not of the migrations."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
        return {name for (name,) in self.door.execute(query).fetchall() if self.rowids(name)}

    def keys(self, table: str) -> list[str]:
        """The columns of its primary key, without the municipality."""
        info = self.door.execute(f"PRAGMA table_info({table})").fetchall()
        return [row[1] for row in info if row[5] and row[1] != "tenant_id"]

    def rowids(self, table: str) -> list[int]:
        query = f"SELECT rowid FROM {table} ORDER BY rowid"  # noqa: S608 - names of our own
        return [row[0] for row in self.door.execute(query)]

    def swapped(self, table: str, one: int, other: int) -> tuple[tuple[int, Row], tuple[int, Row]]:
        """Two rows with each other's content under their own keys."""
        first, second, keys = self.row(table, one), self.row(table, other), ("tenant_id", *self.keys(table))
        return (one, {**second, **{k: first[k] for k in keys}}), (other, {**first, **{k: second[k] for k in keys}})

    def set_back(self, older: "Spoilt", table: str) -> Iterator[tuple[int, Row]]:
        """Rows as they were in an older image, where they are otherwise now."""
        keys = ("tenant_id", *self.keys(table))
        before = {tuple(row[key] for key in keys): row for row in (older.row(table, at) for at in older.rowids(table))}
        for rowid in self.rowids(table):
            row = self.row(table, rowid)
            then = before.get(tuple(row[key] for key in keys), row)
            if then != row:
                yield rowid, then

    @contextmanager
    def turned(self, change: Change) -> Iterator[bool]:
        """One byte is another one inside."""
        cell = change.cell
        one = f"UPDATE {cell.table} SET {cell.column} = ? WHERE rowid = ?"  # noqa: S608 - names of our own
        try:
            self.door.execute(one, (change.value, cell.row))
        except sqlite3.IntegrityError:
            yield False
            return
        try:
            yield True
        finally:  # over what somebody wrote in its place meanwhile
            self.door.execute(one.replace("UPDATE", "UPDATE OR REPLACE"), (cell.value, cell.row))

    @contextmanager
    def all_turned(self, changes: list[Change]) -> Iterator[None]:
        """One byte in each of these rows, all of one table."""
        self._update([(change.cell, change.value) for change in changes])
        try:
            yield
        finally:
            self._update([(change.cell, change.cell.value) for change in changes])

    def _update(self, values: list[tuple[Cell, Value]]) -> None:
        self.door.execute("BEGIN IMMEDIATE")
        for cell, value in values:
            one = f"UPDATE {cell.table} SET {cell.column} = ? WHERE rowid = ?"  # noqa: S608 - names of our own
            self.door.execute(one, (value, cell.row))
        self.door.execute("COMMIT")


def rounds(changes: list[Change]) -> Iterator[list[Change]]:
    """In as few rounds as can be with every row once in each."""
    waiting: dict[int, list[Change]] = {}
    for change in changes:
        waiting.setdefault(change.cell.row, []).append(change)
    while waiting:
        yield [queue.pop() for queue in waiting.values()]
        waiting = {row: queue for row, queue in waiting.items() if queue}


@dataclass(frozen=True)
class Share:
    """How much of it: a part by chance, or one of `shards` parts that are everything together. least: bytes of
    every column."""

    dice: random.Random
    part: float
    shard: int = 0
    shards: int = 1
    least: int = 1

    def of(self, places: list[tuple[Cell, int]]) -> list[tuple[Cell, int]]:
        if self.part >= 1:
            return places[self.shard :: self.shards] or self.dice.sample(places, min(1, len(places)))
        return self.dice.sample(places, min(len(places), max(self.least, round(len(places) * self.part))))


def turns(cells: list[Cell], share: Share) -> Iterator[Change]:
    """One byte at a time, each changed in its own way."""
    columns: dict[str, list[Cell]] = {}
    for cell in cells:
        columns.setdefault(cell.column, []).append(cell)
    for each in columns.values():
        for one, at in share.of([(cell, at) for cell in each for at in range(cell.size)]):
            yield Change(one, at, one.turned(at, share.dice.randrange(1, 256)))


def image_of(file: Path, to: Path) -> None:
    """The database as it is now, while others write in it."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def moved_in(folder: Path, to: Path) -> Path:
    """A copy of everything, to spoil."""
    return Path(shutil.copytree(folder, to))
