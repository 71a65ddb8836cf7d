"""HTTP out: what recipients are to hear, when the register lives elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent import wire
from consent.events.contract import PREFIX, Announced, Announcement
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class AnnouncementsClient:
    """Satisfies Announcements."""

    line: RoomLine

    async def corrected(self, caller: Caller, told: Sequence[Announcement]) -> None:
        """See Announcements.corrected."""
        await self.line.ask(f"{PREFIX}/corrected", caller, Announced(told=tuple(told)), wire.Nothing)
