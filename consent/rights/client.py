"""HTTP out: what residents ask, when the register lives elsewhere."""

from dataclasses import dataclass

from consent import wire
from consent.rights.contract import PREFIX, Claim, Filed, RightsRequest, Step, Taken
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class RightsClient:
    """Satisfies Rights."""

    line: RoomLine

    async def file(self, caller: Caller, claim: Claim) -> RightsRequest:
        """See Rights.file."""
        return await self.line.ask(f"{PREFIX}/file", caller, claim, RightsRequest)

    async def filed(self, caller: Caller) -> list[RightsRequest]:
        """See Rights.filed."""
        return list((await self.line.ask(f"{PREFIX}/filed", caller, wire.Nothing(), Filed)).requests)

    async def step(self, caller: Caller, request_id: str, step: Step, text: str) -> RightsRequest:
        """See Rights.step."""
        return await self.line.ask(f"{PREFIX}/step", caller, Taken(id=request_id, step=step, text=text), RightsRequest)
