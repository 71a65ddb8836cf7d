"""The work behind the door of correction reports.

1 identify   who it is about; unknown numbers cost and answer the same
2 look       in the log: did this release give this element of this resident to whoever doubts it?
3 place      the report waits in its row, its words sealed
4 record     its line; from then on the value is marked, the resident sees it, and it goes to the source's owner
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from audit.contract import Audit, Line, NoSuchLine, Position
from connectors.contract import LineRef, Repeatable, not_released
from connectors.correcting import acts
from connectors.correcting.acts import LOOKED, About
from connectors.correcting.content import Content
from connectors.correcting.contract import (
    ONCE,
    RESIDENT,
    Assignment,
    Doubt,
    NobodyCorrects,
    NoSuchReport,
    Notice,
    Passed,
    Report,
    Said,
    Task,
)
from connectors.correcting.forwarding import Forwarding
from connectors.correcting.keeping import Owner, Owners
from connectors.correcting.notices import NoticeRows
from connectors.correcting.rules import ADDRESS, CORRECTED, LIST, OPEN, given, slot_of, source_of
from connectors.correcting.showing import about_of, assigned, shown, task
from connectors.correcting.stored import CorrectionRows, Found
from connectors.correcting.tables import corrections
from connectors.correcting.writing import Writing
from connectors.lines import Lines
from connectors.refusal import never_given
from connectors.removals.rules import read_day, start_of
from consent.contract import NotByNumber, Registers
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput, Problem
from kernel.ids import random_id, uuid7
from kernel.numbers import has_written_number
from vault.contract import ResidentRef, Vault

c = corrections.c


@dataclass(frozen=True)
class CorrectionDesk:
    """Satisfies Corrections."""

    vault: Vault
    audit: Audit
    lines: Lines
    rows: CorrectionRows
    writing: Writing
    forwarding: Forwarding
    owners: Owners
    registers: Registers
    notices: NoticeRows

    async def file(self, caller: Caller, doubt: Doubt, repeatable: Repeatable = ONCE) -> Report:
        """See Corrections.file."""
        _demand_no_numbers(doubt)
        await self._demand_right(caller)
        # 1 who is it
        (resident,) = await self.vault.identify(caller, (doubt.person.bsn,))
        # 2 did this reporter have it
        line = await self._line(caller, Position.parse(doubt.line))
        if line is None or not _had(caller, line, resident, doubt.element):
            raise await self._refused(caller, resident, doubt)
        source = source_of(doubt.element)
        owner = self.owners.get(caller.tenant, {}).get(source)
        if owner is None:
            raise NobodyCorrects("Bij deze bron is niet gezegd wie er naar meldingen kijkt. Bel de beheerder.")
        # 3 it waits in its row, and 4 counts when it is written down
        placed = await self._placed(caller, (doubt, line, resident), owner, repeatable)
        found = await self.lines.outlive(self.writing.written(caller.tenant, placed))
        self.forwarding.wake()
        return shown(found)

    async def filed(self, caller: Caller) -> list[Report]:
        """See Corrections.filed."""
        return [shown(found) for found in await self.rows.listed(caller.tenant, _mine(caller))]

    async def report(self, caller: Caller, id_: str) -> Report:
        """See Corrections.report."""
        return shown(await self.rows.one(caller.tenant, id_, _mine(caller)))

    async def passed(self, caller: Caller) -> list[Passed]:
        """See PortalCorrections.passed."""
        return await self.notices.of(caller.tenant, [report.id for report in await self.filed(caller)])

    async def notice(self, caller: Caller, id_: str) -> Notice:
        """See Corrections.notice."""
        return await self.notices.one(caller, id_)

    async def tasks(self, caller: Caller) -> list[Task]:
        """See Corrections.tasks."""
        kept = self._kept(caller)
        if not kept:
            return []
        found = await self.rows.listed(caller.tenant, c.source.in_(kept), c.status.in_(OPEN), newest=False)
        terms = self.owners[caller.tenant]
        return [task(one, terms[one.row["source"]].days) for one in found]

    async def opened(self, caller: Caller, id_: str) -> Assignment:
        """See Corrections.opened."""
        found = await self._kept_one(caller, id_, c.status.in_(OPEN))
        # who looks, looks in their own name: a line for each application's employee, once
        looked = acts.step(about_of(found), LOOKED, caller.organisation, f"{caller.application}/{caller.user}")
        await self.lines.refuse(caller, looked)
        return assigned(found)

    async def answered(self, caller: Caller, id_: str, said: Said) -> Report:
        """See Corrections.answered."""
        if said.status != "in-onderzoek" and not said.words:
            raise _fault("/toelichting", "ontbreekt", "Schrijf op wat u vond.")
        if has_written_number(said.words or ""):
            raise _fault("/toelichting", "lijkt-op-bsn", "Schrijf hier geen burgerservicenummer.")
        self._demand_day(said)
        # one that has ended too: who lost the answer to the last word says it again, and reads the same
        found = await self._kept_one(caller, id_)
        done = self.writing.step(caller.tenant, found, caller.organisation, said)
        return shown(await self.lines.outlive(done))

    def _demand_day(self, said: Said) -> None:
        day = read_day(said.since) if said.since else None
        wrong = said.since and (day is None or start_of(day) > self.rows.now or said.status != CORRECTED)
        if wrong:
            raise _fault("/onjuistSinds", "dag", "Noem een dag die voorbij is of vandaag, bij een correctie.")

    async def _placed(
        self, caller: Caller, about: tuple[Doubt, Line, ResidentRef], owner: Owner, repeatable: Repeatable
    ) -> Found:
        (doubt, line, resident), reporter = about, _reporter(caller)
        said = About(
            uuid7(millis(self.rows.clock())), resident.subject, doubt.element, source_of(doubt.element),
            doubt.line, line.event.keep_until,
        )  # fmt: skip
        entry = acts.filed(said, reporter, line.event, caller)
        name = "" if reporter == RESIDENT else line.event.recipient_name
        content = Content(
            bsn=doubt.person.bsn, line=doubt.line, keep_until=line.event.keep_until, reason=doubt.reason,
            expected=doubt.expected or "", reporter_name=name, user=doubt.user or "",
        )  # fmt: skip
        row = {
            "id": said.id, "slot": slot_of(reporter, resident.subject, doubt.element), "reporter": reporter,
            "client": _client(caller), "resident": resident.id, "subject": resident.subject, "element": said.element,
            "source": said.source, "way": ADDRESS if owner.interface else LIST, "entry": entry.model_dump_json(),
        }  # fmt: skip
        return await self.rows.place(caller.tenant, row, content, repeatable, line.at)

    async def _demand_right(self, caller: Caller) -> None:
        """Raises NotByNumber: else who may not use a number could try here whose it is that it was told about."""
        if caller.kind == "inwoner":
            return
        listed = await self.registers.recipients(caller)
        if not any(one.by_bsn for one in listed if one.slug == caller.organisation):
            raise NotByNumber("Vraag de inwoner om dit zelf te melden.")

    async def _line(self, caller: Caller, place: Position) -> Line | None:
        try:
            return await self.audit.line(caller, place)
        except NoSuchLine:
            return None

    async def _refused(self, caller: Caller, resident: ResidentRef, doubt: Doubt) -> Problem:
        """One answer for what is not there, not theirs and about somebody else; the line, then the answer."""
        told = never_given(doubt.element)
        receipt = await self.lines.refuse(caller, acts.refused(resident, caller, told, random_id()))
        return not_released((told,), LineRef.of(receipt.origin, receipt.position))

    async def _kept_one(self, caller: Caller, id_: str, *where: ColumnElement[bool]) -> Found:
        """Of a source that the caller's organisation looks after."""
        kept = self._kept(caller)
        if not kept:
            raise NoSuchReport("Deze terugmelding is er niet, of hij is niet van u.")
        return await self.rows.one(caller.tenant, id_, c.source.in_(kept), *where)

    def _kept(self, caller: Caller) -> list[str]:
        """Sources that the caller's organisation looks after."""
        if not caller.organisation:
            return []
        ours = self.owners.get(caller.tenant, {})
        return [name for name, owner in ours.items() if owner.organisation == caller.organisation]


def _had(caller: Caller, line: Line, resident: ResidentRef, element: str) -> bool:
    if resident.stand_in or not given(line, resident.subject, element):
        return False
    if caller.kind == "inwoner":
        return caller.user == resident.id
    # who got a row of a set was told nothing about this number: a doubt would tell who stands in it
    named = "gegevensset" not in line.event.details
    theirs = bool(caller.organisation) and line.event.recipient == caller.organisation and named
    return theirs and (not caller.scope or line.event.activity in caller.scope)


def _reporter(caller: Caller) -> str:
    return RESIDENT if caller.kind == "inwoner" else caller.organisation


def _client(caller: Caller) -> str:
    return f"inwoner/{caller.user}" if caller.kind == "inwoner" else f"{caller.organisation}/{caller.application}"


def _mine(caller: Caller) -> ColumnElement[bool]:
    return c.resident == caller.user if caller.kind == "inwoner" else c.client == _client(caller)


def _demand_no_numbers(doubt: Doubt) -> None:
    said = {"/reden": doubt.reason, "/juist": doubt.expected or "", "/gebruiker": doubt.user or "",
            "/gegevenselement": doubt.element}  # fmt: skip
    for place, text in said.items():
        if has_written_number(text):
            raise _fault(place, "lijkt-op-bsn", "Schrijf hier geen burgerservicenummer.")


def _fault(place: str, code: str, detail: str) -> BadInput:
    return BadInput("De vraag klopt niet.", fouten=[{"veld": place, "code": code, "detail": detail}])
