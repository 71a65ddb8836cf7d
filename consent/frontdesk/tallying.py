"""How many residents each employee helped on each day, for the FG."""

from collections import defaultdict
from typing import Final

from consent.frontdesk.contract import Tally
from consent.frontdesk.rules import day_begins, day_of
from consent.frontdesk.tables import conversations
from consent.lines import names
from consent.rows import Row, Rows
from consent.terms import DAY

TALLY_DAYS: Final = 31


async def tallied(rows: Rows, at: int, per_day: int) -> list[Tally]:
    """See FrontDesk.tallies. at: ms; per_day: as many conversations as one employee may have."""
    begin, opened = day_begins(at), conversations.c.opened_at
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for ago in range(TALLY_DAYS):  # a day at a time: no statement cuts off what is left
        since, until = begin - ago * DAY, begin - (ago - 1) * DAY
        for row in await rows.find(conversations, opened >= since, opened < until):
            found[row["staff"], day_of(row["opened_at"])].append(row)
    counted = [_tally(staff, day, of, per_day) for (staff, day), of in found.items()]
    return sorted(counted, key=lambda one: (-one.conversations, one.day, one.employee))


def _tally(staff: str, day: str, rows: list[Row], per_day: int) -> Tally:
    return Tally(
        employee=staff,
        day=day,
        conversations=len(rows),
        residents=len({row["resident"] for row in rows} - {""}),
        idle=sum(not names(row["acted"]) for row in rows),
        full=len(rows) >= per_day,
    )
