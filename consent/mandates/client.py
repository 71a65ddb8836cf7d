"""HTTP out: acting for somebody else, when the register lives elsewhere."""

from dataclasses import dataclass

from consent import wire
from consent.contract import Choice, Chosen, ConsentDetail, ConsentView
from consent.mandates.bodies import Chose, Claimed, Coded, Grounded, Listed, One, Since
from consent.mandates.contract import PREFIX, Ground, Mandate, Offer, Offered, Reach, Uses
from consent.rights.contract import Claim, RightsRequest
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class MandatesClient:
    """Satisfies Mandates."""

    line: RoomLine

    async def offer(self, caller: Caller, offer: Offer) -> Offered:
        """See Mandates.offer."""
        return await self.line.ask(f"{PREFIX}/offer", caller, offer, Offered)

    async def offered(self, caller: Caller, code: str) -> Mandate:
        """See Mandates.offered."""
        return await self.line.ask(f"{PREFIX}/offered", caller, Coded(code=code), Mandate)

    async def accept(self, caller: Caller, code: str) -> Mandate:
        """See Mandates.accept."""
        return await self.line.ask(f"{PREFIX}/accept", caller, Coded(code=code), Mandate)

    async def given(self, caller: Caller) -> list[Mandate]:
        """See Mandates.given."""
        return list((await self.line.ask(f"{PREFIX}/given", caller, wire.Nothing(), Listed)).mandates)

    async def held(self, caller: Caller) -> list[Mandate]:
        """See Mandates.held."""
        return list((await self.line.ask(f"{PREFIX}/held", caller, wire.Nothing(), Listed)).mandates)

    async def end(self, caller: Caller, mandate_id: str) -> Mandate:
        """See Mandates.end."""
        return await self.line.ask(f"{PREFIX}/end", caller, wire.One(id=mandate_id), Mandate)

    async def begin(self, caller: Caller, ground: Ground) -> None:
        """See Mandates.begin."""
        await self.line.ask(f"{PREFIX}/begin", caller, Grounded(ground=ground), wire.Nothing)

    async def choices(self, caller: Caller, ground: Ground) -> list[ConsentView]:
        """See Mandates.choices."""
        return list((await self.line.ask(f"{PREFIX}/choices", caller, Grounded(ground=ground), wire.Views)).consents)

    async def choice(self, caller: Caller, ground: Ground, consent_id: str) -> ConsentDetail:
        """See Mandates.choice."""
        return await self.line.ask(f"{PREFIX}/choice", caller, One(ground=ground, id=consent_id), ConsentDetail)

    async def choose(self, caller: Caller, ground: Ground, consent_id: str, choice: Choice) -> Chosen:
        """See Mandates.choose."""
        body = Chose(ground=ground, id=consent_id, choice=choice)
        return await self.line.ask(f"{PREFIX}/choose", caller, body, Chosen)

    async def uses(self, caller: Caller, ground: Ground, since: int) -> Uses:
        """See Mandates.uses."""
        return await self.line.ask(f"{PREFIX}/uses", caller, Since(ground=ground, since=since), Uses)

    async def reach(self, caller: Caller, ground: Ground) -> Reach:
        """See Mandates.reach."""
        return await self.line.ask(f"{PREFIX}/reach", caller, Grounded(ground=ground), Reach)

    async def file(self, caller: Caller, ground: Ground, claim: Claim) -> RightsRequest:
        """See Mandates.file."""
        return await self.line.ask(f"{PREFIX}/file", caller, Claimed(ground=ground, claim=claim), RightsRequest)

    async def withdraw(self, caller: Caller, ground: Ground, request_id: str) -> RightsRequest:
        """See Mandates.withdraw."""
        return await self.line.ask(f"{PREFIX}/withdraw", caller, One(ground=ground, id=request_id), RightsRequest)
