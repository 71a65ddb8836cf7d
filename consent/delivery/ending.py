"""When messages end: because the resident says so, has died, or was not here for very long.

The number goes first, and nothing more is sent; then a line says so in the resident's series. It is owed until it is
there: who stops out of fear does not wait for a log. Nobody is told by a message: whoever reads along would learn that
somebody was here just now, or wants to be out of reach. Who comes back reads it at the portal.
"""

from contextlib import suppress
from typing import Final

from sqlalchemy import select

from audit.contract import Audit, Entry, EventIdTaken, record_one
from consent.delivery.tables import DROPPED, OFF, WAITING, messages, reachable
from consent.frontdesk.attending import flags_of
from consent.lines import event
from consent.rows import Register, Row, Rows, passing_over
from consent.tables import consents, subject_state
from consent.terms import DAY
from kernel.caller import room_of
from kernel.ids import derived_id

SELF, DEAD, AWAY = "zelf", "overleden", "lang-weg"
EVERY_MS: Final = 3_600_000
MONTH_DAYS: Final = 30.5
PAGE: Final = 100


class Ending:
    """Of `reachable`, what ends. months: after so many without a login."""

    def __init__(self, register: Register, audit: Audit, months: int) -> None:
        self._register, self._audit, self._away_ms = register, audit, round(months * MONTH_DAYS) * DAY
        self._done: dict[str, int] = {}  # when each tenant had its round, ms; a second instance does no harm

    async def round(self, tenant: str, at: int) -> None:
        """Once an hour, and lines that are owed each time; at: ms. Raises RegisterUnavailable, LogUnavailable,
        OutcomeUnknown: again with the next round."""
        if abs(at - self._done.get(tenant, 0)) >= EVERY_MS:
            async with self._register.writing(tenant) as rows:
                full = await self._look(rows, at)
            if not full:
                self._done[tenant] = at
        await self.tell(tenant)

    async def _look(self, rows: Rows, at: int) -> bool:
        """Whether there may be more."""
        c, state = reachable.c, subject_state.c
        flagged = select(state.resident).where(
            state.tenant_id == rows.keys.tenant, state.document.contains('"overleden"')
        )
        found = await rows.find(reachable, c.state != OFF, c.resident.in_(flagged), lock=True, most=PAGE)
        for one in found:
            with passing_over():
                if "overleden" in await flags_of(rows, one["resident"]):
                    await ended(rows, one, DEAD, at)
        away = await rows.find(reachable, c.state != OFF, c.seen_at < at - self._away_ms, lock=True, most=PAGE)
        for one in away:
            await ended(rows, one, AWAY, at)
        return PAGE in (len(found), len(away))

    async def tell(self, tenant: str) -> bool:
        """Lines that are owed; whether there may be more. Raises as `round`."""
        async with self._register.reading(tenant) as rows:
            owed = await rows.find(reachable, reachable.c.owed > 0, most=PAGE)
            subjects = {one["resident"]: await _subject(rows, one["resident"]) for one in owed}
        for one in owed:
            if subject := subjects[one["resident"]]:
                told = {"stap": "gestopt", "reden": one["ended"]}
                said = event("bericht", derived_id(one["resident"], f"stop/{one['owed']}"), subject, details=told)
                with suppress(EventIdTaken):
                    await record_one(self._audit, room_of(tenant, "consent"), Entry(event=said))
            async with self._register.writing(tenant) as rows:
                there = await rows.one(reachable, lock=True, resident=one["resident"])
                if there is not None and there["owed"] == one["owed"]:
                    await rows.put(reachable, there, owed=0)
        return len(owed) == PAGE


async def ended(rows: Rows, row: Row, why: str, at: int) -> Row:
    """No number any more, nothing that waits, and a line that is owed. The row was found with its lock; at: ms."""
    await dropped(rows, row["resident"])
    return await rows.put(reachable, row, state=OFF, sealed=b"", since=at, ended=why, owed=at)


async def dropped(rows: Rows, resident: str = "") -> None:
    """What waits, of one resident or of all, with what it says. What is under way is looked at once more before it
    goes."""
    c = messages.c
    whose = (c.resident == resident,) if resident else ()
    for one in await rows.find(messages, c.state == WAITING, *whose, lock=True):
        await rows.put(messages, one, state=DROPPED, content=b"")


async def _subject(rows: Rows, resident: str) -> str:
    """In whose series it is told. Who was never asked anything never had a message either: nothing is told of that."""
    found = await rows.sound(consents, consents.c.resident == resident)
    return str(found[0]["subject"]) if found else ""
