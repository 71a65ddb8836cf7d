"""A result on its way out: each part is held against the fences as they stand now, and goes within D of that question.

What stands in a result was decided when its line was written. Who stopped since falls out: nothing of theirs leaves.
"""

from dataclasses import dataclass

from audit.contract import Audit, Overtaken
from connectors.bulk.closing import Closing
from connectors.bulk.contract import JobEnded, Write
from connectors.bulk.jobs import JobRows
from connectors.bulk.parts import Handed, PartRows
from connectors.bulk.stands import Stands, pieces
from connectors.contract import Halted
from connectors.lab.rowing import too_few
from connectors.lines import Lines
from kernel.caller import Caller, room_of
from kernel.clock import BootClock, Clock, millis
from kernel.failpoints import reached

CHECK_AGAIN = 1.0  # seconds: half of D
PIECE = 64 << 10  # bytes between two looks at the clock


@dataclass(frozen=True)
class Handing:
    """Hands a result over, part by part."""

    jobs: JobRows
    parts: PartRows
    audit: Audit
    lines: Lines
    closing: Closing
    boot: BootClock
    clock: Clock

    async def hand(self, caller: Caller, job: str, write: Write) -> None:
        """See Bulk.hand."""
        parts = await self.jobs.demand_ready(caller, job)
        alone = await self._alone(caller, job, parts)
        for no in range(parts):
            await self._part(caller, job, no, (alone, write))

    async def _alone(self, caller: Caller, job: str, parts: int) -> frozenset[int]:
        """Of a set: who fell, and rows that too few of the others share; of a whole set one can tell, of a part not."""
        if not await self.jobs.of_lab(caller.tenant, job):
            return frozenset()
        groups: list[tuple[int, str]] = []
        gone: set[int] = set()
        for no in range(parts):
            stands = await self.parts.stands(caller.tenant, job, no)
            gone |= (fallen := await self._fallen(caller, stands))
            groups += stands.without(fallen).groups
        return too_few(groups) | gone

    async def _part(self, caller: Caller, job: str, no: int, how: tuple[frozenset[int], Write]) -> None:
        # 8 does it still stand
        (alone, write), checked = how, self.boot()
        stands = await self.parts.stands(caller.tenant, job, no)
        if stands.groups and not await self.jobs.of_lab(caller.tenant, job):
            raise JobEnded("Van deze set weten wij niet meer wie erin mag.")  # its row was taken away
        fallen = await self._fallen(caller, stands)
        if stands.groups and fallen - alone:  # counted with them, others would stand in too small a group
            raise Overtaken("Er is net iets veranderd.", moved=[])
        fallen |= alone & {one.nr for one in stands.every}
        handed = await self.parts.hand(caller.tenant, job, no, fallen)
        reached("bulk.handing")
        await self.closing.close(caller, handed.fallen, "mislukt")
        # 9 sent, or cut when the check behind it gets older than D
        for piece in pieces(handed.result, PIECE):
            if self.boot() - checked > CHECK_AGAIN:
                checked = await self._checked(caller, handed)
            await write(piece, checked)
        reached("bulk.handed")
        # 10 the write outlives a caller who hangs up
        await self.lines.outlive(self.closing.close(caller, handed.stands.places(), "geleverd"))

    async def _checked(self, caller: Caller, handed: Handed) -> float:
        """Once more, in the midst of a part. Raises Overtaken: the rest of it is asked for again, without who fell."""
        checked = self.boot()
        if fences := handed.stands.fences():
            await self.audit.holds(caller, fences)
        if handed.stands.fallen(frozenset(), millis(self.clock())):  # what ends by the clock moves no fence
            raise Overtaken("Er is net iets veranderd.", moved=[])
        return checked

    async def _fallen(self, caller: Caller, stands: Stands) -> frozenset[int]:
        moved: frozenset[str] = frozenset()
        try:
            if fences := stands.fences():
                await self.audit.holds(caller, fences)
        except Overtaken as overtaken:
            moved = frozenset(one.fence for one in overtaken.moved)
            if stands.halted(moved):
                raise Halted("Regie is stilgezet voor onderzoek. Er is niets verstuurd.") from None
        return stands.fallen(moved, millis(self.clock()))


@dataclass(frozen=True)
class Clearing:
    """Empties jobs that have ended: first nobody can fetch them, then the log hears of it, then they are gone."""

    jobs: JobRows
    parts: PartRows
    closing: Closing

    async def clear(self, tenant: str, job: str) -> None:
        """May be broken off and done again."""
        for no in await self.parts.uncleared(tenant, job):
            places = await self.parts.unfetched(tenant, job, no)
            await self.closing.close(room_of(tenant, "connectors"), places, "mislukt")
            reached("bulk.clearing")
            await self.parts.clear(tenant, job, no)

    async def tidy(self, tenant: str) -> None:
        """Everything whose term is over. Raises Problem."""
        for job in await self.jobs.overdue(tenant):
            await self.jobs.end(tenant, job, "verlopen")
        for job in await self.jobs.left(tenant):
            await self.clear(tenant, job)
        await self.jobs.forget_old(tenant)
