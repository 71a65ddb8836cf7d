"""HTTP out: files on breaches, when the log lives elsewhere."""

from dataclasses import dataclass
from typing import TypeVar

from audit.breach import Decision, Leak, Version, Window
from audit.breach_answers import Export
from audit.breaches.api import PREFIX, AllLeaks, Deciding, FileOf, Reported, Versions, Whose
from audit.breaches.contract import PeopleWanted
from audit.contract import LogUnavailable, Reason
from audit.wire import Nothing
from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable
from kernel.http.client import RoomLine
from kernel.message import Message

T = TypeVar("T", bound=Message)


@dataclass(frozen=True)
class BreachClient:
    """Satisfies PortalBreaches."""

    line: RoomLine

    async def _ask(self, verb: str, caller: Caller, body: Message, answer: type[T]) -> T:
        try:
            return await self.line.ask(f"{PREFIX}/{verb}", caller, body, answer)
        except NeighbourUnavailable as error:
            raise LogUnavailable("Het logboek antwoordt niet.") from error

    async def report(self, caller: Caller, window: Window, reason: Reason, file_id: str = "") -> Version:
        """See PortalBreaches.report. Never repeated: each time is a search."""
        body = Reported(window=window, reason=reason, file_id=file_id)
        return await self._ask("report", caller, body, Version)

    async def versions(self, caller: Caller, file_id: str) -> tuple[Version, ...]:
        """See PortalBreaches.versions."""
        return (await self._ask("versions", caller, FileOf(id=file_id), Versions)).versions

    async def newest(self, caller: Caller) -> tuple[Version, ...]:
        """See PortalBreaches.newest."""
        return (await self._ask("newest", caller, Nothing(), Versions)).versions

    async def decide(self, caller: Caller, file_id: str, reason: Reason, said: Decision) -> Version:
        """See PortalBreaches.decide."""
        return await self._ask("decide", caller, Deciding(file_id=file_id, reason=reason, said=said), Version)

    async def leaks(self, caller: Caller, subject: str) -> tuple[Leak, ...]:
        """See PortalBreaches.leaks."""
        return (await self._ask("leaks", caller, Whose(subject=subject), AllLeaks)).leaks

    async def export(self, caller: Caller, wanted: PeopleWanted) -> Export:
        """See PortalBreaches.export."""
        return await self._ask("export", caller, wanted, Export)
