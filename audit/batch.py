"""One batch in the database: what must be known to judge it, and what it leaves. A fixed number of statements.

All of it runs inside the writer's one transaction, under the lock of the head.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.bulk import rows_among
from audit.covert import escrow_id
from audit.event import Kind
from audit.fencemap import FenceMap, bucket_of
from audit.heads import Head
from audit.judging import (
    UNDER_WAY_MS,
    Asked,
    Draft,
    Known,
    Overlay,
    Sending,
    Stand,
    moves_fences,
)
from audit.keychain import Owner, TenantKeys
from audit.leaf import SALT, Previous, Spot, Written, act_place, act_text, opened, write
from audit.permit import Position
from audit.remembering import Buckets, buckets_of, demand_held
from audit.tables import fences, lines, series, under_way
from kernel.canonical import read_canonical
from kernel.crypto import DataKey, KeyUnavailable, random_bytes
from kernel.failpoints import reached
from kernel.sql import RowSeal

PIECES, PIECE = 4, 32  # of a batch at most, and lines of each at least: one is stored while the next is sealed


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


def in_pieces(
    drafts: Sequence[Draft],
    before: dict[str, Previous],
    where: tuple[str, int],
    under: tuple[TenantKeys, Mapping[Owner, DataKey]],
) -> Iterator[list[Made]]:
    """`written_lines` of a few at a time, as they are asked for."""
    many = max(PIECE, -(-len(drafts) // PIECES))
    for first in range(0, len(drafts), many):
        made = written_lines(drafts[first : first + many], before, where, under)
        reached("audit.c")
        yield made


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
