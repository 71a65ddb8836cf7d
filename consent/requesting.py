"""A recipient asks a resident for consent; the resident may ask for the question again.

The line `toestemming-gevraagd` comes first, the row second: a crash in between leaves a line that says that somebody
wanted to ask, and nothing to answer; the recipient asks again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from audit.contract import Audit, Entry, record_one
from consent import tables
from consent.activity import ActivityVersion, Words
from consent.again import demand_no_bar, open_equal, standing
from consent.contract import ConsentRequest, ConsentView, NoSuchThing, NotNow, ResidentRef, Search, Under
from consent.deciding import newest_versions, processor_of
from consent.difference import consents_since
from consent.facts import in_scope
from consent.limits import Terms, check_limits, stored_terms, terms_of, unnamed
from consent.lines import about_consent, event, names, recipient_of, resident_of, stored, version_of
from consent.loose import demand_room, taken, whose
from consent.returning import demand_registered
from consent.rows import Register, Row, Rows
from consent.standing import PERMITS
from consent.terms import ANSWER_DAYS, DAY, OPEN_MOST
from consent.unanswered import ends_of, once, unanswerable
from consent.views import SHUT, as_counted, for_recipient, stands_under, state_of_row, view
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import derived_id, random_id, uuid7

Enrol = Callable[[], Awaitable[ResidentRef]]
MOST, UNDER_MOST = 200, 500  # consents in one answer; fences in one question of a room
HAD_A_YES = frozenset({*PERMITS, "gepauzeerd", "ingetrokken", "verlopen"})
UNASKED = "Dit wordt niet meer gevraagd."


async def name_of(rows: Rows, slug: str) -> Words:
    """A recipient's name, also when it is suspended."""
    row = await rows.one(tables.recipients, slug=slug)
    return recipient_of(row).name if row else Words(nl=slug, en=slug)


def newest_of(newest: Mapping[str, Row], consent: Row) -> ActivityVersion | None:
    """The newest version of the activity that a consent is about, if there is one. To one that was stopped no yes
    counts, of whatever version."""
    if (found := newest.get(consent["activity"])) is None:
        return None
    version = version_of(found)
    stands = found["status"] == "gepubliceerd"
    return version if stands else version.model_copy(update={"consents_since": version.number + 1})


class Requesting:
    """Owns new rows of `consents`."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock
        self.loose_most = OPEN_MOST

    async def request(self, caller: Caller, wanted: ConsentRequest, enrol: Enrol | None = None) -> ConsentView:
        """See Consent.request. enrol: asked for a resident who is not known yet, once everything else is in order."""
        no_numbers({"/zaak": wanted.case, "/terugkeerUrl": wanted.return_url})
        at = millis(self._clock())
        if not in_scope(caller, wanted.activity):
            raise NoSuchThing()
        async with self._register.reading(caller.tenant) as rows:
            row, version = await _entitled(rows, caller.organisation, wanted.activity)
            _check(wanted, version, at)
            check_limits(wanted.limits, version)
            await _check_case(rows, caller.organisation, wanted, version)
            await demand_registered(rows, caller.application, wanted.return_url)
            name = await name_of(rows, caller.organisation)
            of = wanted.resident
            if of is None:
                await demand_room(rows, caller.organisation, self.loose_most, at)
            every = await _earlier(rows, caller.organisation, of.id, wanted.activity) if of else []
            ends = await ends_of(rows, every, at)
        every = once(every, await unanswerable(self._audit, caller.tenant, every, ends, at))
        earlier = [one for one in every if not unnamed(one)]  # a bar would tell whose that no was
        if same := open_equal(earlier, wanted, row["number"], at):
            return for_recipient(view(same, name, at))
        if of and (stands := standing(earlier, wanted, version, at)):
            await self._looked(caller, of, wanted.activity, name)  # they learn that it stands, by naming somebody
            return for_recipient(view(stands, name, at, version))
        demand_no_bar(earlier, wanted.elements, version.bar, at)
        if of and of.stand_in:
            of = await enrol() if enrol else of
        if of and of.stand_in:
            raise fault("/inwoner", "onbekend", "Deze inwoner is hier niet ingeschreven.")
        new = _new(caller, wanted, of, at) | {"version": row["number"]}
        return for_recipient(await self._ask(caller, new, version, name))

    async def _ask(self, caller: Caller, new: Row, version: ActivityVersion, name: Words) -> ConsentView:
        async with self._register.reading(caller.tenant) as rows:
            new["fence"], actor = rows.keys.consent(new["id"]), rows.keys.actor(caller)
            system = await rows.one(tables.applications, client_id=caller.application)
            works = await processor_of(rows, system)
        details = {"verwerker": works["slug"], "verwerkerNaam": recipient_of(works).name.nl} if works else {}
        said = about_consent("toestemming-gevraagd", derived_id(new["id"], "gevraagd"), new, version,
                             new["requested_at"], recipient_name=name.nl, application=caller.application,
                             actor=actor, key=caller.key, details=details)  # fmt: skip
        receipt = await record_one(self._audit, caller, Entry(event=said))
        # BUG: two equal requests at one moment give two questions. Harmless: each is answered by itself.
        async with self._register.writing(caller.tenant) as rows:
            await rows.add(tables.consents, new | {"position": str(receipt.position)})
            made = await rows.one(tables.consents, id=new["id"])
        return view(made or new, name, new["requested_at"])

    async def take_up(self, caller: Caller, consent_id: str, resident: ResidentRef) -> None:
        """See Consent.take_up."""
        at, mine = millis(self._clock()), whose(resident)
        async with self._register.reading(caller.tenant) as rows:
            row = taken(await rows.one(tables.consents, id=consent_id), caller, resident, at)
            found = await rows.one(tables.activities, slug=row["activity"], number=row["version"])
            name = await name_of(rows, row["recipient"])
        if row["resident"] or found is None:
            return
        said = about_consent("toestemming-gevraagd", derived_id(consent_id, f"opgepakt{resident.id}"), row | mine,
                             version_of(found), row["requested_at"], recipient_name=name.nl)  # fmt: skip
        await record_one(self._audit, caller, Entry(event=said))
        # a crash here leaves a line that says that somebody was asked, as of any other question
        async with self._register.writing(caller.tenant) as rows:
            now = taken(await rows.one(tables.consents, lock=True, id=consent_id), caller, resident, at)
            if not now["resident"]:
                terms = stored_terms(terms_of(now).model_copy(update={"taken": True}))
                await rows.put(tables.consents, now, **mine, terms=terms)

    async def given_by(self, caller: Caller, consent_id: str) -> ResidentRef | None:
        """See Consent.given_by."""
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(tables.consents, id=consent_id)
        if row is None or not caller.organisation or row["recipient"] != caller.organisation:
            return None
        given = row["decided_at"] and row["status"] in HAD_A_YES and in_scope(caller, row["activity"])
        return resident_of(row) if given else None

    async def requested(self, caller: Caller, consent_id: str) -> ConsentView:
        """See Consent.requested."""
        at = millis(self._clock())
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(tables.consents, id=consent_id)
            mine = row is not None and caller.organisation and row["recipient"] == caller.organisation
            if row is None or not mine or not in_scope(caller, row["activity"]):
                raise NoSuchThing()
            name, newest = await name_of(rows, row["recipient"]), await newest_versions(rows, {row["activity"]})
            ends = await ends_of(rows, [row], at)
        (row,) = await unanswerable(self._audit, caller.tenant, [row], ends, at, alike=True)
        return for_recipient(view(row, name, at, newest_of(newest, row)))

    async def under(self, tenant: str, fences: Sequence[str]) -> list[Under]:
        """See Consent.under."""
        at = millis(self._clock())
        async with self._register.reading(tenant) as rows:
            # of one that was forged nothing is known, as of one that is gone: nobody else's waits for it
            found = await rows.sound(tables.consents, tables.consents.c.fence.in_(list(fences)[:UNDER_MOST]))
            newest = await newest_versions(rows, {row["activity"] for row in found})
        known = {row["fence"]: stands_under(row, at, newest_of(newest, row)) for row in found}
        return [known.get(fence, Under()) for fence in fences]

    async def found(self, caller: Caller, search: Search) -> list[ConsentView]:
        """See Consent.found."""
        at, of = millis(self._clock()), search.resident
        if not caller.organisation:
            raise NoSuchThing()
        async with self._register.reading(caller.tenant) as rows:
            name = await name_of(rows, caller.organisation)
        await self._looked(caller, of, search.activity, name)
        mine = tables.consents.c
        about = [mine.recipient == caller.organisation, mine.resident == of.id]
        about += [mine.activity == search.activity] if search.activity else []
        async with self._register.reading(caller.tenant) as rows:
            listed = await rows.find(tables.consents, *about, order=(mine.requested_at.desc(),), most=MOST)
            listed = [row for row in listed if in_scope(caller, row["activity"]) and not unnamed(row)]
            newest = await newest_versions(rows, {row["activity"] for row in listed})
            ends = await ends_of(rows, listed, at)
        listed = await unanswerable(self._audit, caller.tenant, listed, ends, at, alike=True)
        return [for_recipient(view(row, name, at, newest_of(newest, row))) for row in listed]

    async def _looked(self, caller: Caller, of: ResidentRef, activity: str, name: Words) -> None:
        actor = (await self._register.keys_of(caller.tenant)).actor(caller)
        said = event("zoeking", random_id(), of.subject, activity=activity, recipient=caller.organisation,
                     recipient_name=name.nl, application=caller.application, actor=actor, key=caller.key,
                     details={"reden": "toestemmingen"})  # fmt: skip
        await record_one(self._audit, caller, Entry(event=said))

    async def anew(self, caller: Caller, consent_id: str) -> ConsentView:
        """See Consent.anew. The bar binds recipients, not residents."""
        at = millis(self._clock())
        async with self._register.reading(caller.tenant) as rows:
            old = await rows.one(tables.consents, id=consent_id)
            if old is None or caller.kind != "inwoner" or old["resident"] != caller.user:
                raise NoSuchThing()
            try:
                row, version = await _entitled(rows, old["recipient"], old["activity"])
            except NoSuchThing:  # stopped, or its recipient was: nobody asks this any more
                raise NotNow(UNASKED) from None
            name = await name_of(rows, old["recipient"])
            earlier = await _earlier(rows, old["recipient"], old["resident"], old["activity"])
        since = row["number"] if old["status"] == "gevraagd" else consents_since(version)
        outdated = old["status"] in ("gevraagd", "gepauzeerd", *PERMITS) and old["version"] < since
        if state_of_row(as_counted(old, version), at) not in SHUT and not outdated:
            raise NotNow("Deze vraag loopt nog.")
        elements = tuple(name for name in names(old["elements"]) if _is_choice(version, name))
        if not elements:
            raise NotNow(UNASKED)
        limits = terms_of(old).limits
        wish = ConsentRequest(resident=resident_of(old), activity=old["activity"], elements=elements,
                              case=old["reference"], limits=limits)  # fmt: skip
        if same := open_equal(earlier, wish, row["number"], at):
            return view(same, name, at)
        kept = {
            key: old[key] for key in ("resident", "subject", "resident_fence", "recipient", "activity", "reference")
        }
        terms = stored_terms(Terms(limits=limits, taken=unnamed(old)))
        new = _blank(at) | kept | {"elements": stored(elements), "version": row["number"], "terms": terms}
        return await self._ask(caller, new, version, name)


async def _entitled(rows: Rows, recipient: str, activity: str) -> tuple[Row, ActivityVersion]:
    row = (await newest_versions(rows, {activity})).get(activity)
    party = await rows.one(tables.recipients, slug=recipient)
    if row is None or row["status"] != "gepubliceerd" or party is None or party["status"] != "toegelaten":
        raise NoSuchThing()
    version = version_of(row)
    if all(one.recipient != recipient for one in version.parties):
        raise NoSuchThing()
    return row, version


def _is_choice(version: ActivityVersion, name: str) -> bool:
    element = version.element(name)
    return element is not None and element.class_ == "C"


def _check(wanted: ConsentRequest, version: ActivityVersion, at: int) -> None:
    wrong = [number for number, name in enumerate(wanted.elements) if not _is_choice(version, name)]
    if wrong or len(set(wanted.elements)) != len(wanted.elements):
        place = f"/gegevenselementen/{wrong[0]}" if wrong else "/gegevenselementen"
        raise fault(place, "geen-keuze", "Dit gegeven is in dit doel geen keuze van de inwoner.")
    if wanted.valid_until and wanted.valid_until <= at:
        raise fault("/geldigTot", "voorbij", "Dit moment is al voorbij.")


async def _check_case(rows: Rows, recipient: str, wanted: ConsentRequest, version: ActivityVersion) -> None:
    if not wanted.case or version.case == "geen":
        return
    case = await rows.one(tables.cases, recipient=recipient, reference=wanted.case)
    of = wanted.resident.id if wanted.resident else ""
    fits = case and (case["resident"], case["activity"]) == (of, version.slug)
    if not case or not fits or case["status"] != "open":
        raise fault("/zaak", "onbekende-zaak", "Er is geen open zaak van deze inwoner met dit nummer.")


async def _earlier(rows: Rows, recipient: str, resident: str, activity: str) -> list[Row]:
    consents = tables.consents.c
    about = (consents.recipient == recipient, consents.resident == resident, consents.activity == activity)
    return await rows.find(tables.consents, *about)


def _new(caller: Caller, wanted: ConsentRequest, resident: ResidentRef | None, at: int) -> Row:
    return (
        _blank(at)
        | whose(resident)
        | {
            "recipient": caller.organisation,
            "activity": wanted.activity,
            "elements": stored(wanted.elements),
            "reference": wanted.case,
            "latest": wanted.valid_until,
            "return_url": wanted.return_url,
            "terms": stored_terms(Terms(limits=wanted.limits)),
        }
    )


def _blank(at: int) -> Row:
    times = {"requested_at": at, "answer_by": at + ANSWER_DAYS * DAY, "latest": 0, "decided_at": 0, "ended_at": 0}
    texts = {"language": "", "text_hash": "", "return_url": ""}
    return {"id": uuid7(at), "status": "gevraagd", "valid_until": 0, "effective_at": at, **times, **texts}
