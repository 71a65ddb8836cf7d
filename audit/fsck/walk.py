"""Every line in order, for what needs no key: leaf, entry, tree, head. `batches` hands the rows to whoever has keys."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.fsck.findings import Findings, Wrong
from audit.fsck.marks import BUCKETS
from audit.fsck.mistyped import fit, mistyped
from audit.fsck.regrown import entry_hashes, leaf_hashes
from audit.fsck.trees import Signed, TreeCheck
from audit.permit import LEAF_MAGIC, Position
from audit.tables import lines

BATCH = 8_192  # lines hashed together, some 20 MB
LEAF = 100
_ENTRY = slice(68, 100)
_HASHED = (lines.c.idx, lines.c.leaf, lines.c.leaf_hash, lines.c.act, lines.c.body)
_RAW = (
    "SELECT idx, leaf, leaf_hash, act, body FROM lines WHERE tenant_id = ? AND term = ? AND idx BETWEEN ? AND ? "
    "ORDER BY idx"
)
Walked = Callable[[int, int], None]
"""(lines done, lines in all); called after every batch."""


def silent(_done: int, _all: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Asked:
    """Which log, and what somebody outside the database holds of it. tenants: all that have a log here. origins: of
    this tenant, as its public keys say; empty when unknown. unjudged: what the caller could not find.
    buckets: stretches of lines that have a sum of tags of their own."""

    tenant: str
    tenants: Sequence[str]
    signed: Sequence[Signed] = ()
    origins: Sequence[str] = ()
    unjudged: tuple[str, ...] = ()
    progress: Walked = silent
    buckets: int = BUCKETS


class Walk:
    """Over one term of a log, once. `head`: its row, of which nothing is believed; for a term that ended, what is said
    of its end. is_open: the last term."""

    def __init__(
        self, reading: AsyncConnection, head: dict[str, Any], asked: Asked, findings: Findings, *, is_open: bool = True
    ) -> None:
        self.reading, self.asked, self.head, self.is_open = reading, asked, head, is_open
        self.tenant, self.term = asked.tenant, head["term"]
        self.add, self._findings = findings.add, findings
        self.tree = TreeCheck(reading, (self.tenant, self.term), asked.signed, findings)
        self.size = 0  # lines that are walked over

    async def hashes(self) -> None:
        """Everything that can be judged without a key."""
        await self.measure()
        async for _ in self.batches(BATCH, _HASHED):
            pass

    async def measure(self) -> None:
        """How many lines to walk over: the head may say anything."""
        there = await self.reading.scalar(select(func.max(lines.c.idx)).where(*self._here))
        there = 0 if there is None else there + 1
        self.size = max(0, min(self.head["size"], there))
        if self.head["size"] > there:
            self.add(Wrong("ontbreekt", "lines", self.at(there), upto=self.at(self.head["size"] - 1)))

    async def batches(self, width: int, columns: Sequence[Column[Any]]) -> AsyncIterator[tuple[list[Any], list[bytes]]]:
        """Rows with their leaf hashes, in order, already in the tree; at the end the tree and the head are judged.
        After `measure`. columns: begin with those of `_HASHED`."""
        for first in range(0, self.size, width):
            upto = min(first + width, self.size)
            rows = await self._rows(columns, first, upto - 1)
            hashes = self._hashed(first, upto, rows)
            present = hashes if len(rows) == len(hashes) else [hashes[row[0] - first] for row in rows]
            await self.tree.take(hashes)
            yield rows, present
            self.asked.progress(upto, self.size)
        nobody_says = not self.is_open and not self.head["root"]
        await self.tree.finish(self.head["root"], cut=self.head["size"] > self.size or nobody_says)
        if self.is_open:
            await self._judge_head()

    def at(self, index: int) -> Position:
        """A line of this log."""
        return Position(term=self.term, index=index)

    @property
    def _here(self) -> tuple[Any, ...]:
        return lines.c.tenant_id == self.tenant, lines.c.term == self.term

    async def _rows(self, columns: Sequence[Column[Any]], first: int, last: int) -> list[Any]:
        try:
            rows = await self._read(columns, first, last)
            if fit(rows, columns):
                return rows
            raise TypeError("a column holds another type than it may")
        except (SQLAlchemyError, sqlite3.Error, TypeError):
            strange = await mistyped(self.reading, self.tenant, self.term, first, last)
            if not strange:
                raise
        for index in strange:
            self._name("soort", index)
        query = select(*columns).where(*self._here, lines.c.idx.between(first, last), lines.c.idx.not_in(strange))
        return list(await self.reading.execute(query.order_by(lines.c.idx)))

    async def _read(self, columns: Sequence[Column[Any]], first: int, last: int) -> list[Any]:
        """SQLite hands tuples straight from its driver where nobody needs names: half the time of a pass was theirs."""
        query = select(*columns).where(*self._here, lines.c.idx.between(first, last)).order_by(lines.c.idx)
        if len(columns) > len(_HASHED) or self.reading.dialect.name != "sqlite":
            return list(await self.reading.execute(query))
        driver: Any = (await self.reading.get_raw_connection()).driver_connection
        return list(await driver.execute_fetchall(_RAW, (self.tenant, self.term, first, last)))

    def _hashed(self, first: int, upto: int, rows: list[Any]) -> list[bytes]:
        """Leaf hashes of all places; one that is missing has a hash that nothing has."""
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * len(_HASHED)
        indexes, leaves, stored, acts, bodies, *_ = columns
        hashes, entries = leaf_hashes(leaves), entry_hashes(acts, bodies)
        whole = indexes == tuple(range(first, upto))
        if whole and stored == tuple(hashes) and all_sound(leaves, entries):
            return hashes
        for index, leaf, kept, told, entry in zip(indexes, leaves, stored, hashes, entries, strict=True):
            if kept != told:
                self._name("bladhash", index)
            if not _sound(leaf, entry):
                self._name("blad", index)
        found = dict(zip(indexes, hashes, strict=True))
        for missing in sorted(set(range(first, upto)) - set(found)):
            self._name("ontbreekt", missing)
        return [found.get(index, b"") for index in range(first, upto)]

    def _name(self, what: Any, index: int) -> None:
        self.add(Wrong(what, "lines", self.at(index)))
        self.tree.suspect(index)

    async def _judge_head(self) -> None:
        row, tree = self.head, self.tree.tree
        last = select(lines.c.logged_at).where(*self._here, lines.c.idx == self.size - 1)
        expected = {
            "size": tree.size,
            "edge": tree.edge.to_bytes(),
            "root": tree.root,
            "last_logged_at": await self.reading.scalar(last) or 0,
            "term": row["origin"].rpartition("/")[2],
        }
        wrong = [name for name, value in expected.items() if row[name] != value]
        wrong += ["origin"] if self.asked.origins and row["origin"] not in self.asked.origins else []
        if wrong:
            self.add(Wrong("kop", "head", None, " ".join(wrong)))


def all_sound(leaves: Sequence[bytes], entries: Sequence[bytes]) -> bool:
    """As `_sound` of each, without a call per line."""
    return (
        {len(leaf) for leaf in leaves} <= {LEAF}
        and {leaf[: len(LEAF_MAGIC)] for leaf in leaves} <= {LEAF_MAGIC}
        and [leaf[_ENTRY] for leaf in leaves] == entries
    )


def _sound(leaf: bytes, entry: bytes) -> bool:
    return len(leaf) == LEAF and leaf.startswith(LEAF_MAGIC) and leaf[_ENTRY] == entry
