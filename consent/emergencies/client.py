"""HTTP out: uses in an emergency, when the register lives elsewhere."""

from dataclasses import dataclass

from audit.contract import Position
from consent import wire
from consent.emergencies.contract import PREFIX, EmergencyDetail, EmergencyUse, Judged, Waiting
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class EmergenciesClient:
    """Satisfies Emergencies."""

    line: RoomLine

    async def waiting(self, caller: Caller) -> list[EmergencyUse]:
        """See Emergencies.waiting."""
        return list((await self.line.ask(f"{PREFIX}/waiting", caller, wire.Nothing(), Waiting)).uses)

    async def opened(self, caller: Caller, line: Position) -> EmergencyDetail:
        """See Emergencies.opened."""
        return await self.line.ask(f"{PREFIX}/opened", caller, line, EmergencyDetail)

    async def review(self, caller: Caller, judged: Judged) -> Position:
        """See Emergencies.review."""
        return await self.line.ask(f"{PREFIX}/review", caller, judged, Position)
