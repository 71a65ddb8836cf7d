"""What became of data at its recipients: releases in the order of the log, and what recipients say they removed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select, tuple_

from audit.contract import Line, Lines, NoSuchLine
from audit.gone import OPEN
from audit.kinds import RELEASES, REMOVED
from audit.labels import labels_where
from audit.log import Log
from audit.permit import Position
from audit.reading import LIMIT, Reader, line_rows
from audit.tables import lines, tags
from audit.tags import tag
from kernel.clock import Clock, millis

TOLD = RELEASES | {REMOVED}
SETTLED = timedelta(minutes=5)  # by then the sweeper has said of each release how it ended


class Removals:
    """Reads one open log."""

    def __init__(self, log: Log, reader: Reader, clock: Clock) -> None:
        self._log, self._reader, self._clock, self._tenant = log, reader, clock, log.tenant

    async def about(self, positions: Sequence[Position]) -> list[Line]:
        """See Audit.about. A tag alone does not count: the line must say so."""
        asked = set(positions[:LIMIT])
        if not asked:
            return []
        keys, place = await self._log.keys(), tuple_(lines.c.term, lines.c.idx)
        # by term: of a list of pairs SQLite looks at every line of the log
        there: dict[str, list[int]] = {}
        for one in asked:
            there.setdefault(one.term, []).append(one.index)
        among = [(lines.c.term == term) & lines.c.idx.in_(numbers) for term, numbers in there.items()]
        marks = [tag(keys.tags, REMOVED, str(one)) for one in asked]
        named = select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == self._tenant, tags.c.tag.in_(marks))
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                rows = []
                for which in (*among, place.in_(named)):
                    query = line_rows().where(lines.c.tenant_id == self._tenant, which)
                    rows += list((await reading.execute(query)).mappings())
            found = {line.position: line for line in await self._reader.opened(rows)}
        told = (
            one for at, one in sorted(found.items(), key=lambda each: _order(each[0])) if at in asked or _of(one, asked)
        )
        return list(told)

    async def passed(self, after: Position | None, limit: int) -> Lines:
        """See Audit.passed."""
        keys = await self._log.keys()
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                if after is not None and not await reading.scalar(self._there(after)):
                    raise NoSuchLine("Deze logregel is er niet.")
                labels = await labels_where(reading, self._tenant, keys, lambda label: label.kind in TOLD)
                page = self._page(after, list(labels), max(1, min(limit, LIMIT)))
                rows = list((await reading.execute(page)).mappings())
            found = await self._reader.opened(rows)
        told = tuple(line for line in found if line.event.kind in TOLD and not line.gone)
        return Lines(lines=told, before=found[-1].position if found else after)

    def _there(self, place: Position) -> Select[int]:
        at = (lines.c.tenant_id == self._tenant, lines.c.term == place.term, lines.c.idx == place.index)
        return select(func.count()).select_from(lines).where(*at)

    def _page(self, after: Position | None, labels: Sequence[bytes], limit: int) -> Select[Any]:
        settled = millis(self._clock() - SETTLED)
        query = line_rows().where(lines.c.tenant_id == self._tenant, lines.c.logged_at <= settled, OPEN)
        # from the beginning too it is a place: without one SQLite takes an index that is not in the order of the log
        begin = (after.term, after.index) if after else ("", 0)
        query = query.where(tuple_(lines.c.term, lines.c.idx) > begin)
        return query.where(lines.c.label.in_(labels)).order_by(lines.c.term, lines.c.idx).limit(limit)


def _of(line: Line, places: set[Position]) -> bool:
    return line.event.kind == REMOVED and bool(places & set(line.event.closes))


def _order(place: Position) -> tuple[str, int]:
    return place.term, place.index
