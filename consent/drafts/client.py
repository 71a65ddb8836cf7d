"""HTTP out: drafts, when the register lives elsewhere."""

from dataclasses import dataclass

from audit.contract import Receipt
from consent import wire
from consent.activity import ActivityVersion
from consent.drafts.contract import PREFIX, All, Draft, Ended, Ending, Named, Step, Taken
from consent.published import Published
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class DraftsClient:
    """Satisfies Drafts."""

    line: RoomLine

    async def all(self, caller: Caller) -> list[Draft]:
        """See Drafts.all."""
        return list((await self.line.ask(f"{PREFIX}/all", caller, wire.Nothing(), All)).drafts)

    async def one(self, caller: Caller, slug: str) -> Draft:
        """See Drafts.one."""
        return await self.line.ask(f"{PREFIX}/one", caller, Named(slug=slug), Draft)

    async def save(self, caller: Caller, version: ActivityVersion) -> Draft:
        """See Drafts.save."""
        return await self.line.ask(f"{PREFIX}/save", caller, version, Draft)

    async def step(self, caller: Caller, slug: str, step: Step, digest: str) -> Draft:
        """See Drafts.step."""
        return await self.line.ask(f"{PREFIX}/step", caller, Taken(slug=slug, step=step, digest=digest), Draft)

    async def end(self, caller: Caller, slug: str, reason: str) -> Receipt:
        """See Drafts.end."""
        return await self.line.ask(f"{PREFIX}/end", caller, Ending(slug=slug, reason=reason), Receipt)

    async def stopped(self, caller: Caller) -> list[Published]:
        """See Drafts.stopped."""
        return list((await self.line.ask(f"{PREFIX}/stopped", caller, wire.Nothing(), Ended)).versions)

    async def promised(self, caller: Caller) -> list[Published]:
        """See Drafts.promised."""
        return list((await self.line.ask(f"{PREFIX}/promised", caller, wire.Nothing(), Ended)).versions)
