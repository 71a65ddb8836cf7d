"""Reading lines: a subject's series, one line, how releases ended, how many there were. Never writes.

Pages follow the number in a series, so a page is one range whatever the length of the log.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import series_of
from audit.contract import Count, Gone, Heard, Line, Lines, NoSuchLine, System
from audit.covert import SEALED_TO, event_told, is_covert
from audit.event import Kind, Outcome
from audit.gone import gone_of
from audit.keychain import Owner
from audit.kinds import LIFTED
from audit.label import Label
from audit.labels import labels_named
from audit.leaf import act_place, body_place, event_left, event_of, opened
from audit.log import Log
from audit.permit import Position
from audit.tables import lines, outcomes, tags
from audit.tags import count_tag, release_tag, reporter_tag, tag
from kernel.canonical import read_canonical
from kernel.crypto import CannotOpen, DataKey
from kernel.sql import RowForged

LIMIT = 200  # lines on a page
COUNTED_AT_ONCE = 400  # SQLite puts at most 500 questions together
OUTCOME_OF = and_(
    outcomes.c.tenant_id == lines.c.tenant_id, outcomes.c.term == lines.c.term, outcomes.c.idx == lines.c.idx
)


def line_rows() -> Select[Any]:
    """Lines with how they ended, if they are releases that ended."""
    return select(lines, outcomes.c.outcome).select_from(lines.outerjoin(outcomes, OUTCOME_OF))


async def row_at(reading: AsyncConnection, tenant: str, place: Position) -> RowMapping:
    """One row of `line_rows`. Raises NoSuchLine."""
    at = (lines.c.tenant_id == tenant, lines.c.term == place.term, lines.c.idx == place.index)
    found: RowMapping | None = (await reading.execute(line_rows().where(*at))).mappings().first()
    if found is None:
        raise NoSuchLine("Deze logregel is er niet.")
    return found


def opened_body(tenant: str, row: RowMapping, keys: dict[Owner, DataKey]) -> tuple[str, bytes]:
    """Text and salt of the body. Raises CannotOpen, also when its key was destroyed."""
    key = keys.get((row["subject"], row["year"]))
    if key is None:
        raise CannotOpen
    return opened(key, body_place(tenant, row["subject"], row["event_id"], row["year"]), bytes(row["body"]))


class Reader:
    """Reads one open log. Every verb raises LogUnavailable when the database or the keys are away."""

    def __init__(self, log: Log) -> None:
        self._log, self._tenant = log, log.tenant

    async def lines(self, subject: str, before: Position | None, limit: int) -> Lines:
        """See Audit.lines."""
        limit = max(1, min(limit, LIMIT))
        theirs = (lines.c.tenant_id == self._tenant, lines.c.subject == subject)
        page = line_rows().where(*theirs).order_by(lines.c.n.desc()).limit(limit + 1)
        keys = await self._log.keys()
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                last = (await series_of(reading, self._tenant, (subject,), keys.rows)).get(subject)
                begin = length = last.n if last else 0
                if before is not None:
                    at = select(lines.c.n).where(*theirs, lines.c.term == before.term, lines.c.idx == before.index)
                    number = await reading.scalar(at)
                    if number is None:
                        raise NoSuchLine("Deze logregel is er niet.")
                    if number > length:
                        raise RowForged("series")
                    begin = number - 1
                    page = page.where(lines.c.n <= begin)
                rows = list((await reading.execute(page)).mappings())
            found, more = await self.opened(rows[:limit]), len(rows) > limit
            _demand_whole([line.n for line in found], begin, more)
        return Lines(lines=tuple(found), before=found[-1].position if more else None, total=length)

    async def line(self, position: Position) -> Line:
        """See Audit.line."""
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                row = await row_at(reading, self._tenant, position)
            (found,) = await self.opened([row])
        return found

    async def placed(self, event_ids: Sequence[str]) -> list[Position]:
        """Where acts with these ids stand, in the order of the log; one that was never recorded is left out."""
        theirs = (lines.c.tenant_id == self._tenant, lines.c.event_id.in_(event_ids))
        query = select(lines.c.term, lines.c.idx).where(*theirs).order_by(lines.c.term, lines.c.idx)
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                return [Position(term=term, index=index) for term, index in await reading.execute(query)]

    async def opened(self, rows: Sequence[RowMapping]) -> list[Line]:
        """Rows of `line_rows` as their readers see them. Raises CannotOpen, RowForged."""
        keys = await self._log.keys(*{row["term"] for row in rows})
        owners = {(row["subject"], row["year"]) for row in rows}
        bodies = await self._log.keychain.bodies(owners)
        gone = await self.gone(owners - set(bodies))
        labels = await self._labels({bytes(row["label"]) for row in rows if is_covert(row["subject"])})
        found = []
        for row in rows:
            place = Position(term=row["term"], index=row["idx"])
            sealed_at = act_place(self._tenant, place.term, row["event_id"])
            said = read_canonical(opened(keys.act(place.term), sealed_at, bytes(row["act"]))[0])
            at = int(said["tijd"])
            ended: Outcome | Literal[""] = row["outcome"] or ""
            if left := gone.get((row["subject"], row["year"])):
                event = event_left(said, row["subject"], row["year"])
                found.append(Line(position=place, at=at, n=row["n"], event=event, outcome=ended, gone=left))
                continue
            if SEALED_TO in said:
                event = event_told(event_left(said, row["subject"], row["year"]), labels.get(bytes(row["label"])))
                found.append(Line(position=place, at=at, n=row["n"], event=event, outcome=ended))
                continue
            read = read_canonical(opened_body(self._tenant, row, bodies)[0])
            # hour and number as they were sealed: columns are there to search by, and whoever has the table writes them
            found.append(Line(position=place, at=at, n=int(read["n"]), event=event_of(said, read), outcome=ended))
        return found

    async def _labels(self, names: Collection[bytes]) -> Mapping[bytes, Label]:
        if not names:
            return {}
        async with self._log.database.snapshot(self._tenant) as reading:
            return await labels_named(reading, self._tenant, await self._log.keys(), names)

    async def told_of(self, kind: Kind, places: Collection[Position]) -> dict[Position, int]:
        """Which of these lines another one of a kind names (`closes`), such as one that lifts it, and when, ms. A tag
        alone does not count: the line must say so."""
        if not places:
            return {}
        keys = await self._log.keys()
        marks = [tag(keys.tags, kind, str(place)) for place in places]
        named = select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == self._tenant, tags.c.tag.in_(marks))
        which = (lines.c.tenant_id == self._tenant, tuple_(lines.c.term, lines.c.idx).in_(named))
        async with self._log.database.snapshot(self._tenant) as reading:
            rows = list((await reading.execute(select(lines).where(*which))).mappings())
        found: dict[Position, int] = {}
        for row in rows:
            key = (await self._log.keys(row["term"])).act(row["term"])
            said = read_canonical(
                opened(key, act_place(self._tenant, row["term"], row["event_id"]), bytes(row["act"]))[0]
            )
            if said["soort"] == kind:
                found |= {Position.parse(text): int(said["tijd"]) for text in said["bij"]}
        return {place: at for place, at in found.items() if place in places}

    async def as_lifted(self, found: Sequence[Line]) -> list[Line]:
        """Lines that were lifted before their day are withheld until that moment only."""
        with self._log.guarded():
            done = await self.told_of(LIFTED, [line.position for line in found if line.event.withheld_until])
        return [_until(line, done[line.position]) if line.position in done else line for line in found]

    async def gone(self, owners: Collection[Owner]) -> dict[Owner, Gone]:
        """Those of these keys that were destroyed, not merely lost. Raises RowForged."""
        if not owners:
            return {}
        async with self._log.database.snapshot(self._tenant) as reading:
            return await gone_of(reading, self._tenant, owners, (await self._log.keys()).rows)

    async def outcomes(self, positions: Sequence[Position]) -> list[Outcome | Literal[""]]:
        """See Audit.outcomes."""
        which = tuple_(outcomes.c.term, outcomes.c.idx).in_([(place.term, place.index) for place in positions])
        query = select(outcomes.c.term, outcomes.c.idx, outcomes.c.outcome)
        query = query.where(outcomes.c.tenant_id == self._tenant, which)

        async def look(reading: AsyncConnection) -> dict[tuple[str, int], Outcome]:
            return {(term, index): outcome for term, index, outcome in await reading.execute(query)}

        with self._log.guarded():  # who stops something waits for this
            found = await self._log.database.seen(self._tenant, look, first=True)
        return [found.get((place.term, place.index), "") for place in positions]

    async def heard(self, systems: Sequence[System]) -> list[Heard]:
        """See Audit.heard. The first and the last tag of each: the log's time does not run back."""
        if not systems:
            return []
        keys = await self._log.keys()
        marks = [reporter_tag(keys.tags, one.recipient, one.application) for one in systems]
        ends = ((tags.c.term.asc(), tags.c.idx.asc()), (tags.c.term.desc(), tags.c.idx.desc()))
        found = [
            select(tags.c.logged_at)
            .where(tags.c.tenant_id == self._tenant, tags.c.tag == mark)
            .order_by(*order)
            .limit(1)
            for mark in marks
            for order in ends
        ]
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                row = (await reading.execute(select(*(each.scalar_subquery() for each in found)))).one()
        return [Heard(since=row[at] or 0, last=row[at + 1] or 0) for at in range(0, len(found), 2)]

    async def count(self, counts: Sequence[Count]) -> list[int]:
        """See Audit.count."""
        if not counts:
            return []
        keys, found = await self._log.keys(), dict[int, int]()
        parts = [
            select(literal(at), func.count()).where(
                tags.c.tenant_id == self._tenant, *_counted(keys.tags, one), tags.c.logged_at >= one.since
            )
            for at, one in enumerate(counts)
        ]
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                for begin in range(0, len(parts), COUNTED_AT_ONCE):
                    some = union_all(*parts[begin : begin + COUNTED_AT_ONCE])
                    found |= {at: count for at, count in await reading.execute(some)}
        return [found[at] for at in range(len(counts))]


def _counted(key: bytes, one: Count) -> Iterator[ColumnElement[bool]]:
    yield tags.c.tag == (
        count_tag(key, one.fence) if one.fence else release_tag(key, one.subject, one.activity, one.case)
    )
    if one.before:
        yield tuple_(tags.c.term, tags.c.idx) < (one.before.term, one.before.index)


def _until(line: Line, at: int) -> Line:
    until = min(at, line.event.withheld_until)
    return line.model_copy(update={"event": line.event.model_copy(update={"withheld_until": until})})


def _demand_whole(numbers: Sequence[int], begin: int, more: bool) -> None:
    """A page of a series skips no number, and the last page ends at 1. Raises RowForged: somebody took a line out of
    the table, and to show the rest would hide that."""
    if list(numbers) != list(range(begin, begin - len(numbers), -1)) or (not more and begin != len(numbers)):
        raise RowForged("series")
