"""One suite for the register's two doors, run on the service and on the client, on SQLite and on PostgreSQL."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from assembly.clients import make_client_key, make_sealing_key
from audit.contract import Position
from consent.activity import Application, Case
from consent.appointments.contract import Papers, Recorded
from consent.client import ConsentClient
from consent.contract import (
    CannotPublish,
    Claim,
    ConsentRequest,
    NoSuchThing,
    NotAgain,
    NotNow,
    Question,
)
from consent.drafts.contract import NeverStops
from consent.events.contract import Announcement
from consent.events.tables import events
from consent.frontdesk.contract import ConversationOver, Meeting, Opening
from consent.mandates.contract import Ground, NotRepresented, Offer
from consent.service import ConsentService
from kernel.caller import Caller
from kernel.clock import millis
from kernel.crypto import verify
from kernel.errors import BadInput, NoAccess
from kernel.http.client import RoomLine
from kernel.http.rooms import RoomKey
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    BERT,
    LOKET,
    NAME,
    PARTY,
    PLAN,
    STAFF,
    TENANT,
    WEB_SEED,
    House,
    activity,
    no,
    opened_house,
    stop,
    yes,
)
from tests.once import template_of
from tests.postgres import Postgres
from tests.serving import opened

pytestmark = pytest.mark.anyio
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
OWNER, COLLEAGUE = (OFFICER.model_copy(update={"user": user, "roles": ("proceseigenaar",)}) for user in ("een", "twee"))


@dataclass
class Wired:
    """The register as a neighbour sees it."""

    consent: ConsentService | ConsentClient
    house: House


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.create(template_of(postgres, "audit", "consent"))
    return url, url


@pytest.fixture(params=["service", "client"])
async def wired(request: pytest.FixtureRequest, urls: tuple[str, str], tmp_path: Path) -> AsyncIterator[Wired]:
    async with opened_house(tmp_path, urls) as house:
        if request.param == "service":
            yield Wired(house.consent, house)
            return
        transport = httpx2.ASGITransport(app=opened(house.component.doors().intern()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://consent") as http:
            yield Wired(ConsentClient(RoomLine(http, RoomKey("web", WEB_SEED, house.clock), "consent")), house)


async def test_from_register_to_withdrawal(wired: Wired) -> None:
    consent = wired.consent
    # registers: nothing registered means no; the same twice is the same
    assert (await consent.admit(STAFF, PARTY)).position == (await consent.admit(STAFF, PARTY)).position
    made = await consent.publish(STAFF, activity())
    assert (made.number, made.elements[0].source) == (1, "brp")
    assert await consent.publish(STAFF, activity()) == made
    assert await consent.activities(STAFF) == [made]
    # a question, sealed
    asking = Question(resident=ANNA, activity="regeling", elements=(NAME, PLAN))
    first, second = await consent.decide(LOKET, [asking, asking.model_copy(update={"resident": BERT})])
    assert first.decision != second.decision
    public = await wired.house.consent.public_seal_key(TENANT)
    assert verify(public, first.decision.encode(), bytes.fromhex(first.seal))
    # asked, seen, given, stopped
    wanted = ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,))
    asked = await consent.request(LOKET, wanted)
    assert await consent.requested(LOKET, asked.id) == asked
    detail = await consent.choice(ANNA_HERSELF, asked.id)
    assert ([one.name for one in detail.catalogue], detail.activity) == ([PLAN], made)
    given = await consent.choose(ANNA_HERSELF, asked.id, yes())
    assert [one.id for one in await consent.choices(ANNA_HERSELF)] == [given.consent.id]
    stopped = await consent.choose(ANNA_HERSELF, asked.id, stop())
    assert stopped == await consent.choose(ANNA_HERSELF, asked.id, stop())
    # a room asks how it stands for data that was given under it, by its fence
    none, ended = await consent.under(STAFF, ["0" * 32, *stopped.receipt.epochs])
    assert (none.ended_at, ended.ended_at, ended.kept) == (0, stopped.consent.ended_at, 0) != (0, 0, 0)
    with pytest.raises(NotAgain):
        await consent.request(LOKET, wanted)
    again = await consent.anew(ANNA_HERSELF, asked.id)
    refused = await consent.choose(ANNA_HERSELF, again.id, no())
    assert (refused.consent.state, refused.receipt.position) == ("geweigerd", refused.receipt.position)


async def test_cases_flags_questions_and_suspension(wired: Wired) -> None:
    consent = wired.consent
    await wired.house.ready()
    case = Case(reference="Z-1", recipient="loket", resident=ANNA, activity="regeling")
    opened = await consent.open_case(LOKET, case)
    with pytest.raises(BadInput):
        await consent.open_case(LOKET, case.model_copy(update={"resident": BERT}))
    more = [
        case.model_copy(update={"reference": f"Z-{n}", "resident": who}) for n, who in ((1, ANNA), (2, BERT), (3, ANNA))
    ]
    first, *rest = await consent.open_cases(LOKET, [*more, more[1]])
    assert first.position == opened.position
    assert len({one.position for one in rest}) == 2
    again = await consent.open_cases(LOKET, more)
    assert [one.position for one in again] == [one.position for one in (first, *rest[:2])]
    with pytest.raises(BadInput):
        await consent.open_cases(LOKET, [more[2], more[1].model_copy(update={"resident": ANNA})])
    with pytest.raises(NoSuchThing):
        await consent.close_case(LOKET.model_copy(update={"organisation": "ander"}), "loket", "Z-1")
    closed = await consent.close_case(LOKET, "loket", "Z-1")
    assert opened.position < closed.position
    assert closed == await consent.close_case(LOKET, "loket", "Z-1")
    flagged = await consent.flag(STAFF, ANNA, ["overleden"])
    assert flagged == await consent.flag(STAFF, ANNA, ["overleden"])
    question = await consent.ask(ANNA_HERSELF, ANNA, opened.position, "Waarom?")
    assert await consent.asked(OFFICER) == [question]
    answered = await consent.answer(OFFICER, question.id, "Daarom.")
    assert answered.answer == "Daarom."
    with pytest.raises(NoSuchThing):
        await consent.ask(ANNA_HERSELF, ANNA, Position(term=opened.position.term, index=0), "Niet van mij")
    receipt = await consent.suspend(STAFF, "loket")
    assert receipt == await consent.suspend(STAFF, "loket")
    (sealed,) = await consent.decide(LOKET, [Question(resident=ANNA, activity="regeling", elements=(NAME,))])
    assert [one.code for one in sealed.told] == ["ontvanger-niet-bevoegd"]


async def test_who_may_report_is_known_with_pseudonyms_and_without_keys(wired: Wired) -> None:
    consent = wired.consent
    await wired.house.ready()
    _, public = make_client_key()
    bomen = Application(client_id="bomen", name="Bomen", kind="automatisch", jwks=json.dumps(public), roles=("melden",))
    await consent.add_client(STAFF, "loket", bomen)
    caller = LOKET.model_copy(update={"application": "bomen"})
    found = await consent.reporter(caller, ("mw-1", "mw-2", "mw-1"))
    (application,) = found.recipient.applications
    assert (found.recipient.slug, application.client_id, application.jwks) == ("loket", "bomen", "")
    first, second, again = found.actors
    assert first == again != second and "mw" not in first + second
    assert [(one.slug, [app.client_id for app in one.applications]) for one in await consent.reporters(STAFF)] == [
        ("loket", ["bomen"])
    ]
    for stranger in (LOKET, caller.model_copy(update={"organisation": "ander"})):
        with pytest.raises(NoSuchThing):
            await consent.reporter(stranger, ())
    with pytest.raises(NoSuchThing):
        await consent.sealing_key(caller)
    private, sealing = make_sealing_key()
    jwks = json.dumps({"keys": [*public["keys"], sealing]})
    await consent.add_client(STAFF, "loket", Application(client_id="bulk", name="Bulk", kind="automatisch", jwks=jwks))
    bulk = LOKET.model_copy(update={"application": "bulk"})
    key = await consent.sealing_key(bulk)
    assert json.loads(key.jwk) == sealing and key.kid == private["kid"]
    with pytest.raises(NoSuchThing):
        await consent.sealing_key(bulk.model_copy(update={"organisation": "ander"}))
    await consent.suspend(STAFF, "loket")
    for gone in (consent.reporter(caller, ()), consent.sealing_key(bulk)):
        with pytest.raises(NoSuchThing):
            await gone
    assert [one.slug for one in await consent.reporters(STAFF)] == ["loket"], "it reported, and that stays"


async def test_a_room_lets_a_recipient_hear_of_what_it_may_read_once(wired: Wired) -> None:
    await wired.house.ready()
    told = [Announcement(id="c" * 32, recipient="loket")]
    for _ in range(2):
        await wired.consent.announcements.corrected(STAFF, told)
    with pytest.raises(NoAccess):
        await wired.consent.announcements.corrected(LOKET, told)
    async with wired.house.consent.register.reading(TENANT) as rows:
        found = await rows.find(events, events.c.type == "gegeven.gecorrigeerd")
    assert [(one["recipient"], one["subject"]) for one in found] == [("loket", "c" * 32)]


async def test_two_persons_put_a_version_in_force(wired: Wired) -> None:
    consent = wired.consent
    await wired.house.ready()
    saved = await consent.drafts.save(OWNER, activity(maximalePeriode=28))
    assert await consent.drafts.all(COLLEAGUE) == [saved] and saved.changes
    await consent.drafts.step(OWNER, "regeling", "voorstellen", saved.digest)
    assert (await consent.drafts.one(OWNER, "regeling")).own
    with pytest.raises(NoAccess):
        await consent.drafts.step(OWNER, "regeling", "publiceren", saved.digest)
    await consent.drafts.step(COLLEAGUE, "regeling", "publiceren", saved.digest)
    assert [(one.version.number, one.ended) for one in await consent.history(STAFF, "regeling")] == [
        (1, True),
        (2, False),
    ]
    with pytest.raises(NoAccess, match="loket"):
        await consent.drafts.end(OWNER, "regeling", "Niet van ons.")
    with pytest.raises(NeverStops):
        await consent.drafts.end(OFFICER, "logboek", "Niemand kijkt mee.")
    ended = await consent.drafts.end(OFFICER, "regeling", "De rechter vond dit niet goed.")
    assert [one.ended_by for one in await consent.drafts.stopped(STAFF)] == [str(ended.position)]
    for verb in (consent.drafts.one, consent.history):
        with pytest.raises(NoSuchThing):
            await verb(OWNER, "bestaat-niet")


async def test_what_a_resident_asks_stops_and_goes_on(wired: Wired) -> None:
    rights = wired.consent.rights
    await wired.house.ready(activity(elements={NAME: "B", PLAN: "C"}))
    claim = Claim(resident=ANNA, kind="bezwaar", activity="regeling", text="Ik wil dit niet.")
    filed = await rights.file(ANNA_HERSELF, claim)
    assert await rights.filed(ANNA_HERSELF) == [filed] and filed.suspends
    assert not (await rights.step(ANNA_HERSELF, filed.id, "intrekken", "")).suspends


async def test_errors_arrive_as_themselves(wired: Wired) -> None:
    consent = wired.consent
    await wired.house.ready()
    for verb in (consent.requested, consent.choice, consent.anew):
        with pytest.raises(NoSuchThing):
            await verb(ANNA_HERSELF, "bestaat-niet")
    with pytest.raises(NoAccess):
        await consent.publish(LOKET, activity())
    with pytest.raises(CannotPublish) as wrong:
        await consent.publish(STAFF, activity(ontvangers=[{"ontvanger": "onbekend"}]))
    assert [one["code"] for one in wrong.value.members["fouten"]] == ["onbekende-ontvanger"]
    with pytest.raises(NoAccess):
        await consent.asked(STAFF)
    asked = await wired.house.request()
    with pytest.raises(NotNow):
        await consent.anew(ANNA_HERSELF, asked.id)


async def test_acting_for_somebody_else(wired: Wired) -> None:
    consent, bert = wired.consent, ANNA_HERSELF.model_copy(update={"user": BERT.id})
    await consent.admit(STAFF, PARTY)
    await consent.publish(STAFF, activity())
    asked = await consent.request(LOKET, ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,)))
    now = wired.house.clock()
    until = millis(now + timedelta(days=9))
    offer = Offer(resident=ANNA, label="Bert", name="Anna", activities=("regeling",), decides=True, until=until)
    made = await consent.mandates.offer(ANNA_HERSELF, offer)
    assert (await consent.mandates.offered(bert, made.code)).id == made.mandate.id
    mandate = await consent.mandates.accept(bert, made.code)
    assert await consent.mandates.held(bert) == [mandate]
    ground = Ground(relation="machtiging", resident=ANNA, mandate=mandate.id)
    parent = Ground(relation="ouder", resident=ANNA, birth="2015-01-01", checked_at=millis(now))
    await consent.mandates.begin(bert, ground)
    for one in (ground, parent):
        assert [seen.id for seen in await consent.mandates.choices(bert, one)] == [asked.id]
        assert (await consent.mandates.choice(bert, one, asked.id)).consent.id == asked.id
    assert (await consent.mandates.choose(bert, ground, asked.id, yes())).consent.state == "gegeven"
    await _further(consent, bert, ground, parent)
    ended = await consent.mandates.end(ANNA_HERSELF, mandate.id)
    assert ([one.id for one in await consent.mandates.given(ANNA_HERSELF)], ended.status) == ([mandate.id], "beeindigd")
    with pytest.raises(NotRepresented) as refused:
        await consent.mandates.choices(bert, ground)
    assert refused.value.members["reden"] == "voorbij"
    await _appointed(consent, until)


async def _further(consent: ConsentService | ConsentClient, bert: Caller, ground: Ground, parent: Ground) -> None:
    """Uses, and what is asked for somebody."""
    door, said = consent.mandates, {"resident": ANNA, "activity": "regeling", "text": "Om deze reden"}
    assert (await door.uses(bert, ground, 0)).lines == ()
    claim = Claim.model_validate({**said, "kind": "beperking", "ground": "juistheid"})
    filed = await door.file(bert, ground, claim)
    assert filed.suspends and (await door.reach(bert, ground)).asked == (filed,)
    with pytest.raises(NotNow) as already:
        await door.file(bert.model_copy(update={"user": "c" * 32}), parent, claim)
    assert already.value.members == {"reden": "al-gevraagd"}
    asked = await door.file(bert, ground, Claim.model_validate({**said, "kind": "inzage"}))
    assert (await door.withdraw(bert, ground, asked.id)).status == "ingetrokken"
    with pytest.raises(NotRepresented) as refused:
        await door.file(bert, ground, Claim.model_validate({**said, "kind": "inzage", "activity": None}))
    assert refused.value.members["reden"] == "buiten"


async def _appointed(consent: ConsentService | ConsentClient, until: int) -> None:
    one, two = (OFFICER.model_copy(update={"user": user, "roles": ("burgerzaken",)}) for user in ("een", "twee"))
    said = {"relation": "mentor", "resident": ANNA, "representative": BERT, "matters": ("zorg",), "until": until,
            "issuer": "rechtbank", "reference": "1", "issued_on": "2026-01-01"}  # fmt: skip
    papers, desk = Papers.model_validate(said), consent.appointments
    waits = await desk.record(one, Recorded(papers=papers, name="Anna", label="Bert"))
    assert await desk.waiting(one) == [waits]
    for wrong, raised in ((papers, NoAccess), (papers.model_copy(update={"reference": "2"}), NotNow)):
        with pytest.raises(raised):
            await desk.confirm(one if raised is NoAccess else two, waits.id, wrong)
    await desk.confirm(two, waits.id, papers)
    (held,) = await consent.mandates.held(ANNA_HERSELF.model_copy(update={"user": BERT.id}))
    assert (held.relation, held.matters, held.until) == ("mentor", ("zorg",), until)
    (listed,) = await desk.search(one, ANNA, "vraag")
    assert (listed.relation, listed.label, listed.until) == ("mentor", "Bert", until)
    assert await desk.search(one, BERT, "vraag") == []
    with pytest.raises(NoAccess):
        await desk.search(OFFICER, ANNA, "vraag")
    assert await desk.end(one, ANNA, "1", "fout") == 1
    with pytest.raises(NoSuchThing):
        await desk.end(one, ANNA, "1", "fout")


async def test_one_employee_sets_a_safe_address_and_two_end_it(wired: Wired) -> None:
    await wired.house.ready()
    safety, officer = wired.consent.safety, OFFICER
    one, two = (officer.model_copy(update={"user": user, "roles": ("burgerzaken",)}) for user in ("een", "twee"))
    with pytest.raises(NoAccess):
        await safety.protect(officer, ANNA, "verzoek")
    await safety.protect(one, ANNA, "verzoek")
    assert await safety.hidden(LOKET, [BERT, ANNA]) == [False, True]
    assert [await safety.end(who, ANNA, "voorbij") for who in (one, one, two)] == ["wacht", "wacht", "beeindigd"]
    with pytest.raises(NoSuchThing):
        await safety.end(one, ANNA, "fout")
    assert await safety.hidden(LOKET, [ANNA]) == [False]


async def test_the_desk_of_the_town_hall_helps_in_a_conversation(wired: Wired) -> None:
    await wired.house.ready()
    desk, asked = wired.consent.frontdesk, await wired.house.request()
    employee = OFFICER.model_copy(update={"user": "mw-1", "roles": ("balie",)})
    talk = await desk.begin(employee, Opening(reason="kiezen", check="paspoort", channel="balie"))
    talk = await desk.meet(employee, talk.id, Meeting(resident=ANNA))
    assert await desk.conversation(employee, talk.id) == talk
    assert [one.id for one in await desk.choices(employee, talk.id)] == [asked.id]
    assert (await desk.choice(employee, talk.id, asked.id)).consent.id == asked.id
    assert (await desk.choose(employee, talk.id, asked.id, yes(channel="balie"))).consent.state == "gegeven"
    assert (await desk.receipt(employee, talk.id, asked.id)).bundle is None
    (tally,) = await desk.tallies(OFFICER)
    assert (tally.employee, tally.conversations, tally.idle) == ("mw-1", 1, 0)
    await desk.end(employee, talk.id)
    with pytest.raises(ConversationOver):
        await desk.choices(employee, talk.id)
