"""Consent records: our consents, as their recipient may see them. Asking is all that an application can do."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.contract import Audit, Entry
from consent import tables
from consent.contract import ConsentRequest, ConsentView, NoSuchThing, Search
from consent.facts import in_scope
from consent.govstack.agreements import Agreements, Known
from consent.govstack.contract import PORTAL, OnlyResident
from consent.govstack.individuals import Individuals
from consent.govstack.mapping import (
    choices_of,
    draft_record,
    draft_signature,
    record_of,
    signature_of,
)
from consent.govstack.messages import Answer, Individual, Record, RecordIn
from consent.govstack.stored import Page
from consent.limits import unnamed
from consent.lines import event
from consent.requesting import name_of
from consent.rows import Row
from consent.service import ConsentService
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import Problem
from kernel.ids import random_id


@dataclass(frozen=True)
class Wanted:
    """Whom to ask, and for what. revision: "" for the one in force."""

    individual: str
    agreement: str
    revision: str = ""


class Records:
    """Owns nothing: each record is read from the register when it is asked for."""

    def __init__(
        self, consent: ConsentService, audit: Audit, agreements: Agreements, individuals: Individuals, clock: Clock
    ) -> None:
        self._consent, self._audit, self._clock = consent, audit, clock
        self._agreements, self._individuals = agreements, individuals

    async def ask(self, caller: Caller, wanted: Wanted) -> Answer:
        """A consent request; the same one that is open is the same record. Raises what Consent.request raises."""
        individual, resident = await self._individuals.resident(caller, wanted.individual)
        known = await self._agreements.in_force(caller, wanted.agreement, wanted.revision)
        elements = choices_of(known.version) if known.version else ()
        request = ConsentRequest(resident=resident, activity=wanted.agreement, elements=elements)
        made = await self._consent.request(caller, request)
        record = record_of(made, known.agreement, known.revision, individual)
        return Answer(consent_record=record, revision=known.revision)

    async def draft(self, caller: Caller, wanted: Wanted, issuer: str) -> Answer:
        """What would be asked; nothing is kept and nobody is asked."""
        individual, _ = await self._individuals.resident(caller, wanted.individual)
        known = await self._agreements.in_force(caller, wanted.agreement, wanted.revision)
        record = draft_record(known.agreement, known.revision, individual)
        return Answer(consent_record=record, signature=draft_signature(record, issuer, millis(self._clock())))

    async def of(self, caller: Caller, individual: str, agreement: str = "", *, every: bool = True) -> list[Record]:
        """Newest first, with a line first (Consent.found). every: else only the newest per agreement."""
        known, resident = await self._individuals.resident(caller, individual)
        if agreement:
            await self._agreements.one(caller, agreement)
        seen = await self._consent.found(caller, Search(resident=resident, activity=agreement))
        if not every:
            seen = list({one.activity: one for one in reversed(seen)}.values())
        return await self._records(caller, [(one, known) for one in seen])

    async def one(self, caller: Caller, consent_id: str, issuer: str) -> Answer:
        """With its receipt once there was a yes. Raises NoSuchThing."""
        seen = await self._consent.requested(caller, consent_id)
        if not in_scope(caller, seen.activity):
            raise NoSuchThing()
        row = await self._row(caller, consent_id)
        known = await self._known(caller, [row])
        (record,) = await self._records(caller, [(seen, known.get(consent_id))])
        try:
            receipt = await self._consent.receipt(caller, consent_id)
        except NoSuchThing:
            return Answer(consent_record=record, revision=record.data_agreement_revision)
        signature = signature_of(receipt, consent_id, issuer, millis(self._clock()))
        signed = record.model_copy(update={"signature": signature})
        return Answer(consent_record=signed, revision=record.data_agreement_revision)

    async def searched(self, caller: Caller, page: Page, reason: str) -> list[Record]:
        """The recipient's own, newest first; a line with the reason for everybody shown, before they are."""
        c = tables.consents.c
        async with self._consent.register.reading(caller.tenant) as rows:
            mine = [c.recipient == caller.organisation]
            mine += [c.activity.in_(caller.scope)] if caller.scope else []
            most = page.offset + page.limit
            found = page.of(await rows.find(tables.consents, *mine, order=(c.requested_at.desc(),), most=most))
        await self.told(caller, found, reason)
        known = await self._known(caller, found)
        seen = [(await self._consent.requested(caller, row["id"]), known.get(row["id"])) for row in found]
        return await self._records(caller, seen)

    async def audited(self, caller: Caller, consent_id: str, issuer: str, reason: str) -> Answer:
        """One, with such a line. Raises NoSuchThing, LogUnavailable."""
        answer = await self.one(caller, consent_id, issuer)
        await self.told(caller, [await self._row(caller, consent_id)], reason)
        return Answer(consent_record=answer.consent_record)

    async def update(self, caller: Caller, consent_id: str, given: RecordIn, issuer: str) -> Answer:
        """Nothing changes by saying what is so already. Raises OnlyResident, NoSuchThing."""
        answer = await self.one(caller, consent_id, issuer)
        if answer.consent_record is None or given.opt_in is not answer.consent_record.opt_in:
            raise OnlyResident(PORTAL)
        return Answer(consent_record=answer.consent_record, revision=answer.revision)

    async def told(self, caller: Caller, found: Sequence[Row], reason: str) -> None:
        """A line per resident; one of nobody's series when there is none. Raises LogUnavailable."""
        async with self._consent.register.reading(caller.tenant) as rows:
            actor, name = rows.keys.actor(caller), await name_of(rows, caller.organisation)
        who = {"recipient": caller.organisation, "recipient_name": name.nl, "application": caller.application}
        subjects = {row["subject"] for row in found} or {"systeem"}
        lines = [
            event("zoeking", random_id(), subject, actor=actor, key=caller.key, details={"reden": reason}, **who)
            for subject in sorted(subjects)
        ]
        for verdict in await self._audit.record(caller, tuple(Entry(event=line) for line in lines)):
            if isinstance(verdict, Problem):
                raise verdict

    async def _records(self, caller: Caller, seen: Sequence[tuple[ConsentView, Individual | None]]) -> list[Record]:
        versions: dict[tuple[str, str], Known] = {}
        for one, _ in seen:
            about = (one.activity, one.version)
            versions[about] = versions.get(about) or await self._agreements.one(caller, about[0], int(about[1]))
        told = []
        for one, individual in seen:
            known = versions[one.activity, one.version]
            told.append(record_of(one, known.agreement, known.revision, individual))
        return told

    async def _known(self, caller: Caller, found: Sequence[Row]) -> dict[str, Individual]:
        """Whose these are, by the id of the consent; nobody's as long as its recipient may not know."""
        named = {str(row["id"]): str(row["resident"]) for row in found if not unnamed(row)}
        known = await self._individuals.of(caller, {*named.values()})
        return {consent: known[resident] for consent, resident in named.items() if resident in known}

    async def _row(self, caller: Caller, consent_id: str) -> Row:
        async with self._consent.register.reading(caller.tenant) as rows:
            row = await rows.one(tables.consents, id=consent_id)
        if row is None:
            raise NoSuchThing()
        return row
