"""Cases: facts of the register that a release can stand on. Each is a line that the resident sees."""

from collections.abc import Sequence

from audit.contract import Audit, Entry, Receipt, record_one
from consent import tables
from consent.activity import Case
from consent.contract import NoSuchThing, RegisterUnavailable
from consent.deciding import newest_versions
from consent.facts import in_scope
from consent.flagging import state_row
from consent.following import UNKNOWN, Following
from consent.lines import event, permit, recipient_of, restriction, version_of
from consent.permits import Permits
from consent.registering import STAFF
from consent.requesting import Enrol
from consent.rows import Register, Row, Rows
from consent.terms import covert, destruction_year, withheld_until
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import derived_id, random_id

Key = tuple[str, str]  # recipient and reference


class Casework:
    """Owns `cases`."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._permits = Permits(register, audit, clock)

    async def open_case(self, caller: Caller, case: Case, enrol: Enrol | None = None) -> Receipt:
        """See Registers.open_case. enrol: asked for a resident who is not known yet, once all else is in order."""
        if case.resident.stand_in and enrol:
            await self._check(caller, (case,))
            case = case.model_copy(update={"resident": await enrol()})
        (receipt,) = await self.open_cases(caller, (case,))
        return receipt

    async def open_cases(self, caller: Caller, cases: Sequence[Case]) -> list[Receipt]:
        """See Registers.open_cases."""
        await self._check(caller, cases)
        if any(case.resident.stand_in for case in cases):
            raise fault("/inwoner", "onbekend", "Deze inwoner is hier niet ingeschreven.")
        await self._following.follow(caller.tenant)
        async with self._register.writing(caller.tenant) as rows:
            there = await self._rows(rows, caller, {_key(case): case for case in cases})
        if any(_other(there[_key(case)], case) for case in cases):
            raise fault("/zaak", "zaak-bestaat", "Dit zaaknummer is al gebruikt.")
        return await self._permits.take_effect_all(caller, tables.cases, [there[_key(case)] for case in cases])

    async def _check(self, caller: Caller, cases: Sequence[Case]) -> None:
        for case in cases:
            no_numbers({"/zaak": case.reference})
            _may(caller, case.recipient, case.activity)
            if caller.kind not in STAFF and case.origin != "opgave":
                raise fault("/herkomst", "past-niet", "Alleen de bron zelf kan dit opgeven.")
        async with self._register.reading(caller.tenant) as rows:
            await _entitled(rows, cases)

    async def _rows(self, rows: Rows, caller: Caller, wanted: dict[Key, Case]) -> dict[Key, Row]:
        table, references = tables.cases, [reference for _, reference in wanted]
        mine = (table.c.recipient.in_({recipient for recipient, _ in wanted}), table.c.reference.in_(references))
        there = {(row["recipient"], row["reference"]): row for row in await rows.find(table, *mine, lock=True)}
        # a case that was suspended when lines of the log were lost is opened anew
        lost = {key for key, row in there.items() if row["status"] == UNKNOWN}
        new = [
            case for key, case in wanted.items() if key not in there or (key in lost and not _other(there[key], case))
        ]
        if new:
            entitled = await _entitled(rows, new)
            residents = {case.resident.id: case.resident for case in new}
            states = {each.id: await state_row(rows, each) for each in residents.values()}
            who = {"actor": rows.keys.actor(caller), "key": caller.key}
            made = [
                self._row(
                    rows,
                    case,
                    (who, there.get(_key(case), {}).get("epoch", 0)),
                    (*entitled[case.activity, case.recipient], states[case.resident.id]),
                )
                for case in new
            ]
            if fresh := [row for row in made if (row["recipient"], row["reference"]) not in lost]:
                await rows.add_all(table, fresh)
            for row in made:
                if (key := (row["recipient"], row["reference"])) in lost:
                    await rows.put(table, there[key], **row)
            there |= {(row["recipient"], row["reference"]): row for row in await rows.find(table, *mine, lock=True)}
        if not wanted.keys() <= there.keys():
            raise RegisterUnavailable()
        return there

    def _row(self, rows: Rows, case: Case, by: tuple[dict[str, str], int], facts: tuple[Row, Row, Row]) -> Row:
        """by: actor and key, as the line says them, and where the fence of the case stands. facts: the activity, the
        recipient, the resident."""
        who, epoch = by
        key: dict[str, str | int] = {"recipient": case.recipient, "reference": case.reference}
        at, fence = millis(self._clock()), rows.keys.case(case.recipient, case.reference)
        activity, party, resident = facts
        version = version_of(activity)
        said = event("zaak-geopend", random_id(), case.resident.subject, activity=case.activity,
                     version=str(version.number), purpose=version.purpose.nl, recipient=case.recipient,
                     recipient_name=recipient_of(party).name.nl, case=case.reference, **who,
                     details={"herkomst": case.origin},
                     keep_until=destruction_year(at, version.keep_lines),
                     withheld_until=withheld_until(version, at), covert=covert(version))  # fmt: skip
        stand = [(row["fence"], row["epoch"]) for row in (resident, party)]
        entry = permit(said, (rows.keys.municipality(), 0), (fence, epoch), *stand)
        facts_of_case = {"resident": case.resident.id, "subject": case.resident.subject, "activity": case.activity}
        times = {"since": case.since, "until": case.until, "pending_at": at}
        row = {**key, **facts_of_case, **times, "origin": case.origin, "status": "wacht", "fence": fence}
        return row | {"entry": entry.model_dump_json()}

    async def close_case(self, caller: Caller, recipient: str, reference: str) -> Receipt:
        """See Registers.close_case. Closing again gives the same receipt."""
        no_numbers({"/zaak": reference})
        key: dict[str, str | int] = {"recipient": recipient, "reference": reference}
        async with self._register.reading(caller.tenant) as rows:
            row, actor = await rows.one(tables.cases, recipient=recipient, reference=reference), rows.keys.actor(caller)
        if row is None:
            raise NoSuchThing()
        _may(caller, recipient, row["activity"])
        event_id = derived_id(f"{recipient}/{reference}", f"sluiting{actor}")  # of each who does it, a line
        opened = Entry.model_validate_json(row["entry"]).event  # withheld, and kept, as long as the line that opened it
        said = event("zaak-gesloten", event_id, row["subject"], activity=row["activity"], recipient=recipient,
                     case=reference, actor=actor, key=caller.key, keep_until=opened.keep_until,
                     withheld_until=opened.withheld_until, covert=opened.covert)  # fmt: skip
        receipt = await record_one(self._audit, caller, restriction(said, row["fence"]))
        await self._following.ended(caller.tenant, tables.cases, "zaak-gesloten", key, receipt)
        return receipt


def _may(caller: Caller, recipient: str, activity: str) -> None:
    """A recipient's own cases within its token, or staff. Another's case is not there."""
    own = bool(caller.organisation) and caller.organisation == recipient and in_scope(caller, activity)
    if caller.kind not in STAFF and not own:
        raise NoSuchThing()


def _key(case: Case) -> Key:
    return case.recipient, case.reference


def _other(row: Row, case: Case) -> bool:
    return (row["resident"], row["activity"]) != (case.resident.id, case.activity) or row["status"] == "gesloten"


async def _entitled(rows: Rows, cases: Sequence[Case]) -> dict[tuple[str, str], tuple[Row, Row]]:
    """By activity and recipient: their rows, when both are in force and the one names the other."""
    activities = await newest_versions(rows, {case.activity for case in cases})
    slugs = {case.recipient for case in cases}
    parties = {row["slug"]: row for row in await rows.find(tables.recipients, tables.recipients.c.slug.in_(slugs))}
    wanted = {(case.activity, case.recipient) for case in cases}
    return {(slug, party): _paired(activities.get(slug), parties.get(party)) for slug, party in wanted}


def _paired(activity: Row | None, party: Row | None) -> tuple[Row, Row]:
    if activity is None or activity["status"] != "gepubliceerd" or party is None or party["status"] != "toegelaten":
        raise NoSuchThing()
    if all(one.recipient != party["slug"] for one in version_of(activity).parties):
        raise NoSuchThing()
    return activity, party
