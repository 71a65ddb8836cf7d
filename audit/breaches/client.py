"""HTTP out: files on breaches, when the log lives elsewhere."""

from dataclasses import dataclass

from audit.breach import Version, Window
from audit.breach_answers import Export
from audit.breaches.api import PREFIX, FileOf, Reported, Versions
from audit.breaches.contract import PeopleWanted
from audit.contract import Reason
from audit.wire import Nothing
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class BreachClient:
    """Satisfies PortalBreaches."""

    line: RoomLine

    async def report(self, caller: Caller, window: Window, reason: Reason, file_id: str = "") -> Version:
        """See PortalBreaches.report. Never repeated: each time is a search."""
        body = Reported(window=window, reason=reason, file_id=file_id)
        return await self.line.ask(f"{PREFIX}/report", caller, body, Version)

    async def versions(self, caller: Caller, file_id: str) -> tuple[Version, ...]:
        """See PortalBreaches.versions."""
        return (await self.line.ask(f"{PREFIX}/versions", caller, FileOf(id=file_id), Versions)).versions

    async def newest(self, caller: Caller) -> tuple[Version, ...]:
        """See PortalBreaches.newest."""
        return (await self.line.ask(f"{PREFIX}/newest", caller, Nothing(), Versions)).versions

    async def export(self, caller: Caller, wanted: PeopleWanted) -> Export:
        """See PortalBreaches.export."""
        return await self.line.ask(f"{PREFIX}/export", caller, wanted, Export)
