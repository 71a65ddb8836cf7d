"""HTTP out: what pages ask of this room, when it lives elsewhere."""

from dataclasses import dataclass

from connectors.removals.api import PREFIX, Nothing, Settled, Whose
from connectors.removals.contract import Dues, Overdue
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class RemovalsClient:
    """Satisfies PortalRemovals."""

    line: RoomLine

    async def open_of(self, caller: Caller, subject: str) -> Dues:
        """See PortalRemovals.open_of."""
        return await self.line.ask(f"{PREFIX}/open-of", caller, Whose(subject=subject), Dues)

    async def overdue(self, caller: Caller) -> Overdue:
        """See PortalRemovals.overdue."""
        return await self.line.ask(f"{PREFIX}/overdue", caller, Nothing(), Overdue)

    async def settle(self, caller: Caller, set_id: str, reason: str) -> None:
        """See PortalRemovals.settle."""
        await self.line.ask(f"{PREFIX}/settle", caller, Settled(id=set_id, reason=reason), Nothing)
