"""How often covert lines were written, for everybody: per year that is over, in bands.

A number of a running year would tell, by the day on which it changes, when somebody was looked at. Counted are
releases, refusals not.
"""

from sqlalchemy import func, select

from audit.covert import PREFIX
from audit.kinds import RELEASE
from audit.labels import labels_where
from audit.log import Log
from audit.tables import lines
from kernel.clock import millis, moment

BANDS = ((500, "500 of meer"), (100, "100-499"), (50, "50-99"), (10, "10-49"), (1, "1-9"), (0, "0"))
YEARS = 10


def band(count: int) -> str:
    """The band that a number is in."""
    return next(name for least, name in BANDS if count >= least)


async def yearly(log: Log) -> list[tuple[int, str]]:
    """(year, band), newest first: years in UTC that are over and in which this log had lines, ten at most. Destroyed
    lines are in none. Raises LogUnavailable."""
    this, keys, mine = log.clock().year, await log.keys(), lines.c.tenant_id == log.tenant
    with log.guarded():
        async with log.database.snapshot(log.tenant) as reading:
            first = await reading.scalar(select(func.min(lines.c.logged_at)).where(mine, lines.c.idx == 0))
            used = list(await labels_where(reading, log.tenant, keys, lambda label: label.kind == RELEASE))
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
