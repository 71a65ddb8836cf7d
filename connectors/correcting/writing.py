"""The line of an act that waits in its row, and what it makes of the row: ask, log, act."""

from dataclasses import dataclass

from audit.contract import Audit, Entry, record_one
from connectors.correcting.acts import step
from connectors.correcting.contract import Said
from connectors.correcting.marking import Marks
from connectors.correcting.showing import about_of
from connectors.correcting.stored import CorrectionRows, Found
from kernel.caller import room_of
from kernel.failpoints import reached


@dataclass(frozen=True)
class Writing:
    """Records for reports."""

    audit: Audit
    rows: CorrectionRows
    marks: Marks

    async def written(self, tenant: str, found: Found) -> Found:
        """Durable and in effect when it returns. Raises LogUnavailable, OutcomeUnknown, NeighbourUnavailable: then
        whoever sweeps does it again, with the same line."""
        if not found.row["entry"]:
            return found
        reached("corrections.placed")
        await record_one(self.audit, room_of(tenant, "connectors"), Entry.model_validate_json(found.row["entry"]))
        reached("corrections.recorded")
        settled = await self.rows.settle(tenant, found)
        self.marks.changed(tenant)
        return settled

    async def step(self, tenant: str, found: Found, organisation: str, said: Said) -> Found:
        """The answer of the source's owner. Raises NoSuchReport, StepPassed, and as `written`."""
        entry = step(about_of(found), said.status, organisation)
        waiting = await self.rows.step(tenant, found, said, entry)
        return await self.written(tenant, waiting)
