"""Who was given what is corrected now is told (AVG 19): a line for each, then what it may read, then its event.

    corrected ─▶ lines ─▶ notices ─▶ events ─▶ told       killed anywhere: all of it again, under the same ids

Who they are, the log knows: the releases of this resident. An event says nothing but where to read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.contract import RELEASES, Audit, EventIdTaken, Line, Position
from connectors.correcting.acts import passed
from connectors.correcting.notices import NoticeRows
from connectors.correcting.passing import Told, gather
from connectors.correcting.rules import touched
from connectors.correcting.showing import about_of
from connectors.correcting.stored import CorrectionRows, Found
from connectors.removals.rules import read_day, start_of
from consent.contract import Registers
from consent.events.contract import Announcement
from kernel.caller import Caller, room_of
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.logs import logger

LEASE_MS = 60_000
AT_ONCE, PAGES = 200, 100  # lines of one resident that are read together, and of one report
_log = logger("connectors")


@dataclass(frozen=True)
class Telling:
    """Whatever it could not finish is done again after the lease."""

    audit: Audit
    registers: Registers
    reports: CorrectionRows
    notices: NoticeRows

    async def round(self, tenant: str) -> None:
        """Everything that can be told now. One that cannot holds up no other. Raises NeighbourUnavailable."""
        for found in await self.reports.corrected(tenant, LEASE_MS):
            try:
                await self._told(room_of(tenant, "connectors"), found)
            except Problem as problem:
                _log.warning("correction_not_told", code=problem.code)
            except Exception as error:  # it comes first the next time too: those behind it would never be told
                _log.error("correction_not_told", exc_info=error)

    async def _told(self, room: Caller, found: Found) -> None:
        if told := await self._recipients(room, found):
            await self._recorded(room, found, told)
            reached("corrections.passed")
            kept = await self.notices.keep(room.tenant, found, told)
            reached("corrections.noted")
            said = [Announcement(id=one["id"], recipient=one["recipient"]) for one in kept]
            for begin in range(0, len(said), AT_ONCE):
                await self.registers.announcements.corrected(room, said[begin : begin + AT_ONCE])
        await self.reports.told(room.tenant, found)

    async def _recipients(self, room: Caller, found: Found) -> list[Told]:
        day, until = read_day(found.content.since), found.row["changed_at"]
        # a day that is still to come says nothing: then it may have been wrong always
        since = start_of(day) if day else 0
        span = (since if since <= until else 0, until)
        into, wrong = dict[str, Told](), touched(found.row["element"])
        before: Position | None = None
        for _ in range(PAGES):
            page = await self.audit.lines(room, found.row["subject"], before, AT_ONCE)
            # what is withheld from its resident says here only that it is there: `about` tells us which it is
            places = [one.position for one in page.lines if one.event.kind in RELEASES or one.withheld]
            gather(into, await self.audit.about(room, places) if places else [], wrong, span)
            before = page.before
            if before is None or _passed(page.lines, span[0]):
                break
        else:
            _log.error("correction_told_in_part", lines=AT_ONCE * PAGES)
        return list(into.values())

    async def _recorded(self, room: Caller, found: Found, told: Sequence[Told]) -> None:
        about, now = about_of(found), self.reports.now
        entries = [passed(about, one, now) for one in told]
        for begin in range(0, len(entries), AT_ONCE):
            for verdict in await self.audit.record(room, entries[begin : begin + AT_ONCE]):
                # of before a crash, when it was withheld, or under another name: that line counts
                if isinstance(verdict, Problem) and not isinstance(verdict, EventIdTaken):
                    raise verdict


def _passed(lines: Sequence[Line], since: int) -> bool:
    return bool(lines) and lines[-1].at < since
