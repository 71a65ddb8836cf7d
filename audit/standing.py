"""Where fences stand, and which lines moved them: how decisions stay true and siblings finish their own rows."""

import asyncio
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import RowMapping, and_, bindparam, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import kinds_at, stands_in
from audit.contract import Kind, LogUnavailable, Move, Moves
from audit.doubts import Unsound
from audit.event import FenceAt
from audit.heads import read_head
from audit.judging import SetBack, Stale, refusal, weighed
from audit.keychain import TenantKeys
from audit.leaf import act_place, opened
from audit.log import ROLLBACK, Log
from audit.permit import Position
from audit.remembering import BUCKET, Memory, demand_held
from audit.signed import TRIES
from audit.tables import fences, head, lines, moves
from audit.terms import TermMoved
from kernel.canonical import read_canonical
from kernel.errors import Problem
from kernel.gather import Gatherer
from kernel.sql import RowForged
from kernel.sql.prepared import Prepared, Row, any_of

PER_LINE = 64  # fences that one line may move; a page of moves never ends inside a line
AT_ONCE = 2  # looks at the fences, each with a connection, when questions that failed together are asked apart
_HERE = Prepared(
    select(head.c.term.label("open_term"), head.c.size, fences)
    .select_from(head.outerjoin(fences, and_(fences.c.tenant_id == head.c.tenant_id, BUCKET.in_(any_of("buckets")))))
    .where(head.c.tenant_id == bindparam("tenant"))
)
_SAME_LINE = and_(moves.c.tenant_id == lines.c.tenant_id, moves.c.term == lines.c.term, moves.c.idx == lines.c.idx)


class Standing:
    """Reads fences of one open log. Every verb raises LogUnavailable when the database or the keys are away."""

    def __init__(self, log: Log) -> None:
        self._log, self._tenant = log, log.tenant
        self._held = Gatherer(self._hold)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def moves(self, behind: Position | None, limit: int) -> Moves:
        """See Audit.moves."""
        limit = max(PER_LINE, min(limit, 1_000))
        keys = await self._log.keys()
        pick = (lines.c.term, lines.c.idx, lines.c.event_id, lines.c.act, moves.c.fence)
        query = select(*pick).select_from(moves.join(lines, _SAME_LINE)).where(moves.c.tenant_id == self._tenant)
        if behind is not None:
            place = tuple_(literal(behind.term), literal(behind.index))
            query = query.where(tuple_(moves.c.term, moves.c.idx) > place)
        query = query.order_by(moves.c.term, moves.c.idx, moves.c.fence).limit(limit + 1)
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                last = (await read_head(reading, self._tenant, keys.rows)).last
                rows = list((await reading.execute(query)).mappings())
            keys = await self._log.keys(*{row["term"] for row in rows})
            found = [_move(self._tenant, row, keys) for row in rows]
        if len(found) > limit:  # the line at the cut may go on: it comes with the next page
            cut = found[-1].position
            found = [move for move in found if move.position != cut]
            last = found[-1].position
        return Moves(moves=tuple(found), upto=last)

    async def holds(self, requires: Sequence[FenceAt]) -> Position | None:
        """See Audit.holds."""
        (found,) = await self._held.ask(self._tenant, (tuple(requires),))
        if isinstance(found, Problem):
            raise found
        return found

    async def _hold(self, _: str, asked: Sequence[tuple[FenceAt, ...]]) -> list[Position | Problem | None]:
        """A verdict each. One statement while nothing was written."""
        await self._log.demand_released()
        for _again in range(TRIES):
            try:
                return await self._verdicts(asked)
            except TermMoved as moved:
                await self._log.join(moved.origin)
        raise LogUnavailable("Het logboek is van termijn gewisseld. Probeer het opnieuw.")

    async def _verdicts(self, asked: Sequence[tuple[FenceAt, ...]]) -> list[Position | Problem | None]:
        log, keys = self._log, await self._log.keys()
        before = log.memory  # before anything is read: what is read then cannot be behind it
        named = {each.fence for requires in asked for each in requires}

        async def look(reading: AsyncConnection) -> tuple[Memory, list[Stale | SetBack | None], dict[Position, Kind]]:
            memory, rows = await self._now(reading, before, named, keys)
            moved = [row for row in rows if row["fence"] is not None]
            demand_held(memory.fences, moved, memory.fences.moved(named))
            stands = stands_in(moved, named, keys.rows)
            newest = memory.last or Position(term=memory.term, index=0)
            found = [weighed(requires, stands, newest) for requires in asked]
            elsewhere = (stand for each in found if isinstance(each, Stale) for _, stand in each.moved)
            places = {at for stand in elsewhere if (at := stand.moved_at)}
            return memory, found, await kinds_at(reading, self._tenant, places, keys)

        with log.guarded():
            # proofs are for everybody who asks, and a release waits for this: it stands in a line of its own
            async with self._turns:
                memory, found, kinds = await log.database.seen(self._tenant, look, first=True)
            log.learn(memory)
        return [refusal(each, kinds) if each else memory.last for each in found]

    async def _now(
        self, reading: AsyncConnection, memory: Memory, named: Collection[str], keys: TenantKeys
    ) -> tuple[Memory, list[Row]]:
        """Our memory at the head as it is, and the rows of these fences. Raises Unsound, TermMoved, ProofError."""
        rows = await self._rows(reading, memory.fences.moved(named))
        here = (rows[0]["open_term"], rows[0]["size"]) if rows else memory.place
        if here != memory.place:  # other instances wrote, or somebody set it back
            now = await read_head(reading, self._tenant, keys.rows)
            if now.term > memory.term:
                raise TermMoved(now.origin)
            memory = await self._log.follow(reading, memory, now, keys)
            rows = await self._rows(reading, memory.fences.moved(named))
        if not rows:
            raise Unsound(ROLLBACK)
        return memory, rows

    async def _rows(self, reading: AsyncConnection, buckets: Iterable[str]) -> list[Row]:
        """Head and fences of these buckets: at least one row, without a fence where there is none."""
        return await _HERE.rows(reading, tenant=self._tenant, buckets=sorted(buckets))


def _move(tenant: str, row: RowMapping, keys: TenantKeys) -> Move:
    """From the act, not from the row: a row names which line to read, the line says what moved. Raises RowForged."""
    act, _ = opened(keys.act(row["term"]), act_place(tenant, row["term"], row["event_id"]), bytes(row["act"]))
    said = read_canonical(act)
    moved = dict(said.get("verzet", ()))
    if row["fence"] not in moved:
        raise RowForged("moves")
    return Move(
        position=Position(term=row["term"], index=row["idx"]),
        fence=row["fence"],
        epoch=int(moved[row["fence"]]),
        kind=said["soort"],
        event_id=said["gebeurtenis"],
    )
