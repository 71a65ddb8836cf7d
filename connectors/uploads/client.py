"""HTTP out: what the portal asks of files of sources, when this room lives elsewhere."""

from dataclasses import dataclass

from connectors.uploads.contract import Judged, SheetState, SheetView
from connectors.uploads.intern import PREFIX, Nothing, SentSheet, SheetStates
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class UploadsClient:
    """Satisfies PortalUploads."""

    line: RoomLine

    async def sheets(self, caller: Caller) -> list[SheetState]:
        """See PortalUploads.sheets."""
        return list((await self.line.ask(f"{PREFIX}/sheets", caller, Nothing(), SheetStates)).sheets)

    async def judge(self, caller: Caller, source: str, raw: bytes) -> Judged:
        """See PortalUploads.judge."""
        return await self.line.ask(f"{PREFIX}/judge", caller, SentSheet.of(source, raw), Judged)

    async def take(self, caller: Caller, source: str, raw: bytes) -> SheetView:
        """See PortalUploads.take."""
        return await self.line.ask(f"{PREFIX}/take", caller, SentSheet.of(source, raw), SheetView)
