"""What a batch leaves in the database: its lines, what leads to them, what they do to others, and the new head.

All of it runs inside the writer's one transaction, under the lock of the head; nothing of it counts before the commit.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.bulk import NOTHING, Values, delete_rows, in_order, insert_rows, replacing
from audit.covert import escrow_id
from audit.event import Entry
from audit.fencemap import FenceMap, bucket_of
from audit.heads import Head, store_head
from audit.judging import Draft, named_fences
from audit.keychain import Owner, TenantKeys
from audit.kinds import ENDED, OUTCOME, RELEASES, UNKNOWN
from audit.labels import Labeller
from audit.leaf import SALT, Previous, Spot, Written, act_text, write
from audit.permit import Position
from audit.remembering import Buckets
from audit.tables import fences, labels, lines, moves, outcomes, series, tags, tiles, under_way
from kernel.crypto import DataKey, KeyUnavailable, random_bytes
from kernel.failpoints import reached
from kernel.proof.tiles import FULL, completed_tiles
from kernel.proof.tree import Growth
from kernel.sql.direct import unanswered

Row = dict[str, Any]


class Placed(NamedTuple):
    """An entry that becomes a line. at: its hour, ms."""

    draft: Draft
    at: int


class Made(NamedTuple):
    """A line of this batch, ready to be stored. at: its hour, ms."""

    draft: Draft
    written: Written
    n: int
    at: int


class Stored(NamedTuple):
    """What a batch leaves."""

    made: list[Made]
    growth: Growth
    head: Head


def fences_after(fence_map: FenceMap, buckets: Buckets, made: Iterable[Made]) -> FenceMap:
    """The map when these lines have moved what they move. buckets: as they were before."""
    now: Buckets = {}
    for each in made:
        for fence, epoch in each.draft.moved.items():
            bucket = bucket_of(fence)
            now.setdefault(bucket, dict(buckets.get(bucket, {})))[fence] = epoch
    return fence_map.changed(now) if now else fence_map


def written_lines(
    drafts: Sequence[Draft],
    before: dict[str, Previous],
    where: tuple[str, int],
    under: tuple[TenantKeys, Mapping[Owner, DataKey]],
) -> list[Made]:
    """Sealed, committed to and numbered. before: the last line of each series, which follows along. where: tenant and
    hour, ms. under: keys of acts and bodies."""
    (tenant, at), (keys, bodies), made = where, under, []
    salts = random_bytes(2 * SALT * len(drafts))
    for number, draft in enumerate(drafts):
        event, year = draft.asked.entry.event, draft.asked.year
        previous = before.get(event.subject)
        n = previous.n + 1 if previous else 1
        escrow = keys.escrow if event.covert else b""
        if event.covert and not escrow:
            raise KeyUnavailable("no key of custodians: a covert body is not written under our own")
        asked = draft.asked
        spot = Spot(tenant, asked.room, draft.position, at, year, n, previous, asked.about, escrow, asked.trace)
        sealed_to = escrow_id(escrow) if escrow else ""
        act = act_text(draft.asked.entry, at, draft.moved, draft.under_way, sealed_to)
        under_keys = keys.act(draft.position.term), bodies[event.subject, year]
        written = write(act, event, spot, under_keys, salts[2 * SALT * number : 2 * SALT * (number + 1)])
        before[event.subject] = Previous(n, draft.position, written.leaf_hash)
        made.append(Made(draft, written, n, at))
    return made


class Storing:
    """Writes what a batch leaves. old: the head that it grows from; keys: the tenant's."""

    def __init__(self, tx: AsyncConnection, old: Head, keys: TenantKeys) -> None:
        self._tx, self._old, self._keys = tx, old, keys
        self._here = (old.tenant, old.term)
        self._labeller = Labeller(keys, old.tenant)

    async def write(
        self,
        drafts: Sequence[Draft],
        before: dict[str, Previous],
        under: tuple[int, Mapping[Owner, DataKey]],
        after: Head | None = None,
    ) -> Stored:
        """Makes lines of drafts, and stores them. before: as for `written_lines`. under: their hour, ms, and the keys
        of their bodies. after: as for `store`."""
        at, bodies = under
        with unanswered(self._tx):
            # half of the database's work needs no line: it goes on while they are sealed
            await self._leading([Placed(each, at) for each in drafts])
            made = written_lines(drafts, before, (self._old.tenant, at), (self._keys, bodies))
            reached("audit.c")
            growth = Growth(self._old.edge, [each.written.leaf_hash for each in made])
            await self._lines(made, growth)
        return Stored(made, growth, await self._head(made, growth, after))

    async def store(self, made: Sequence[Made], growth: Growth, after: Head | None = None) -> Head:
        """Nothing of it counts before the commit. after: the head that gives way to this one, when a term begins."""
        with unanswered(self._tx):
            await self._leading([Placed(each.draft, each.at) for each in made])
            await self._lines(made, growth)
        return await self._head(made, growth, after)

    async def _leading(self, placed: Sequence[Placed]) -> None:
        """What leads to a line, and what it does to others."""
        await self._tags(placed)
        await self._fences(placed)
        await self._releases(placed)

    async def _lines(self, made: Sequence[Made], growth: Growth) -> None:
        await self._insert(lines, [self._line(each) for each in made])
        await self._tiles(growth)
        await self._series(made)
        # the first one under a label says it; a second sealing of the same words is not kept
        await insert_rows(self._tx, labels, self._labeller.rows(), NOTHING)

    async def _head(self, made: Sequence[Made], growth: Growth, after: Head | None) -> Head:
        new = self._old.grown(growth, made[-1].at)
        await store_head(self._tx, new, after or self._old, self._keys.rows)
        return new

    def _line(self, made: Made) -> Values:
        asked, written = made.draft.asked, made.written
        event = asked.entry.event
        return (
            *(*self._here, made.draft.position.index, event.id, asked.content, event.subject, made.n, made.at),
            *(written.leaf, written.leaf_hash, written.act, written.body, asked.year, self._labeller.of(event)),
        )

    async def _tiles(self, growth: Growth) -> None:
        rows = [
            (*self._here, tile.level, tile.n * FULL + tile.offset + at // 32, tile.hashes[at : at + 32])
            for tile in completed_tiles(growth)
            for at in range(0, len(tile.hashes), 32)
        ]
        await self._insert(tiles, rows)

    async def _fences(self, placed: Sequence[Placed]) -> None:
        moved = [
            (*self._here, draft.position.index, fence, epoch)
            for draft, _ in placed
            for fence, epoch in draft.moved.items()
        ]
        await self._insert(moves, moved)
        newest = {
            fence: self._at_place(Position(term=term, index=index)) | {"fence": fence, "epoch": epoch}
            for _, term, index, fence, epoch in moved
        }
        await self._replace(fences, newest.values())

    async def _series(self, made: Sequence[Made]) -> None:
        newest = {each.draft.asked.entry.event.subject: each for each in made}
        rows = [
            self._at_place(each.draft.position) | {"subject": subject, "n": each.n, "leaf_hash": each.written.leaf_hash}
            for subject, each in newest.items()
        ]
        await self._replace(series, rows)

    async def _releases(self, placed: Sequence[Placed]) -> None:
        rows = [
            (*self._here, draft.position.index, draft.asked.entry.event.id, at, _packed(draft.asked.entry))
            for draft, at in placed
            if draft.asked.entry.event.kind in RELEASES
        ]
        await self._insert(under_way, rows)
        closed = {
            place: (
                *(self._old.tenant, place.term, place.index, draft.position.term, draft.position.index),
                draft.asked.entry.event.details[OUTCOME],
            )
            # the sweeper says "onbekend" when nobody came; who comes all the same knows better, in one batch too
            for draft, _ in sorted(placed, key=_knows)
            for place in draft.asked.entry.event.closes
            if draft.asked.entry.event.kind == ENDED
        }
        unknown = [row for row in closed.values() if row[-1] == UNKNOWN]
        known = [row for row in closed.values() if row[-1] != UNKNOWN]
        await insert_rows(self._tx, outcomes, known, replacing(outcomes))
        await insert_rows(self._tx, outcomes, unknown, NOTHING)
        await delete_rows(self._tx, under_way, [(self._old.tenant, place.term, place.index) for place in closed])

    async def _tags(self, placed: Sequence[Placed]) -> None:
        tagger, (tenant, term) = self._keys.tagger, self._here
        rows = [
            (tenant, tag, term, draft.position.index, at)
            for draft, at in placed
            for tag in tagger.of(draft.asked.entry.event, at, draft.asked.about, draft.asked.trace)
        ]
        await self._insert(tags, rows)

    def _at_place(self, place: Position) -> Row:
        return {"tenant_id": self._old.tenant, "term": place.term, "idx": place.index}

    async def _insert(self, table: Table, rows: Sequence[Values]) -> None:
        await insert_rows(self._tx, table, rows)

    async def _replace(self, table: Table, rows: Iterable[Row]) -> None:
        """Rows that get a MAC."""
        sealed = in_order(table, [self._keys.rows.sealed(table, row) for row in rows])
        await insert_rows(self._tx, table, sealed, replacing(table))


def _knows(placed: Placed) -> bool:
    return placed.draft.asked.entry.event.details.get(OUTCOME) != UNKNOWN


def _packed(entry: Entry) -> bytes:
    """16 bytes per fence."""
    return bytes.fromhex("".join(named_fences(entry)))
