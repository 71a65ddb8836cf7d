"""The release desk: ask, log, act. The numbers are those of trust.md 2.3; steps 3 and 4 are in `granting`."""

from collections.abc import Callable
from dataclasses import dataclass

from audit.contract import Audit, Outcome, Overtaken, beyond
from connectors.answer import Answer, nothing
from connectors.answers import Facts
from connectors.claim import Claims
from connectors.contract import Authority, Deliver, Release, ReleaseRequest, Repeatable
from connectors.correcting.contract import Corrections, Doubted
from connectors.granting import Asked, Granted, Granting
from connectors.lines import Lines
from connectors.minimise import minimise
from connectors.naming import Naming
from connectors.opendata.contract import OpenTables
from connectors.refusal import Refusal
from connectors.removals.contract import PortalRemovals
from connectors.reweighing import Reweighing, standing
from connectors.sources import Sources
from connectors.uploads.contract import PortalUploads
from kernel.caller import Caller
from kernel.clock import BootClock
from kernel.failpoints import reached

CHECK_AGAIN = 1.0  # seconds: half of D, so that the sending itself has a second


@dataclass
class Ending:
    """How a walk ended so far: failed, until the last byte was handed over. dropped: refused after the line."""

    how: Outcome = "mislukt"
    dropped: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class ReleaseDesk:
    """Satisfies Desk. facts: what yes/no answers are made with for a tenant, now. doubted: which values
    are marked. authority: None without a BRP. corrections: who takes reports. uploads: who takes files of sources.
    removals: what is still to be removed. tables: what everybody may read."""

    claims: Claims
    naming: Naming
    audit: Audit
    granting: Granting
    reweighing: Reweighing
    sources: Sources
    lines: Lines
    boot: BootClock
    facts: Callable[[str], Facts]
    doubted: Doubted
    authority: Authority | None = None
    corrections: Corrections | None = None
    uploads: PortalUploads | None = None
    removals: PortalRemovals | None = None
    tables: OpenTables | None = None

    async def release(
        self, caller: Caller, request: ReleaseRequest, repeatable: Repeatable, deliver: Deliver
    ) -> Release:
        """See Desk.release."""
        # 1 the same request again is the next attempt at the same release
        claim = await self.claims.take(caller, repeatable)
        try:
            # 2 who is it; unknown numbers and names cost and answer the same
            resident = await self.naming.meant(caller, request.person)
            reached("desk.identified")
            # 3 may it, and 4 is that written down
            granted = await self.granting.grant(Asked(caller, request, claim, resident, request.elements))
            while True:
                try:
                    return await self._carry_out(granted, deliver)
                except Overtaken as moved:  # before anything was sent: decide once more, then refuse
                    granted = await self.granting.again(granted, moved)
        finally:
            if claim.key:
                await self.lines.outlive(self.claims.free(caller, claim))

    async def _carry_out(self, granted: Granted, deliver: Deliver) -> Release:
        asked, ending = granted.asked, Ending()
        try:
            # where the resident allowed a number, the order of the log says whether this was in time
            (spent,) = await beyond(self.audit, asked.caller, (granted.permit,))
            if spent:
                raise spent
            # 5 the permit, and 6 only now is any source asked, all at once
            number = await self.naming.number(asked.caller, granted)
            found = await self.sources.fetch(asked.caller, granted.permit, granted.ground, number)
            reached("desk.fetched")
            # 7 nothing beyond the decision passes; what only a source knew is weighed again
            weighed = await self.reweighing.weigh(granted, found.flags)
            ending.dropped = weighed.dropped
            doubted = await self.doubted.elements(asked.caller.tenant, asked.resident.id)
            values, missing = minimise(
                weighed.allowed, granted.ground, found.by_source, self.facts(asked.caller.tenant), doubted
            )
            answer = Answer(granted, weighed, values, missing)
            if not values:
                raise nothing(answer, found.late)
            # who repeats as soon as the answer is there must not find the claim still held by its outcome line
            await self.claims.free(asked.caller, asked.claim)
            # 8 does it still stand, when a second has passed since we knew
            checked = granted.checked
            if weighed.anew or self.boot() - checked > CHECK_AGAIN:
                checked = self.boot()
                await self.audit.holds(asked.caller, standing(weighed.ground))
            reached("desk.checked")
            # 9 sent, or cut when the check behind it gets older than D
            release = answer.release()
            await deliver(release, checked)
            ending.how = "geleverd"
            reached("desk.sent")
            return release
        finally:
            # 10 the write outlives a caller who hangs up
            await self.lines.close(asked.caller, granted.entry, granted.receipt, ending.how, ending.dropped)
