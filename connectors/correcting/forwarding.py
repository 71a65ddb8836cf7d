"""Carries reports to whoever keeps the source, and their answers back: at least once, and after a kill again.

A round writes the lines that wait, sends what is due and asks how it stands with what was sent. What fails is tried
again after 2, 4, 8, … seconds, an hour at most, each between a half and the whole of it; after TRIES it stands on the
owner's list, where people see it. One owner that is silent holds up nobody else: its others wait for the next round.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from secrets import randbelow

from audit.contract import Audit, LogUnavailable, OutcomeUnknown, record_one
from connectors.correcting.acts import FORWARDED, step
from connectors.correcting.contract import NoSuchReport, Said, StepPassed
from connectors.correcting.keeping import Heard, Owner, Owners
from connectors.correcting.rules import ADDRESS, LAPSED, LIST, SENT
from connectors.correcting.showing import about_of, assigned
from connectors.correcting.stored import LATER, CorrectionRows, Found
from connectors.correcting.telling import Telling
from connectors.correcting.writing import Writing
from connectors.outside.failing import SourceFailed
from kernel.caller import room_of
from kernel.errors import NeighbourUnavailable, Problem
from kernel.failpoints import reached
from kernel.logs import logger

LEASE_MS = 60_000
LONGEST_S, ASK_S, TRIES = 3_600, 3_600, 40  # the last tries an hour apart: more than a day
_log = logger("connectors")


@dataclass
class Forwarding:
    """Owned by the loop of the room."""

    tenants: Sequence[str]
    rows: CorrectionRows
    writing: Writing
    audit: Audit
    owners: Owners
    telling: Telling
    look_seconds: float
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Something was filed here: do not wait for the next look."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. The fault of one municipality must not stop the others."""
        while True:
            self._news.clear()
            for tenant in self.tenants:
                await self._guarded(tenant, self.round)
                await self._guarded(tenant, self.telling.round)
            try:
                await asyncio.wait_for(self._news.wait(), self.look_seconds)
            except TimeoutError:
                continue

    async def _guarded(self, tenant: str, verb: Callable[[str], Awaitable[None]]) -> None:
        try:
            await verb(tenant)
        except Problem as problem:
            _log.warning("corrections_wait", tenant=tenant, code=problem.code)
        except Exception as error:  # nobody starts this loop again
            _log.error("corrections_broke", exc_info=error, tenant=tenant)

    async def round(self, tenant: str) -> None:
        """Everything that can go now. Raises Problem."""
        for found in await self.rows.waiting(tenant):
            try:
                await self.writing.written(tenant, found)
            except (LogUnavailable, OutcomeUnknown, NeighbourUnavailable):
                raise
            except Problem as problem:  # this one cannot be written: the others still can
                _log.error("correction_not_written", code=problem.code)
        if not await self.rows.due(tenant):
            return
        taken = await self.rows.take(tenant, (ADDRESS, SENT), LEASE_MS)
        by_source: dict[str, list[Found]] = {}
        for found in taken:
            by_source.setdefault(found.row["source"], []).append(found)
        await asyncio.gather(*(self._of_one(tenant, source, each) for source, each in by_source.items()))

    async def lapse(self, tenant: str) -> None:
        """A doubt does not stand for ever: who looked after the source kept silent, and the line of that says so to its
        resident and the FG. Raises Problem."""
        owners = self.owners.get(tenant, {})
        for found in await self.rows.overdue(tenant, {source: owner.days for source, owner in owners.items()}):
            owner = owners.get(found.row["source"])
            said = Said.model_construct(status=LAPSED, words=found.content.answer, since=None)
            try:
                await self.writing.step(tenant, found, owner.organisation if owner else "", said)
            except (NoSuchReport, StepPassed) as problem:  # it was answered at this very moment
                _log.warning("correction_not_lapsed", code=problem.code)

    async def _of_one(self, tenant: str, source: str, taken: Sequence[Found]) -> None:
        owner = self.owners.get(tenant, {}).get(source)
        for number, found in enumerate(taken):
            try:
                heard = await self._carried(tenant, owner, found)
            except SourceFailed as failed:
                _log.warning("correction_not_carried", source=source, why=failed.why, tries=found.row["tries"] + 1)
                await self._later(tenant, found)
                for one in taken[number + 1 :]:
                    await self.rows.sent(tenant, one.row["id"], due_at=self.rows.now)
                return
            await self._heard(tenant, found, heard)

    async def _carried(self, tenant: str, owner: Owner | None, found: Found) -> Heard:
        """Raises SourceFailed."""
        if owner is None or owner.interface is None:
            raise SourceFailed("adres")
        if found.row["way"] == SENT:
            return await owner.interface.ask(found.row["id"])
        # a number leaves this house after its line; again is the same line
        # to another owner, after the settings changed, it is another act
        told = step(about_of(found), FORWARDED, owner.organisation, owner.organisation)
        await record_one(self.audit, room_of(tenant, "connectors"), told)
        heard = await owner.interface.tell(assigned(found))
        # a crash here sends it again, under the same id
        reached("corrections.sent")
        await self.rows.sent(tenant, found.row["id"], way=SENT, tries=0, due_at=self._after(ASK_S))
        return heard

    async def _heard(self, tenant: str, found: Found, heard: Heard) -> None:
        if heard.status in ("ontvangen", found.row["status"]):
            await self.rows.sent(tenant, found.row["id"], tries=0, due_at=self._after(ASK_S))
            return
        organisation = self.owners[tenant][found.row["source"]].organisation
        words = heard.words or ("Geen toelichting." if heard.status == "geen-wijziging" else "")
        try:
            await self.writing.step(
                tenant, found, organisation, Said.model_construct(status=heard.status, words=words, since=heard.since)
            )
        except Problem as problem:  # somebody answered here meanwhile; or the log: then it is asked again
            _log.warning("correction_answer_waits", code=problem.code)

    async def _later(self, tenant: str, found: Found) -> None:
        tries = found.row["tries"] + 1
        if tries >= TRIES and found.row["way"] == ADDRESS:
            await self.rows.sent(tenant, found.row["id"], tries=tries, due_at=LATER, way=LIST)
            return
        due = self._after(min(2 ** min(tries, 16), LONGEST_S))
        await self.rows.sent(tenant, found.row["id"], tries=tries, due_at=due)

    def _after(self, seconds: int) -> int:
        wait = seconds * 1_000
        return self.rows.now + wait // 2 + randbelow(wait // 2 + 1)
