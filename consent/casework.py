"""Cases: facts of the register that a release can stand on. Each is a line that the resident sees."""

from audit.contract import Audit, Receipt, record_one
from consent import tables
from consent.activity import Case
from consent.contract import NoSuchThing, RegisterUnavailable
from consent.deciding import newest_versions
from consent.flagging import state_row
from consent.following import Following
from consent.lines import event, permit, recipient_of, restriction, version_of
from consent.permits import Permits
from consent.registering import STAFF
from consent.requesting import Enrol
from consent.rows import Register, Row, Rows
from consent.terms import destruction_year
from consent.words import fault
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import derived_id, random_id


class Casework:
    """Owns `cases`."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._permits = Permits(register, audit, clock)

    async def open_case(self, caller: Caller, case: Case, enrol: Enrol | None = None) -> Receipt:
        """See Registers.open_case. enrol: asked for a resident who is not known yet, once all else is in order."""
        _may(caller, case.recipient)
        if caller.kind not in STAFF and case.origin != "opgave":
            raise fault("/herkomst", "past-niet", "Alleen de bron zelf kan dit opgeven.")
        async with self._register.reading(caller.tenant) as rows:
            await _entitled(rows, case)
        if case.resident.stand_in and enrol:
            case = case.model_copy(update={"resident": await enrol()})
        if case.resident.stand_in:
            raise fault("/inwoner", "onbekend", "Deze inwoner is hier niet ingeschreven.")
        await self._following.follow(caller.tenant)
        async with self._register.writing(caller.tenant) as rows:
            there = await self._row(rows, case)
        same = (there["resident"], there["activity"]) == (case.resident.id, case.activity)
        if not same or there["status"] == "gesloten":
            raise fault("/zaak", "zaak-bestaat", "Dit zaaknummer is al gebruikt.")
        return await self._permits.take_effect(caller, tables.cases, there)

    async def _row(self, rows: Rows, case: Case) -> Row:
        key: dict[str, str | int] = {"recipient": case.recipient, "reference": case.reference}
        there = await rows.one(tables.cases, lock=True, recipient=case.recipient, reference=case.reference)
        if there:
            return there
        at, fence = millis(self._clock()), rows.keys.case(case.recipient, case.reference)
        activity, party = await _entitled(rows, case)
        resident = await state_row(rows, case.resident)
        version = version_of(activity)
        said = event("zaak-geopend", random_id(), case.resident.subject, at, activity=case.activity,
                     version=str(version.number), purpose=version.purpose.nl, recipient=case.recipient,
                     recipient_name=recipient_of(party).name.nl, case=case.reference,
                     details={"herkomst": case.origin},
                     keep_until=destruction_year(at, version.keep_lines))  # fmt: skip
        facts = [(row["fence"], row["epoch"]) for row in (resident, party)]
        entry = permit(said, (rows.keys.municipality(), 0), (fence, 0), *facts)
        facts_of_case = {"resident": case.resident.id, "subject": case.resident.subject, "activity": case.activity}
        times = {"since": case.since, "until": case.until, "pending_at": at}
        row = {**key, **facts_of_case, **times, "origin": case.origin, "status": "wacht", "fence": fence}
        await rows.add(tables.cases, row | {"entry": entry.model_dump_json()})
        made = await rows.one(tables.cases, lock=True, recipient=case.recipient, reference=case.reference)
        if made is None:
            raise RegisterUnavailable()
        return made

    async def close_case(self, caller: Caller, recipient: str, reference: str) -> Receipt:
        """See Registers.close_case. Closing again gives the same receipt."""
        _may(caller, recipient)
        key: dict[str, str | int] = {"recipient": recipient, "reference": reference}
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(tables.cases, recipient=recipient, reference=reference)
        if row is None:
            raise NoSuchThing()
        event_id = derived_id(f"{recipient}/{reference}", "sluiting")
        said = event("zaak-gesloten", event_id, row["subject"], millis(self._clock()), activity=row["activity"],
                     recipient=recipient, case=reference)  # fmt: skip
        receipt = await record_one(self._audit, caller, restriction(said, row["fence"]))
        moved = {"epoch": receipt.epochs[row["fence"]], "position": str(receipt.position), "at": receipt.at}
        await self._following.ended(caller.tenant, tables.cases, "zaak-gesloten", key, **moved)
        return receipt


def _may(caller: Caller, recipient: str) -> None:
    """A recipient's own cases, or staff. Another's case is not there."""
    if caller.kind not in STAFF and (not caller.organisation or caller.organisation != recipient):
        raise NoSuchThing()


async def _entitled(rows: Rows, case: Case) -> tuple[Row, Row]:
    activity = (await newest_versions(rows, {case.activity})).get(case.activity)
    party = await rows.one(tables.recipients, slug=case.recipient)
    if activity is None or activity["status"] != "gepubliceerd" or party is None or party["status"] != "toegelaten":
        raise NoSuchThing()
    if all(one.recipient != case.recipient for one in version_of(activity).parties):
        raise NoSuchThing()
    return activity, party
