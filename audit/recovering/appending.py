"""Puts the missing lines into the database, in transactions of a few hundred, each as whole as a batch of the writer.

1 every line is read and held against the signed root                    a crash here: nothing happened
2 lines, and all that follows from them, a stretch at a time             a crash here: the head says how far; once more
3 with the last stretch a line that tells of it: from then on the log    a crash here: only 4 is left to do
  has all lines, and permits nothing until it is released (audit.chain)
4 the head is signed; destructions whose lines came back are done again  a crash here: once more
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import series_of
from audit.bulk import NOTHING, in_order, insert_rows
from audit.chain import TIMES_MAX, mark_of, recovered_id
from audit.contract import LogUnavailable
from audit.ended import PRESENT, RECOVERED
from audit.event import SYSTEM, Entry, Event
from audit.founding import examined
from audit.heads import Head, empty_head, founding_of, insert_head, read_head
from audit.judging import Asked, Draft
from audit.keychain import Owner, TenantKeys
from audit.leaf import content_hash, words_of
from audit.permit import Position
from audit.reconciling import MOVED
from audit.recovering.course import Part
from audit.recovering.judged import Sources, Stretch, stretches_of
from audit.recovering.spare import Spare
from audit.signer import Known
from audit.storing import Storing
from audit.tables import destroyed, lines
from audit.tables import keys as key_rows
from audit.turning import ROOM
from kernel.clock import millis
from kernel.crypto import DataKey
from kernel.failpoints import reached

NAME = "Regels teruggezet uit een kopie"
Watch = Callable[[int, int], None]
"""(lines done, lines in all)."""


@dataclass(frozen=True)
class Telling:
    """The line that tells of it. since: from which place on lines were missing. said: who, and why. year: of its
    destruction."""

    since: Position
    said: Mapping[str, str]
    year: int


async def weigh(at: Sources, course: Sequence[Part], watch: Watch) -> None:
    """1. Raises Unfit, LogUnavailable, KeyUnavailable."""
    async for _ in _walked(at, course, watch):
        pass


async def append(at: Sources, course: Sequence[Part], watch: Watch, telling: Telling | None) -> None:
    """2 and 3, after `weigh`. telling: None when the mirror has not all: then the log stays behind what was signed.
    Raises Unfit, LogUnavailable, KeyUnavailable, SQLAlchemyError."""
    last = await _prepared(at, telling) if telling else None
    async for stretch in _walked(at, course, watch):
        is_last = stretch.part is course[-1] and stretch.is_last
        await _put(at, stretch, last if is_last else None)
        reached("audit.recover.stretch")
    reached("audit.recover.appended")


async def sign(at: Sources, known: Known | None) -> None:
    """The first half of 4. known: None on a new host, by the word of two persons. Raises LogUnavailable, what does not
    fit as `examined`, and what the signer raises."""
    log = at.log
    async with log.database.snapshot(log.tenant) as reading:
        founding = await founding_of(reading, log.tenant)
    if founding is None:
        raise LogUnavailable(MOVED)
    origin, term = founding
    rows = await log.keys(term)
    async with log.database.snapshot(log.tenant) as reading:
        head = await read_head(reading, log.tenant, rows.rows)
        memory = await examined(reading, head, known, rows)
    await to_thread.run_sync(log.signers.open, origin)
    if known is None:
        await to_thread.run_sync(log.signers.of(origin).adopt, head.size, head.root, memory.fences.root)
    log.learn(memory)
    await log.heads.sign(memory)


async def _walked(at: Sources, course: Sequence[Part], watch: Watch) -> AsyncIterator[Stretch]:
    total = sum(part.end - part.begin for part in course)
    done = 0
    watch(done, total)
    for part in course:
        async for stretch in stretches_of(at, part):
            yield stretch
            done += len(stretch.made)
            watch(done, total)


async def _put(at: Sources, stretch: Stretch, last: "_Last | None") -> None:
    """One stretch, or nothing of it."""
    log, part = at.log, stretch.part
    rows = await log.keys(part.term)
    more = [(SYSTEM, last.year)] if last else []
    spare = await at.chain.opening([*stretch.keys, *more], [part.term])
    async with log.database.writing(log.tenant) as tx:
        head = await _head(tx, part, rows)
        begins = head.origin != part.origin
        if stretch.growth.old.size != (0 if begins else head.size):
            raise LogUnavailable(MOVED)
        await _keep(tx, log.tenant, spare)
        await _name(tx, log.tenant, stretch, rows)
        now = empty_head(log.tenant, part.origin) if begins else head
        new = await Storing(tx, now, rows).store(stretch.made, stretch.growth, after=head)
        if last:
            await last.put(tx, new, rows)


async def _head(tx: AsyncConnection, part: Part, rows: TenantKeys) -> Head:
    """Founded, in a database that has none."""
    tenant = part.origin.split("/")[-2]
    if await founding_of(tx, tenant) is None:
        await insert_head(tx, empty_head(tenant, part.origin), rows.rows)
    return await read_head(tx, tenant, rows.rows, lock=True)


async def _keep(tx: AsyncConnection, tenant: str, spare: Sequence[Spare]) -> None:
    """Keys that the table does not have; those of destroyed years go again afterwards."""
    await insert_rows(tx, key_rows, [each.row(tenant) for each in spare], NOTHING)


async def _name(tx: AsyncConnection, tenant: str, stretch: Stretch, rows: TenantKeys) -> None:
    """Destructions that begin in these lines: nothing is written under such a key any more."""
    found = [
        rows.rows.sealed(destroyed, {
            "tenant_id": tenant, "subject": subject, "year": year, "at": told.at, "term": told.position.term,
            "idx": told.position.index, "done_term": "", "done_idx": 0,
        })
        for (subject, year), told in stretch.begun.items()
    ]  # fmt: skip
    await insert_rows(tx, destroyed, in_order(destroyed, found), NOTHING)


@dataclass(frozen=True)
class _Last:
    """Puts the line that tells of it behind the lines that came back."""

    at: Sources
    telling: Telling
    year: int
    bodies: Mapping[Owner, DataKey]

    async def put(self, tx: AsyncConnection, head: Head, rows: TenantKeys) -> None:
        log, place = self.at.log, Position(term=head.term, index=head.size)
        mark = await _mark(tx, head)
        details = {PRESENT: str(self.telling.since), **self.telling.said}
        event = Event(id=recovered_id(mark), kind=RECOVERED, subject=SYSTEM, name=NAME, details=details)
        entry, hour = Entry(event=event), max(millis(log.clock()), head.last_logged_at)
        asked = Asked(entry, ROOM, content_hash(rows.content, words_of(entry)), self.year)
        before = await series_of(tx, log.tenant, {SYSTEM}, rows.rows)
        await Storing(tx, head, rows).write([Draft(asked, place, {}, ())], before, (hour, self.bodies))


async def _prepared(at: Sources, telling: Telling) -> _Last:
    """Its key is made before any lock; one that came back with lines is used again."""
    years = await at.chain.lasting([(SYSTEM, telling.year)])
    year = years[SYSTEM, telling.year]
    return _Last(at, telling, year, await at.chain.bodies([(SYSTEM, year)], make=True))


async def _mark(tx: AsyncConnection, head: Head) -> str:
    """Of this time."""
    for number in range(TIMES_MAX):
        mark = mark_of(head.origin, number)
        there = lines.select().where(lines.c.tenant_id == head.tenant, lines.c.event_id == recovered_id(mark))
        if (await tx.execute(there)).first() is None:
            return mark
    raise LogUnavailable("Er zijn in deze termijn te vaak regels teruggezet.")
