"""What must be known to judge a batch, from the database. A fixed number of statements.

All of it runs inside the writer's one transaction, under the lock of the head.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.bulk import rows_among
from audit.event import Kind
from audit.fencemap import FenceMap
from audit.heads import Head
from audit.judging import (
    UNDER_WAY_MS,
    Asked,
    Known,
    Overlay,
    Sending,
    Stand,
    moves_fences,
)
from audit.keychain import TenantKeys
from audit.leaf import Previous, act_place, opened
from audit.permit import Position
from audit.remembering import Buckets, buckets_of, demand_held
from audit.tables import fences, lines, series, under_way
from kernel.canonical import read_canonical
from kernel.sql import RowSeal


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
