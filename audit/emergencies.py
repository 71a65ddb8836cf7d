"""Releases in an emergency that nobody reviewed yet. The log itself says which: no list that could lose one."""

from collections.abc import AsyncIterator
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, tuple_

from audit.contract import Line
from audit.kinds import EMERGENCY, REVIEWED
from audit.log import Log
from audit.permit import Position
from audit.reading import Reader, line_rows
from audit.tables import lines, tags
from audit.tags import tag
from kernel.clock import Clock, millis, moment

MOST = 200  # in one answer
AT_ONCE = 500  # of all that there ever were
HERE = ZoneInfo("Europe/Amsterdam")  # where "the same day" ends
FRESH_MS = 60_000  # of the number that is told to whoever measures


class Emergencies:
    """Reads one open log. `overdue`: as of the last `count`; None before the first."""

    def __init__(self, log: Log, reader: Reader, clock: Clock) -> None:
        self._log, self._reader, self._clock = log, reader, clock
        self.overdue: int | None = None
        self._counted = 0

    async def unreviewed(self) -> list[Line]:
        """See Audit.unreviewed."""
        with self._log.guarded():
            places = [place async for place, _ in self._waiting()][:MOST]
            if not places:
                return []
            which = tuple_(lines.c.term, lines.c.idx).in_([(place.term, place.index) for place in places])
            query = line_rows().where(lines.c.tenant_id == self._log.tenant, which)
            async with self._log.database.snapshot(self._log.tenant) as reading:
                rows = list((await reading.execute(query.order_by(lines.c.term, lines.c.idx))).mappings())
            found = await self._reader.opened(rows)
        # a tag alone does not count, and of what is destroyed nothing is left to review
        return [line for line in found if line.event.kind == EMERGENCY and not line.gone]

    async def count(self) -> None:
        """How many are of a day that is over, at most once a minute. Raises LogUnavailable."""
        now = millis(self._clock())
        if self.overdue is None or now - self._counted >= FRESH_MS:
            today = _day(now)
            with self._log.guarded():
                self.overdue = len([place async for place, at in self._waiting() if _day(at) < today])
            self._counted = now

    async def _waiting(self) -> AsyncIterator[tuple[Position, int]]:
        """Oldest first, with the hour of each."""
        after: tuple[str, int] | None = None
        while True:
            async with self._log.database.snapshot(self._log.tenant) as reading:
                query = _emergencies((await self._log.keys()).tags, self._log.tenant, after)
                found = [(Position(term=term, index=idx), at) for term, idx, at in await reading.execute(query)]
            done = await self._reader.told_of(REVIEWED, [place for place, _ in found])
            for place, at in found:
                if place not in done:
                    yield place, at
            if len(found) < AT_ONCE:
                return
            after = found[-1][0].term, found[-1][0].index


def _emergencies(key: bytes, tenant: str, after: tuple[str, int] | None) -> Select[str, int, int]:
    query = select(tags.c.term, tags.c.idx, tags.c.logged_at).where(
        tags.c.tenant_id == tenant, tags.c.tag == tag(key, EMERGENCY)
    )
    if after is not None:
        query = query.where(tuple_(tags.c.term, tags.c.idx) > tuple_(*after))
    return query.order_by(tags.c.term, tags.c.idx).limit(AT_ONCE)


def _day(at: int) -> date:
    return moment(at).astimezone(HERE).date()
