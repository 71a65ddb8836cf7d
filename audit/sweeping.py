"""Releases whose sender died get their outcome: `onbekend`, after a minute (trust.md 2.6, r4 to r6).

Any number of instances may sweep: the event id follows from the release, so one line comes of it.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import select, tuple_

from audit.contract import Line, Verdict
from audit.event import Entry, Event
from audit.judging import UNDER_WAY_MS
from audit.kinds import OUTCOME
from audit.log import Log
from audit.reading import Reader, line_rows
from audit.tables import lines, under_way
from kernel.clock import Clock, millis
from kernel.errors import Problem
from kernel.ids import ordered_id

AT_ONCE = 200

Record = Callable[[Sequence[Entry]], Awaitable[list[Verdict]]]


class Sweeper:
    """Of one open log. `record`: as the room `audit`."""

    def __init__(self, log: Log, reader: Reader, record: Record, clock: Clock) -> None:
        self._log, self._reader, self._record, self._clock = log, reader, record, clock

    async def sweep(self) -> int:
        """Close what is older than a minute; answers how many. Raises LogUnavailable."""
        here, before = self._log.tenant, millis(self._clock()) - UNDER_WAY_MS
        old = select(under_way.c.term, under_way.c.idx).where(
            under_way.c.tenant_id == here, under_way.c.logged_at < before
        )
        # by place: of `exists` SQLite asks every line of the log, each round
        query = line_rows().where(lines.c.tenant_id == here, tuple_(lines.c.term, lines.c.idx).in_(old))
        with self._log.guarded():
            async with self._log.database.snapshot(here) as reading:
                found = await reading.execute(query.order_by(lines.c.term, lines.c.idx).limit(AT_ONCE))
                rows = list(found.mappings())
            left = await self._reader.opened(rows)
        verdicts = await self._record([_unknown(line) for line in left]) if left else []
        return sum(not isinstance(verdict, Problem) for verdict in verdicts)


def _unknown(line: Line) -> Entry:
    release = line.event
    event = Event(
        id=ordered_id(release.id, "afloop-onbekend"),
        kind="afloop",
        subject=release.subject,
        name="Afloop onbekend",
        activity=release.activity,
        version=release.version,
        recipient=release.recipient,
        recipient_name=release.recipient_name,
        case=release.case,
        closes=(line.position,),
        keep_until=release.keep_until,
        withheld_until=release.withheld_until,
        covert=release.covert,
        details={OUTCOME: "onbekend"},
    )
    return Entry(event=event)
