"""HTTP out: recipients and applications that change, when the register lives elsewhere."""

from dataclasses import dataclass

from audit.contract import Receipt
from consent import wire
from consent.parties.contract import PREFIX, All, Change, Ending, Listed, One, PartyState, Proposal, Step, Taken
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class PartiesClient:
    """Satisfies Parties."""

    line: RoomLine

    async def all(self, caller: Caller) -> list[Proposal]:
        """See Parties.all."""
        return list((await self.line.ask(f"{PREFIX}/all", caller, wire.Nothing(), All)).proposals)

    async def registered(self, caller: Caller) -> list[PartyState]:
        """See Parties.registered."""
        return list((await self.line.ask(f"{PREFIX}/registered", caller, wire.Nothing(), Listed)).parties)

    async def save(self, caller: Caller, change: Change) -> Proposal:
        """See Parties.save."""
        return await self.line.ask(f"{PREFIX}/save", caller, change, Proposal)

    async def step(self, caller: Caller, name: str, step: Step, digest: str) -> Proposal:
        """See Parties.step."""
        return await self.line.ask(f"{PREFIX}/step", caller, Taken(name=name, step=step, digest=digest), Proposal)

    async def suspend(self, caller: Caller, client_id: str) -> Receipt:
        """See Parties.suspend."""
        return await self.line.ask(f"{PREFIX}/suspend", caller, One(client_id=client_id), Receipt)

    async def end_key(self, caller: Caller, client_id: str, kid: str, at: int) -> Receipt:
        """See Parties.end_key."""
        body = Ending(client_id=client_id, kid=kid, at=at)
        return await self.line.ask(f"{PREFIX}/end-key", caller, body, Receipt)
