"""HTTP out: what the portal asks of this room, when it lives elsewhere."""

from dataclasses import dataclass

from connectors.correcting.api import PREFIX, Nothing, PassedOn, Reports
from connectors.correcting.contract import Doubt, Passed, Report, Whose
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class CorrectionsClient:
    """Satisfies PortalCorrections."""

    line: RoomLine

    async def file(self, caller: Caller, doubt: Doubt) -> Report:
        """See PortalCorrections.file."""
        # a Bsn prints itself as ***, on the wire too; as a plain text it leaves in this one body
        plain = Whose.model_construct(bsn=doubt.person.bsn.reveal())
        return await self.line.ask(f"{PREFIX}/file", caller, doubt.model_copy(update={"person": plain}), Report)

    async def filed(self, caller: Caller) -> list[Report]:
        """See PortalCorrections.filed."""
        return list((await self.line.ask(f"{PREFIX}/filed", caller, Nothing(), Reports)).found)

    async def passed(self, caller: Caller) -> list[Passed]:
        """See PortalCorrections.passed."""
        return list((await self.line.ask(f"{PREFIX}/passed", caller, Nothing(), PassedOn)).found)
