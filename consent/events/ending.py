"""What ends by the clock alone: told when somebody looks, under an id that is derived from the end, so never twice.

A no is told here as well, when the term to answer is over: an event of its own hour would tell it from silence.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, or_

from consent.activity import ActivityVersion
from consent.difference import consents_since
from consent.events.kinds import EXPIRED, NOTHING
from consent.events.outbox import PAGE, add
from consent.events.tables import clockwork, events
from consent.lines import version_of
from consent.standing import PERMITS, last_moment
from consent.tables import activities, consents
from consent.terms import DAY

if TYPE_CHECKING:
    from consent.rows import Rows

Row = Mapping[str, Any]
InForce = Mapping[str, tuple[Row, ActivityVersion]]
MOMENT: Final = 1_000_000  # consents that end at one moment: all of them
LAST: Final = 1 << 40  # a step after all others: what the clock does is the end
HOUR: Final = 3_600_000  # ms; how often is looked at what a newer version made shorter
RACE: Final = 60_000  # ms between the line of a version and its row, at most
# No yes came: a no, silence, and a yes that was dropped or stopped before its line.
_STOPPED = and_(consents.c.status == "ingetrokken", consents.c.decided_at == 0)
NEVER: Final = or_(consents.c.status.in_(["gevraagd", "geweigerd", "vervallen"]), _STOPPED)
HELD: Final = consents.c.status.in_([*PERMITS, "gepauzeerd"])


async def ended_by_clock(rows: "Rows", at: int, keep_days: int) -> None:
    """What expired or was not answered since we looked last, at a moment in ms. A clock that went back looks again.
    keep_days: how long an event stays that nobody has to be told any more."""
    await rows.add(clockwork, {"upto": 0})
    row = await rows.one(clockwork, lock=True)
    upto = min(int(row["upto"]), at) if row else 0
    over, held_upto = await _between(rows, "valid_until", (upto, at), HELD)
    late, asked_upto = await _between(rows, "answer_by", (upto, at), NEVER, consents.c.pending_at == 0)
    newest = await _in_force(rows, {one["activity"] for one in over}) if over else {}
    for one in over:
        await _expired(rows, one, newest)
    for one in late:
        await add(rows, (NOTHING, one["id"]), one["recipient"], NOTHING, LAST)
    if upto // HOUR != at // HOUR:
        await _shortened(rows, upto, at)
        await _forgotten(rows, at - keep_days * DAY)
    if row:
        await rows.put(clockwork, row, upto=min(held_upto, asked_upto))


async def _expired(rows: "Rows", one: Row, newest: InForce) -> None:
    """Once, under the end that counts: a newer version may have ended it before its last day."""
    end = last_moment(one, newest[one["activity"]][1].period if one["activity"] in newest else 0)
    await add(rows, (EXPIRED, one["id"]), one["recipient"], f"{EXPIRED}/{end}", LAST)


async def _between(rows: "Rows", name: str, span: tuple[int, int], *where: Any) -> tuple[list[dict[str, Any]], int]:
    """A page in the order of their ends, and up to which moment that is all. All that end at one moment are in it
    together: thousands of consents may share a last day, and a page of them alone would be read for ever."""
    column = consents.c[name]
    found = await rows.find(consents, *where, column > span[0], column < span[1], order=(column,), most=PAGE)
    if len(found) < PAGE:
        return found, span[1] - 1
    last = int(found[-1][name])
    together = await rows.find(consents, *where, column == last, most=MOMENT)
    return [*(one for one in found if one[name] < last), *together], last


async def _shortened(rows: "Rows", upto: int, at: int) -> None:
    """A yes to an older version that lasts as long as the one in force lets anybody look, which is less. Where that
    version came since we looked, also what it ended at once; what was over before it came is not told again."""
    ends, newest, c = [], await _in_force(rows), consents.c
    for row, version in newest.values():
        if not version.period or consents_since(version) == version.number:
            continue
        longest, looked = version.period * DAY, upto - HOUR - RACE
        first = 0 if row["effective_at"] > looked else looked - longest
        older = (c.activity == version.slug, c.version >= consents_since(version), c.version < version.number)
        still = or_(c.valid_until == 0, c.valid_until > row["effective_at"])
        ends.append(and_(*older, still, c.decided_at > first, c.decided_at < at - longest))
    found = await rows.find(consents, HELD, or_(*ends), c.decided_at > 0, most=MOMENT) if ends else []
    for one in found:
        await _expired(rows, one, newest)


async def _in_force(rows: "Rows", slugs: Collection[str] | None = None) -> InForce:
    """The versions that count now, of these activities or of all."""
    of = (activities.c.status == "gepubliceerd", *(() if slugs is None else (activities.c.slug.in_(slugs),)))
    return {row["slug"]: (row, version_of(row)) for row in await rows.find(activities, *of)}


async def _forgotten(rows: "Rows", before: int) -> None:
    """Events of before a moment in ms, told, given up, or of who never asked; the last of each recipient stays, for
    the next one is numbered after it. A page an hour."""
    old = (events.c.sequence > 0, events.c.at < before)
    last: dict[str, int] = {}
    for event in await rows.find(events, *old, order=(events.c.at,), most=PAGE * 10):
        who = event["recipient"]
        if who not in last:
            newest = await rows.find(events, events.c.recipient == who, order=(events.c.sequence.desc(),), most=1)
            last[who] = newest[0]["sequence"]
        if event["sequence"] < last[who]:
            await rows.remove(events, event)
