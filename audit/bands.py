"""How often covert lines were written, for everybody: per year that is over, in bands.

A number of a running year would tell, by the day on which it changes, when somebody was looked at. Counted are
releases, refusals not.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from audit.covert import PREFIX
from audit.kinds import RELEASES
from audit.labels import labels_where
from audit.log import Log
from audit.tables import lines
from kernel.clock import boot_seconds, millis, moment

BANDS = ((500, "500 of meer"), (100, "100-499"), (50, "50-99"), (10, "10-49"), (1, "1-9"), (0, "0"))
YEARS = 10
FRESH = timedelta(hours=1)  # anybody may ask as often as they like, and years that are over hardly change
Years = list[tuple[int, str]]


def band(count: int) -> str:
    """The band that a number is in."""
    return next(name for least, name in BANDS if count >= least)


@dataclass
class Remembered:
    """What one log answers, counted once an hour however many ask. `known` is owned by whoever holds the lock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    known: Years = field(default_factory=list)
    year: int = 0
    until: float = 0.0

    async def yearly(self, log: Log) -> Years:
        """See `yearly`; at most an hour old, and never of a year before this one."""
        async with self.lock:
            now, year = boot_seconds(), log.clock().year
            if now >= self.until or year != self.year:
                self.known = await yearly(log)
                self.year, self.until = year, now + FRESH.total_seconds()
            return self.known


async def yearly(log: Log) -> Years:
    """(year, band), newest first: years in UTC that are over and in which this log had lines, ten at most. Destroyed
    lines are in none. Raises LogUnavailable."""
    this, keys, mine = log.clock().year, await log.keys(), lines.c.tenant_id == log.tenant
    with log.guarded():
        async with log.database.snapshot(log.tenant) as reading:
            first = await reading.scalar(select(func.min(lines.c.logged_at)).where(mine, lines.c.idx == 0))
            used = list(await labels_where(reading, log.tenant, keys, lambda label: label.kind in RELEASES))
            series = (lines.c.subject >= PREFIX, lines.c.subject < f"{PREFIX}g", lines.c.label.in_(used))
            begin = max(this - YEARS, moment(first).year) if first else this
            found = []
            for year in range(this - 1, begin - 1, -1):
                within = lines.c.logged_at.between(_begin(log, year), _begin(log, year + 1) - 1)
                count = await reading.scalar(select(func.count()).select_from(lines).where(mine, *series, within))
                found.append((year, band(count or 0)))
    return found


def _begin(log: Log, year: int) -> int:
    return millis(log.clock().replace(year=year, month=1, day=1, hour=0, minute=0, second=0, microsecond=0))
