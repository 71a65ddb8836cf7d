"""The rows of what is still to be removed. The log is right where they differ."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, literal, or_, select, tuple_

from audit.contract import Event, Position
from connectors.bulk.rows import BulkRows, Row, Rows
from connectors.removals.contract import MOST
from connectors.removals.rules import LATER, UNTIL, due_of, end_of, kept_in, read_day
from connectors.removals.tables import marks, removals
from kernel.clock import Clock, millis, moment

c = removals.c
FENCES = 500  # in one question to the register


@dataclass(frozen=True)
class Read:
    """How far the log was read. after: None at its beginning."""

    after: Position | None


@dataclass(frozen=True)
class RemovalRows:
    """Of all tenants."""

    rows: BulkRows
    clock: Clock

    @property
    def now(self) -> int:
        """Milliseconds."""
        return millis(self.clock())

    async def read(self, tenant: str) -> Read:
        """Without a mark what is there means nothing: it goes, and reading begins anew."""
        async with self.rows.writing(tenant) as rows:
            found = await rows.one(marks)
            if found is None:
                await rows.connection.execute(delete(removals).where(c.tenant_id == tenant))
                await rows.add(marks, [{"term": "", "idx": 0}])
        return Read(Position(term=found["term"], index=found["idx"]) if found and found["term"] else None)

    async def forget(self, tenant: str) -> None:
        """Another log than before: all is read anew."""
        async with self.rows.writing(tenant) as rows:
            for table in (removals, marks):
                await rows.connection.execute(delete(table).where(table.c.tenant_id == tenant))

    async def go_on(
        self, tenant: str, read: Read, upto: Position, found: tuple[Sequence[Mapping[str, Any]], Sequence[Event]]
    ) -> None:
        """What these lines leave: new rows, and what their recipients said since; both, with how far that is, or
        nothing. Who comes second changes nothing."""
        new, said = found
        async with self.rows.writing(tenant) as rows:
            mark = await rows.one(marks, lock=True)
            before = (read.after.term, read.after.index) if read.after else ("", 0)
            if mark is None or (mark["term"], mark["idx"]) != before:
                return
            if new:
                await rows.add(removals, new)
            for event in said:
                await _told(rows, event)
            await rows.change(marks, mark, term=upto.term, idx=upto.index)

    async def told(self, tenant: str, said: Sequence[Event]) -> None:
        """The same of what was just written, so that nobody waits for the next round."""
        async with self.rows.writing(tenant) as rows:
            for event in said:
                await _told(rows, event)

    async def standing(self, tenant: str, after: str) -> list[str]:
        """Fences of consents that stood when they were looked at last, in order, after this one."""
        open_ = (c.tenant_id == tenant, c.fence > after, c.ended_at == 0, c.erase_days > 0)
        query = select(c.fence).where(*open_).distinct().order_by(c.fence).limit(FENCES)
        async with self.rows.reading(tenant) as rows:
            return list((await rows.connection.execute(query)).scalars())

    async def ended(self, tenant: str, ends: Mapping[str, int]) -> None:
        """These consents ended, at a moment in ms: what stood on them must go sooner."""
        async with self.rows.writing(tenant) as rows:
            there = (c.fence.in_(list(ends)), c.ended_at == 0)
            while found := await rows.find(removals, *there, lock=True, limit=MOST):
                for row in found:
                    await _put(rows, row, ended_at=ends[row["fence"]])

    async def over(self, tenant: str) -> None:
        """Of whose line the content itself is gone, nobody can say any more what it was."""
        old = (c.tenant_id == tenant, c.keep_year > 0, c.keep_year < moment(self.now).year)
        async with self.rows.writing(tenant) as rows:
            await rows.connection.execute(delete(removals).where(*old))

    async def due(self, tenant: str, *where: ColumnElement[bool]) -> list[Row]:
        """Those with a day, the first first; one more than MOST when there are more."""
        query = select(removals).where(c.tenant_id == tenant, c.due_at < LATER, *where)
        query = query.order_by(c.due_at, c.term, c.idx, c.fence).limit(MOST + 1)
        async with self.rows.reading(tenant) as rows:
            found = (await rows.connection.execute(query)).mappings()
            return [rows.seal.checked(removals, dict(row)) for row in found]

    async def late(self, tenant: str, recipients: Collection[str] | None = None) -> list[tuple[str, str, int, int]]:
        """Recipient, activity, how many releases, and when the oldest was due; the oldest first. Counted by the
        database, which looks at no MAC. recipients: of these alone."""
        count = func.count((c.term + "-" + cast(c.idx, Text)).distinct())
        query = select(c.recipient, c.activity, count, func.min(c.due_at)).where(c.tenant_id == tenant)
        query = query.where(c.due_at <= self.now).group_by(c.recipient, c.activity)
        query = query if recipients is None else query.where(c.recipient.in_(recipients))
        async with self.rows.reading(tenant) as rows:
            found = await rows.connection.execute(query.order_by(func.min(c.due_at)).limit(MOST))
            return [(row[0], row[1], int(row[2]), int(row[3])) for row in found]


def cursor_of(row: Row) -> str:
    """Where a list goes on after this row."""
    return f"{row['due_at']}.{row['term']}.{row['idx']}.{row['fence']}"


def after_cursor(text: str) -> ColumnElement[bool]:
    """Rows behind one, in the order of `RemovalRows.due`; also when that one is done meanwhile."""
    due_at, term, idx, fence = text.split(".")
    return tuple_(c.due_at, c.term, c.idx, c.fence) > tuple_(
        literal(int(due_at)), literal(term), literal(int(idx)), literal(fence)
    )


def shown_to_resident(subject: str, now: int) -> tuple[ColumnElement[bool], ...]:
    """What is late, without what they may not see yet."""
    return c.subject == subject, c.due_at <= now, or_(c.withheld_until == 0, c.withheld_until <= now)


def first_of(row: Row) -> tuple[int, str, tuple[str, ...]]:
    """When any of a row must be gone first, why then, and which elements."""
    normal, why = due_of(row["at"], row["kept_days"], row["ended_at"], max(0, row["erase_days"]))
    dues = {name: (until, "wet") if until else (normal, why) for name, until in _elements(row).items()}
    first = min(dues.values(), default=(LATER, why))
    return *first, tuple(name for name, due in dues.items() if due == first)


async def _told(rows: Rows, event: Event) -> None:
    day = read_day(event.details.get(UNTIL, ""))
    until, kept = end_of(day) if day else 0, set(kept_in(event))
    for place in event.closes:
        for row in await rows.find(removals, c.term == place.term, c.idx == place.index, lock=True, limit=MOST):
            left = {name: was for name, was in _elements(row).items() if name not in event.elements}
            left |= {name: until for name in left if name in kept}
            await _put(rows, row, elements=json.dumps(left))


async def _put(rows: Rows, row: Row, **changed: Any) -> None:
    new = {**row, **changed}
    if _elements(new):
        await rows.change(removals, row, **changed, due_at=first_of(new)[0])
        return
    mine = [removals.c[column.name] == row[column.name] for column in removals.primary_key]
    await rows.connection.execute(delete(removals).where(*mine))


def _elements(row: Row) -> dict[str, int]:
    said: dict[str, int] = json.loads(row["elements"])
    return said
