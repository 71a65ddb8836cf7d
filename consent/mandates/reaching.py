"""What somebody who acts for a resident does beyond choices: sees who used the data, and asks what a resident may ask.

Each verb looks anew whether it may, as `consent.mandates.acting`; a look at uses is a line before anything is read.
"""

from collections.abc import Mapping
from typing import Final, cast

from audit.contract import Audit, Entry, Line, Position, record_one
from consent.activity import ActivityVersion
from consent.acts import PAUSES
from consent.choosing import Behalf, Choosing
from consent.lines import event, version_of
from consent.mandates.acting import Acting, Stood, refused, secret
from consent.mandates.contract import Ground, Reach, Uses
from consent.mandates.rules import Deed, Further, reads, stands
from consent.mandates.uses import used
from consent.permits import IN_FORCE
from consent.prepared import EFFECTIVE
from consent.rights.contract import Claim, RightsRequest
from consent.rights.drafting import STOPPING
from consent.rights.service import Claiming
from consent.rows import Register
from consent.tables import activities, subject_state
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import random_id

BATCH, READ_MAX = 200, 2_000  # lines; beyond it the page says that there are more
SEEN: Final = {"wat": "gebruik"}  # in the line of a look


class Reaching(Acting):
    """Owns nothing."""

    def __init__(self, register: Register, audit: Audit, choosing: Choosing, rights: Claiming, clock: Clock) -> None:
        super().__init__(register, audit, choosing, clock)
        self._rights = rights

    async def uses(self, caller: Caller, ground: Ground, since: int) -> Uses:
        """See Mandates.uses."""
        stood = await self._further(caller, ground, "inzien")
        whose, behalf = ground.resident.subject, stood.behalf
        said = event("namens-gekeken", random_id(), whose, on_behalf=behalf.relation, actor=behalf.actor,
                     details={**behalf.told, **SEEN})  # fmt: skip
        await record_one(self._audit, caller, Entry(event=said))
        lines, more = await self._lines(caller, whose, since)
        known = await self._versions(caller, {line.event.activity for line in lines})
        told = [used(stood.authority, line, known) for line in lines]
        return Uses(lines=tuple(line for line in told if line is not None), more=more)

    async def reach(self, caller: Caller, ground: Ground) -> Reach:
        """See Mandates.reach."""
        stood = await self._further(caller, ground, "zien")
        in_force, ever = await self._within(stood)
        asked = await self._rights.filed_by(stood.resident, stood.behalf.actor)
        asks = not stands(stood.authority, "stilzetten", millis(self._clock()))
        return Reach(
            activities=tuple(sorted(in_force)), asked=tuple(one for one in asked if one.activity in ever), asks=asks
        )

    async def file(self, caller: Caller, ground: Ground, claim: Claim) -> RightsRequest:
        """See Mandates.file."""
        stood = await self._further(caller, ground, "stilzetten" if claim.kind in STOPPING else "vragen")
        if claim.resident != ground.resident or claim.activity not in (await self._within(stood))[0]:
            raise refused("buiten")
        return await self._rights.file(stood.resident, claim, stood.behalf)

    async def withdraw(self, caller: Caller, ground: Ground, request_id: str) -> RightsRequest:
        """See Mandates.withdraw."""
        stood = await self._further(caller, ground, "vragen")
        return await self._rights.step(stood.resident, request_id, "intrekken", "", stood.behalf)

    async def _further(self, caller: Caller, ground: Ground, deed: Deed | Further) -> Stood:
        """Where data is secret, only the resident learns who asks for it: that is somewhere. Raises NotRepresented."""
        stood = await self._stood(caller, ground, deed)
        async with self._register.reading(caller.tenant) as rows:
            if secret(await rows.one(subject_state, resident=ground.resident.id)):
                raise refused("buiten")
        told = {name: text for name, text in stood.behalf.told.items() if name != PAUSES}  # of choices only
        return Stood(stood.authority, stood.resident, Behalf(stood.behalf.relation, stood.behalf.actor, told))

    async def _within(self, stood: Stood) -> tuple[set[str], set[str]]:
        """Activities in force about which this person may ask something; and those with the ones that ended."""
        async with self._register.reading(stood.resident.tenant) as rows:
            found = await rows.find(activities, activities.c.status.in_(EFFECTIVE), order=(activities.c.number,))
        newest = {row["slug"]: row for row in found}  # the newest comes last
        ever = {slug for slug, row in newest.items() if reads(stood.authority, version_of(row))}
        return {slug for slug in ever if newest[slug]["status"] == IN_FORCE["activities"]}, ever

    async def _lines(self, caller: Caller, subject: str, since: int) -> tuple[list[Line], bool]:
        found, before = list[Line](), cast("Position | None", None)
        while len(found) < READ_MAX:
            page = await self._audit.lines(caller, subject, before, BATCH)
            found += [line for line in page.lines if line.at >= since]
            before = page.before
            if before is None or (page.lines and page.lines[-1].at < since):
                return found, False
        return found, True

    async def _versions(self, caller: Caller, slugs: set[str]) -> Mapping[str, Mapping[str, ActivityVersion]]:
        async with self._register.reading(caller.tenant) as rows:
            where = (activities.c.slug.in_(slugs), activities.c.status.in_(EFFECTIVE))
            found = await rows.find(activities, *where, order=(activities.c.number,))
        known: dict[str, dict[str, ActivityVersion]] = {}
        for row in found:
            version = version_of(row)
            known.setdefault(row["slug"], {})[str(row["number"])] = version
            known[row["slug"]][""] = version  # the newest comes last
        return known
