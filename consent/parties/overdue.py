"""Ends of keys from before their fence was moved: each such application gets the line that it lacks, once.

Whoever put the row from before such an end back would let the key in again. The line says the same end once more and
moves the fence, as any end of a key does, so that older row no longer stands. Killed between line and row: whoever
follows the log writes the row.
"""

from contextlib import suppress

from sqlalchemy import or_

from audit.contract import Audit, Entry, EventIdTaken, record_one
from consent.lines import application_of, event, restriction
from consent.parties.narrowing import ENDS_KEY, KeyEnd, end_told
from consent.parties.rules import kids
from consent.rows import Register, Row
from consent.tables import applications
from kernel.caller import room_of
from kernel.ids import derived_id


class OverdueEnds:
    """Once for each tenant of a process; again changes nothing, for a fence that moved is none of these."""

    def __init__(self, register: Register, audit: Audit) -> None:
        self._register, self._audit = register, audit
        self._done: set[str] = set()

    async def sweep(self, tenant: str) -> int:
        """How many fences moved. Raises LogUnavailable, OutcomeUnknown, RegisterUnavailable: again next round."""
        if tenant in self._done:
            return 0
        async with self._register.writing(tenant) as rows:
            never = or_(applications.c.own_epoch.is_(None), applications.c.own_epoch == 0)
            found = [row for row in await rows.sound(applications, never, lock=True) if _ends(row)]
            for row in found:
                if row["own_fence"] is None:  # who follows must find it
                    fence = rows.keys.application(row["client_id"])
                    row.update(await rows.put(applications, row, own_fence=fence, own_epoch=0))
        for row in found:
            with suppress(EventIdTaken):  # said before in other words: that line moved the fence, and is followed
                await record_one(self._audit, room_of(tenant, "consent"), entry_of(row))
        self._done.add(tenant)
        return len(found)


def _ends(row: Row) -> list[tuple[str, int]]:
    """Of keys that are there: an end of another could not be written in its row, and would suspend it."""
    application = application_of(row)
    return [(kid, at) for kid, at in application.key_ends if kid in kids(application)]


def entry_of(row: Row) -> Entry:
    """The line that an application lacks: its first end of a key, once more."""
    kid, at = min(_ends(row), key=lambda end: end[1])
    said = event(ENDS_KEY, derived_id(row["client_id"], f"eerder/{kid}/{at}"), "systeem", recipient=row["recipient"],
                 application=row["client_id"], details=end_told(KeyEnd(kid, at)))  # fmt: skip
    return restriction(said, row["own_fence"])
