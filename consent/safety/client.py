"""HTTP out: safe addresses, when the register lives elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent import wire
from consent.contract import ResidentRef
from consent.safety.contract import PREFIX, About, Became, Ending, Hidden, Protecting, Reason, Result, Why
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class SafetyClient:
    """Satisfies Safety."""

    line: RoomLine

    async def protect(self, caller: Caller, resident: ResidentRef, reason: Reason) -> None:
        """See Safety.protect."""
        await self.line.ask(f"{PREFIX}/protect", caller, Protecting(resident=resident, reason=reason), wire.Nothing)

    async def end(self, caller: Caller, resident: ResidentRef, why: Why) -> Became:
        """See Safety.end."""
        return (await self.line.ask(f"{PREFIX}/end", caller, Ending(resident=resident, why=why), Result)).became

    async def hidden(self, caller: Caller, residents: Sequence[ResidentRef]) -> list[bool]:
        """See Safety.hidden."""
        return list((await self.line.ask(f"{PREFIX}/hidden", caller, About(residents=tuple(residents)), Hidden)).hidden)
