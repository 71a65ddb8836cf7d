"""One batch in the database: what must be known to judge it, and what it leaves. A fixed number of statements.

All of it runs inside the writer's one transaction, under the lock of the head.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.bulk import NOTHING, Values, delete_rows, in_order, insert_rows, replacing, rows_among
from audit.covert import escrow_id
from audit.event import Entry, Kind
from audit.fencemap import FenceMap, bucket_of
from audit.heads import Head, store_head
from audit.judging import (
    UNDER_WAY_MS,
    Asked,
    Draft,
    Known,
    Overlay,
    Sending,
    Stand,
    moves_fences,
    named_fences,
)
from audit.keychain import Owner, TenantKeys
from audit.kinds import ENDED, OUTCOME, RELEASES, UNKNOWN
from audit.labels import Labeller
from audit.leaf import SALT, Previous, Spot, Written, act_place, act_text, opened, write
from audit.permit import Position
from audit.remembering import Buckets, buckets_of, demand_held
from audit.tables import fences, labels, lines, moves, outcomes, series, tags, tiles, under_way
from kernel.canonical import read_canonical
from kernel.crypto import DataKey, KeyUnavailable, random_bytes
from kernel.proof.tiles import FULL, completed_tiles
from kernel.proof.tree import Growth
from kernel.sql import RowSeal
from kernel.sql.direct import unanswered

Row = dict[str, Any]


class Made(NamedTuple):
    """A line of this batch, ready to be stored. at: its hour, ms."""

    draft: Draft
    written: Written
    n: int
    at: int


async def overlay_of(
    tx: AsyncConnection, head: Head, asked: Sequence[Asked], fence_map: FenceMap, keys: TenantKeys, at: int
) -> tuple[Overlay, Buckets]:
    """What these entries are judged against, and the buckets of their fences. Raises Unsound, RowForged."""
    entries = [each.entry for each in asked]
    named = {each.fence for entry in entries for each in entry.requires} | {x for e in entries for x in e.advances}
    wanted = fence_map.moved(named)
    rows = await buckets_of(tx, head.tenant, wanted)
    buckets = demand_held(fence_map, rows, wanted)
    overlay = Overlay(
        head.term,
        head.size,
        at,
        stands_in(rows, named, keys.rows),
        await _known(tx, head.tenant, [entry.event.id for entry in entries]),
        await _sending(tx, head.tenant, at) if any(map(moves_fences, asked)) else {},
    )
    return overlay, buckets


def stands_in(rows: Iterable[Mapping[str, Any]], named: Collection[str], seal: RowSeal) -> dict[str, Stand]:
    """Only fences that ever moved. Raises RowForged."""
    mine = [seal.checked(fences, dict(row)) for row in rows if row["fence"] in named]
    return {row["fence"]: Stand(row["epoch"], Position(term=row["term"], index=row["idx"])) for row in mine}


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


async def kinds_at(
    tx: AsyncConnection, tenant: str, places: Iterable[Position], keys: TenantKeys
) -> dict[Position, Kind]:
    """The kinds of these lines, from their acts. Raises CannotOpen."""
    wanted = sorted({(place.term, place.index) for place in places})
    if not wanted:
        return {}
    terms = sorted({term for term, _ in wanted})
    query = select(lines.c.term, lines.c.idx, lines.c.event_id, lines.c.act).where(
        lines.c.tenant_id == tenant, lines.c.term.in_(terms), lines.c.idx.in_([index for _, index in wanted])
    )
    found: dict[Position, Kind] = {}
    for term, index, event_id, act in await tx.execute(query):
        text, _ = opened(keys.act(term), act_place(tenant, term, event_id), bytes(act))
        found[Position(term=term, index=index)] = read_canonical(text)["soort"]
    return found


async def series_of(tx: AsyncConnection, tenant: str, subjects: Iterable[str], seal: RowSeal) -> dict[str, Previous]:
    """The last line of each subject's series. Raises RowForged."""
    found = await rows_among(tx, list(series.columns), series.c.subject, tenant, sorted(subjects))
    names = series.columns.keys()
    rows = [seal.checked(series, dict(zip(names, row, strict=True))) for row in found]
    return {
        row["subject"]: Previous(row["n"], Position(term=row["term"], index=row["idx"]), bytes(row["leaf_hash"]))
        for row in rows
    }


async def _known(tx: AsyncConnection, tenant: str, ids: Sequence[str]) -> dict[str, Known]:
    columns = (lines.c.event_id, lines.c.term, lines.c.idx, lines.c.content)
    found = await rows_among(tx, columns, lines.c.event_id, tenant, ids)
    return {each: Known(Position(term=term, index=idx), bytes(content)) for each, term, idx, content in found}


async def _sending(tx: AsyncConnection, tenant: str, at: int) -> dict[Position, Sending]:
    query = select(under_way.c.term, under_way.c.idx, under_way.c.logged_at, under_way.c.fences)
    query = query.where(under_way.c.tenant_id == tenant, under_way.c.logged_at >= at - UNDER_WAY_MS)
    found = {}
    for term, index, logged_at, packed in await tx.execute(query):
        text, place = bytes(packed).hex(), Position(term=term, index=index)
        named = frozenset(text[start : start + 32] for start in range(0, len(text), 32))
        found[place] = Sending(place, logged_at, named)
    return found


class Storing:
    """Writes what a batch leaves. `seal` and `keys` are the tenant's."""

    def __init__(self, tx: AsyncConnection, old: Head, keys: TenantKeys) -> None:
        self._tx, self._old, self._keys = tx, old, keys
        self._here = (old.tenant, old.term)
        self._labeller = Labeller(keys, old.tenant)

    async def store(self, made: Sequence[Made], growth: Growth, after: Head | None = None) -> Head:
        """Nothing of it counts before the commit. after: the head that gives way to this one, when a term begins."""
        with unanswered(self._tx):
            await self._insert(lines, [self._line(each) for each in made])
            await self._tiles(growth)
            await self._fences(made)
            await self._series(made)
            await self._releases(made)
            await self._tags(made)
            # the first one under a label says it; a second sealing of the same words is not kept
            await insert_rows(self._tx, labels, self._labeller.rows(), NOTHING)
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

    async def _fences(self, made: Sequence[Made]) -> None:
        moved = [
            (*self._here, each.draft.position.index, fence, epoch)
            for each in made
            for fence, epoch in each.draft.moved.items()
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

    async def _releases(self, made: Sequence[Made]) -> None:
        releases = [(each.draft, each.at) for each in made if each.draft.asked.entry.event.kind in RELEASES]
        rows = [
            (*self._here, draft.position.index, draft.asked.entry.event.id, at, _packed(draft.asked.entry))
            for draft, at in releases
        ]
        await self._insert(under_way, rows)
        closed = {
            place: (
                *(self._old.tenant, place.term, place.index, each.draft.position.term, each.draft.position.index),
                each.draft.asked.entry.event.details[OUTCOME],
            )
            # the sweeper says "onbekend" when nobody came; who comes all the same knows better, in one batch too
            for each in sorted(made, key=_knows)
            for place in each.draft.asked.entry.event.closes
            if each.draft.asked.entry.event.kind == ENDED
        }
        unknown = [row for row in closed.values() if row[-1] == UNKNOWN]
        known = [row for row in closed.values() if row[-1] != UNKNOWN]
        await insert_rows(self._tx, outcomes, known, replacing(outcomes))
        await insert_rows(self._tx, outcomes, unknown, NOTHING)
        await delete_rows(self._tx, under_way, [(self._old.tenant, place.term, place.index) for place in closed])

    async def _tags(self, made: Sequence[Made]) -> None:
        tagger, (tenant, term) = self._keys.tagger, self._here
        rows = [
            (tenant, tag, term, each.draft.position.index, each.at)
            for each in made
            for tag in tagger.of(each.draft.asked.entry.event, each.at, each.draft.asked.about, each.draft.asked.trace)
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


def _knows(made: Made) -> bool:
    return made.draft.asked.entry.event.details.get(OUTCOME) != UNKNOWN


def _packed(entry: Entry) -> bytes:
    """16 bytes per fence."""
    return bytes.fromhex("".join(named_fences(entry)))
