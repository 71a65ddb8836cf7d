"""Events of what another room has for recipients to read. Said again it is the same event."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.events.contract import Announcement
from consent.events.kinds import CORRECTED
from consent.events.outbox import add
from consent.rows import Register
from kernel.caller import Caller
from kernel.errors import NoAccess


@dataclass(frozen=True)
class Announcing:
    """Satisfies Announcements."""

    register: Register

    async def corrected(self, caller: Caller, told: Sequence[Announcement]) -> None:
        """See Announcements.corrected."""
        if caller.kind != "kamer":
            raise NoAccess("Dit is voor een andere kamer.")
        async with self.register.writing(caller.tenant) as rows:
            for one in told:
                await add(rows, (CORRECTED, one.id), one.recipient, CORRECTED, 0)
