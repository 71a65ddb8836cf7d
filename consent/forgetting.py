"""What nobody needs any more goes by the clock (AVG 5(1)(e)): what permits nothing, and permitted nothing.

Conversations at the desk, once the FG has had their month; appointments that nobody confirmed, or that were stopped
before somebody did; messages to residents that were sent or never will be. What took effect stays, for decisions and
yeses rest on it. No line: the lines that told of them stay with their own term, and nothing ends here. A crash between
two steps leaves rows for the next round.
"""

from typing import Final

from sqlalchemy import ColumnElement, Table

from consent.appointments.service import CONFIRM_DAYS
from consent.delivery.tables import WAITING, messages
from consent.frontdesk.tables import conversations
from consent.frontdesk.tallying import TALLY_DAYS
from consent.mandates.tables import mandates
from consent.rows import Register
from consent.terms import DAY
from kernel.clock import Clock, millis
from kernel.logs import logger

EVERY_MS: Final = 3_600_000
PAGE: Final = 200
DESK_DAYS: Final = TALLY_DAYS + 1  # the FG counts so many whole days
MESSAGE_DAYS: Final = 31  # for who runs this to see what did not arrive

_log = logger("consent")


class Forgetting:
    """Removes rows of `conversations`, `mandates` and `messages`, and how they were before. desk_days: how long a
    conversation is kept, never shorter than the FG counts."""

    def __init__(self, register: Register, clock: Clock) -> None:
        self._register, self._clock = register, clock
        self.desk_days = DESK_DAYS
        self._done: dict[str, int] = {}  # when each tenant had its round, ms; a second instance does no harm

    async def sweep(self, tenant: str) -> None:
        """Once an hour. Raises RegisterUnavailable: again with the next round."""
        at = millis(self._clock())
        if abs(at - self._done.get(tenant, 0)) < EVERY_MS:
            return
        long_ago = at - max(self.desk_days, DESK_DAYS) * DAY
        await self._forget(tenant, conversations, conversations.c.opened_at < long_ago)
        # a day longer than anybody could confirm it: clocks of two instances may differ
        unconfirmed = mandates.c.offered_at < at - (CONFIRM_DAYS + 1) * DAY
        never = (mandates.c.appointed.is_not(None), mandates.c.effective_at == 0, mandates.c.pending_at == 0)
        await self._forget(tenant, mandates, unconfirmed, *never)
        await self._forget(tenant, messages, messages.c.state != WAITING, messages.c.at < at - MESSAGE_DAYS * DAY)
        self._done[tenant] = at

    async def _forget(self, tenant: str, table: Table, *which: ColumnElement[bool]) -> None:
        gone = PAGE
        while gone == PAGE:
            async with self._register.writing(tenant) as rows:
                gone = await rows.forget(table, *which, most=PAGE)
            if gone:
                _log.info("rows_forgotten", table=table.name, rows=gone)
