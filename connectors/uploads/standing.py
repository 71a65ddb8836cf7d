"""Whether a file is the newest of its source that the log knows, by the fence of that source.

Each file that comes to count moves it, and so does each that is removed. A file that is put back with all its rows is
as sound as it was; it stands where the fence no longer does.
"""

from dataclasses import dataclass
from typing import Final

from audit.contract import Audit, Entry, Event, FenceAt, Kind, Overtaken
from connectors.uploads.rows import File, UploadRows
from kernel.caller import room_of
from kernel.ids import derived_id

TAKEN: Final[Kind] = "bronbestand-overgenomen"
REMOVED: Final[Kind] = "bronbestand-verwijderd"


@dataclass(frozen=True)
class Files:
    """What owners sent, and the log that knows which of it is the newest."""

    rows: UploadRows
    audit: Audit

    async def next_epoch(self, tenant: str, source: str) -> int:
        """Where the fence will stand once the next file counts, as the log says it and no row. Raises
        LogUnavailable."""
        fence = _fence(tenant, source)
        try:
            await self.audit.holds(room_of(tenant, "connectors"), [FenceAt(fence=fence, epoch=0)])
        except Overtaken as overtaken:
            return 1 + max(one.epoch for one in overtaken.moved if one.fence == fence)
        return 1

    async def stands(self, tenant: str, file: File) -> bool:
        """Whether nothing came after it. Else somebody put it back, or the next one is about to count: at once, or
        within minutes where who took it died. Raises LogUnavailable, also where the fence itself was set back."""
        fence = FenceAt(fence=_fence(tenant, file.source), epoch=file.epoch or 0)
        try:
            await self.audit.holds(room_of(tenant, "connectors"), [fence])
        except Overtaken:
            return False
        return True


def entry_of(tenant: str, file: File, event: Event) -> Entry:
    """What a line requires and moves, by its kind."""
    fence = _fence(tenant, file.source)
    requires = (FenceAt(fence=fence, epoch=(file.epoch or 1) - 1),) if event.kind == TAKEN else ()
    return Entry(event=event, requires=requires, advances=(fence,) if event.kind in (TAKEN, REMOVED) else ())


def _fence(tenant: str, source: str) -> str:
    return derived_id(f"{tenant}/{source}", "bronbestand")
