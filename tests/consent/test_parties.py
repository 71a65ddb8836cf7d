"""Who changes recipients, applications and keys: one proposes, another admits, one is enough to stop."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from audit.contract import Entry, Event, FenceAt, Overtaken, record_one
from consent import tables
from consent.activity import Application, Words
from consent.contract import Decision, NoSuchThing, NotNow, Question, Sealed
from consent.parties.contract import Change, Proposal
from consent.parties.rules import faults, kids, live
from kernel.caller import Caller, room_of
from kernel.canonical import read_canonical
from kernel.clock import millis
from kernel.crypto import sha256
from kernel.errors import BadInput, NoAccess
from kernel.ids import random_id
from kernel.standing import Holder
from tests.consent.house import ANNA, CALLERS, JWKS, LOKET, NAME, PARTY, STAFF, TENANT, House, activity
from tests.serving import app_of

pytestmark = pytest.mark.anyio
ONE, TWO = (
    Caller(tenant=TENANT, kind="medewerker", user=name, roles=("proceseigenaar", "afdeling:loket"))
    for name in ("een", "twee")
)
DESK = ONE.model_copy(update={"roles": ("balie",)})
KEEPER = Caller(tenant=TENANT, kind="automatisch", organisation="loket", application="beheer-app",
                scope=("toestemming:beheer",), key="1")  # fmt: skip
on_files = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


def new_key(kid: str) -> dict[str, Any]:
    return {**ECKey.generate_key("P-256").as_dict(private=False), "kid": kid}


OLD = json.loads(JWKS)["keys"][0]


def application(*keys: dict[str, Any], **more: Any) -> Application:
    said = {"client_id": "loket-app", "name": "app", "kind": "automatisch", "jwks": json.dumps({"keys": keys})}
    return Application.model_validate(said | more)


async def admitted(house: House, change: Change) -> Proposal:
    """By two persons."""
    parties = house.consent.parties
    saved = await parties.save(ONE, change)
    await parties.step(ONE, saved.name, "voorstellen", saved.digest)
    return await parties.step(TWO, saved.name, "toelaten", saved.digest)


def holder(kid: str = "1", client: str = "loket-app") -> Holder:
    return Holder(tenant=TENANT, organisation="loket", application=client, key=kid, token=random_id())


async def comes_in(house: House, who: Holder) -> bool:
    assert house.consent.tokens
    return await house.consent.tokens.standing.holds(who)


async def lines(house: House) -> list[tuple[str, str, str]]:
    found = (await house.audit.desk(STAFF).reader.lines("systeem", None, 50)).lines
    return [(line.event.kind, line.event.application, line.event.actor) for line in reversed(found)]


async def recipient_of(house: House, slug: str) -> str:
    states = await house.consent.parties.registered(ONE)
    return next((one.status for one in states if one.recipient.slug == slug), "")


async def test_a_recipient_and_its_application_need_two_persons(house: House) -> None:
    await house.ready()
    parties, wanted = house.consent.parties, PARTY.model_copy(update={"slug": "wijkteam", "applications": ()})
    before = len(await lines(house))
    saved = await parties.save(ONE, Change(recipient=wanted))
    assert (saved.name, saved.stage, saved.replaces) == ("ontvanger/wijkteam", "concept", False)
    with pytest.raises(NotNow):
        await parties.step(TWO, saved.name, "toelaten", saved.digest)
    assert (await parties.step(ONE, saved.name, "voorstellen", saved.digest)).own
    with pytest.raises(NotNow):
        await parties.step(TWO, saved.name, "toelaten", "0" * 64)
    with pytest.raises(NoAccess):
        await parties.step(ONE, saved.name, "toelaten", saved.digest)
    assert await recipient_of(house, "wijkteam") == "", "the proposer alone changes nothing"
    await parties.step(TWO, saved.name, "toelaten", saved.digest)
    assert await recipient_of(house, "wijkteam") == "toegelaten" and await parties.all(TWO) == []
    system = application(OLD, client_id="wijk-app")
    await admitted(house, Change(application=system, of="wijkteam"))
    assert (await lines(house))[before:] == [
        ("ontvanger-concept", "", "een"), ("ontvanger-concept", "", "een"), ("ontvanger-toegelaten", "", "twee"),
        ("ontvanger-concept", "wijk-app", "een"), ("ontvanger-concept", "wijk-app", "een"),
        ("ontvanger-toegelaten", "wijk-app", "twee"),
    ]  # fmt: skip
    assert await house.consent.clients.client_of(TENANT, "wijk-app")
    with pytest.raises(BadInput):  # it is of somebody else
        await parties.save(ONE, Change(application=system, of="loket"))
    with pytest.raises(NoSuchThing):
        await parties.save(ONE, Change(application=application(OLD, client_id="x"), of="vreemd"))
    thrown = await parties.save(ONE, Change(application=system, of="wijkteam"))
    await parties.step(TWO, thrown.name, "weggooien", thrown.digest)
    assert await parties.all(ONE) == []


async def test_an_application_that_is_stopped_is_overtaken_and_comes_in_nowhere(house: House) -> None:
    await house.ready()
    sealed, decision = await house.decided(NAME)
    assert decision.toegestaan and await comes_in(house, holder())
    await house.consent.parties.suspend(ONE, "loket-app")
    with pytest.raises(Overtaken) as overtaken:
        await house.released(sealed)
    assert {"ontvanger-geschorst"} == {one.kind for one in overtaken.value.moved}
    assert not await comes_in(house, holder()), "nor with a token that was given before"
    _, after = await house.decided(NAME)
    assert after.geweigerd == ((NAME, "ontvanger-niet-bevoegd"),)
    assert await recipient_of(house, "loket") == "toegelaten", "its recipient goes on"
    await house.consent.add_client(STAFF, "loket", PARTY.applications[0])
    assert not await comes_in(house, holder()), "to set it up again is not to admit it again"
    await admitted(house, Change(application=application(OLD), of="loket"))
    assert await comes_in(house, holder()) and (await house.decided(NAME))[1].toegestaan
    with pytest.raises(Overtaken):  # what was decided before does not come back
        await house.released(sealed)


@on_files
async def test_another_instance_finishes_what_a_crash_left_of_a_stop(house: House) -> None:
    await house.ready()
    async with house.consent.register.writing(TENANT) as rows:
        row = await rows.one(tables.applications, lock=True, client_id="loket-app")
        assert row and row["own_epoch"] == 0
    said = {"id": random_id(), "kind": "ontvanger-geschorst", "recipient": "loket", "application": "loket-app"}
    entry = Entry.model_validate({"event": said, "advances": (row["own_fence"],)})
    await record_one(house.log, room_of(TENANT, "consent"), entry)
    other = await house.second()
    await other.finish(TENANT)
    assert await other.clients.client_of(TENANT, "loket-app") is None
    with pytest.raises(Overtaken):
        required = FenceAt(fence=row["own_fence"], epoch=0)
        permit = {"id": random_id(), "kind": "ontvanger-toegelaten", "recipient": "loket"}
        wanted = Entry.model_validate({"event": permit, "requires": (required,)})
        await record_one(house.log, room_of(TENANT, "consent"), wanted)


@on_files
async def test_a_key_is_followed_by_another_and_ends_on_its_day(house: House) -> None:
    await house.ready()
    parties, end = house.consent.parties, millis(house.clock()) + 86_400_000
    await admitted(house, Change(application=application(OLD, new_key("2")), of="loket"))
    await parties.end_key(STAFF, "loket-app", "1", end)
    assert await comes_in(house, holder("1")) and await comes_in(house, holder("2")), "both, for a day"
    assert not await comes_in(house, holder("3"))
    with pytest.raises(NotNow):
        await parties.end_key(ONE, "loket-app", "1", end + 1)
    with pytest.raises(NoSuchThing):
        await parties.end_key(ONE, "loket-app", "3", end)
    (state,) = [one for one in await parties.registered(ONE) if one.recipient.slug == "loket"]
    assert [(key.kid, key.ends) for key in state.systems[0].keys] == [("1", end), ("2", 0)]
    # a change that was written before a key ended does not bring it back
    waiting = await parties.save(ONE, Change(application=application(OLD, new_key("3")), of="loket"))
    await parties.step(ONE, waiting.name, "voorstellen", waiting.digest)
    await parties.end_key(ONE, "loket-app", "2", 0)
    assert not await comes_in(house, holder("2")), "at once, with a token of before as well"
    with pytest.raises(NotNow):
        await parties.step(TWO, waiting.name, "toelaten", waiting.digest)
    house.clock.forward(days=1)
    known = await house.consent.clients.client_of(TENANT, "loket-app")
    assert known and kids(known[0]) == ()


@on_files
async def test_who_may_and_who_may_not(house: House) -> None:
    await house.ready()
    parties, change = house.consent.parties, Change(application=application(OLD), of="loket")
    for stranger in (DESK, LOKET, KEEPER):
        for asked in (parties.all(stranger), parties.registered(stranger), parties.save(stranger, change),
                      parties.suspend(stranger, "loket-app"), parties.end_key(stranger, "loket-app", "1", 0),
                      parties.step(stranger, "toepassing/loket-app", "voorstellen", "0" * 64),
                      house.consent.suspend(stranger, "loket")):  # fmt: skip
            with pytest.raises(NoAccess):
                await asked
    for setting_up in (house.consent.admit(ONE, PARTY), house.consent.add_client(ONE, "loket", application(OLD))):
        with pytest.raises(NoAccess):
            await setting_up
    with pytest.raises(NoAccess):
        await parties.save(STAFF, change)
    number = Words(nl="De heer 999993653", en="Mr")
    nameless = PARTY.model_copy(update={"applications": (), "name": number})
    for wrong in (Change(application=application({**OLD, "d": "x"}), of="loket"), Change(recipient=nameless),
                  Change(application=application(OLD, name="van 999993653"), of="loket")):  # fmt: skip
        with pytest.raises(BadInput):
            await parties.save(ONE, wrong)
    # whoever admits saw one document: not the one that was written in its place a moment later
    seen = await parties.save(ONE, change)
    await parties.save(TWO, Change(application=application(OLD, name="anders"), of="loket"))
    with pytest.raises(NotNow):
        await parties._admitting.admit(TWO, seen.name, seen.change, {})
    assert [one.change.application and one.change.application.name for one in await parties.all(ONE)] == ["anders"]


@on_files
async def test_an_application_writes_and_stops_and_admits_nothing(house: House) -> None:
    await house.ready()
    keeping = application(OLD, client_id="beheer-app", roles=("beheer",))
    await house.consent.add_client(STAFF, "loket", keeping)
    async with door(house) as http:
        new = {"slug": "wijkteam", "oin": "0" * 20, "naam": {"nl": "Het wijkteam", "en": "The team"}}
        made = await http.post("ontvangers", json=new)
        assert (made.status_code, made.json()["status"]) == (201, "concept")
        (waiting,) = (await http.get("wijzigingen")).json()["wijzigingen"]
        assert waiting["inhoud"]["ontvanger"] == new
        both = {"clientId": "loket-app", "naam": "app", "soort": "automatisch", "jwks": JWKS}
        assert (await http.post("ontvangers/loket/toepassingen", json=both)).json()["vervangt"]
        wrong = await http.post("ontvangers/loket/toepassingen", json=both | {"jwksUri": "https://keys.example/jwks"})
        assert (wrong.status_code, wrong.json()["fouten"][0]["veld"]) == (400, "/toepassing/jwks")
        with pytest.raises(NoAccess):
            await house.consent.parties.step(KEEPER, "ontvanger/wijkteam", "voorstellen", waiting["vingerafdruk"])
        never = {"kid": "1", "op": "9999-12-31T23:59:59-12:00"}  # a day of the year 10000
        assert (await http.post("toepassingen/loket-app/sleuteleinden", json=never)).status_code == 400
        ended = await http.post("toepassingen/loket-app/sleuteleinden", json={"kid": "1"})
        assert ended.status_code == 201 and ended.json()["logregel"]["bewijs"]
        (state,) = (await http.get("ontvangers")).json()["ontvangers"]
        assert {one["toepassing"]["clientId"] for one in state["toepassingen"]} == {"loket-app", "beheer-app"}
        assert (await http.post("toepassingen/loket-app/schorsing")).status_code == 201
        assert (await http.post("ontvangers/loket/schorsing")).status_code == 201
        assert (await http.get("ontvangers")).status_code == 403, "it stopped itself"


@on_files
async def test_a_processor_acts_where_it_is_registered_to_and_is_named(house: House) -> None:
    works = {"ontvanger": "bureau", "rol": "verwerker", "verwerkerVan": "loket", "overeenkomst": "VO-1"}
    name = Words(nl="Het bureau", en="The firm")
    bureau = PARTY.model_copy(update={"slug": "bureau", "applications": (), "name": name})
    await house.consent.admit(STAFF, bureau)
    theirs = [{"ontvanger": "loket"}, works]
    await house.ready(activity(ontvangers=theirs), activity("eigen"))
    system = application(OLD, client_id="bureau-app", processor="bureau")
    with pytest.raises(BadInput):
        await house.consent.parties.save(ONE, Change(application=system, of="bureau"))
    await admitted(house, Change(application=system, of="loket"))
    asking = LOKET.model_copy(update={"application": "bureau-app"})
    assert await house.consent.clients.activities_of(TENANT, "loket", system) == {"regeling"}
    sealed, decision = await asked(house, asking, "regeling")
    assert decision.toegestaan and sealed.about.works_for == {"verwerker": "bureau", "verwerkerNaam": "Het bureau"}
    assert (await asked(house, asking, "eigen"))[1].geweigerd == ((NAME, "ontvanger-niet-bevoegd"),)
    assert (await asked(house, LOKET, "eigen"))[1].toegestaan, "its own systems are not concerned"
    replayed = await house.consent.replay(TENANT, event_of(sealed))
    assert replayed.differences == () and replayed.missing == ()
    assert await comes_in(house, holder(client="bureau-app"))
    # the processor is stopped: so is what it does for others
    await house.consent.suspend(STAFF, "bureau")
    with pytest.raises(Overtaken):
        await house.released(sealed)
    assert (await asked(house, asking, "regeling"))[1].geweigerd == ((NAME, "ontvanger-niet-bevoegd"),)
    assert not await comes_in(house, holder(client="bureau-app")) and await comes_in(house, holder())
    # admitted again, with its old systems still where they were: those are given anew, as for any recipient
    await admitted(house, Change(recipient=bureau))
    assert not await comes_in(house, holder(client="bureau-app"))
    assert (await asked(house, asking, "regeling"))[1].geweigerd == ((NAME, "ontvanger-niet-bevoegd"),)
    states = {system.application.client_id: system.status for state in await house.consent.parties.registered(ONE)
              for system in state.systems}  # fmt: skip
    assert states == {"loket-app": "toegelaten", "bureau-app": "opnieuw"}
    await admitted(house, Change(application=system, of="loket"))
    assert await comes_in(house, holder(client="bureau-app")) and (await asked(house, asking, "regeling"))[1].toegestaan


@on_files
async def test_an_application_may_be_for_some_activities_only(house: House) -> None:
    await house.ready(activity(), activity("eigen"))
    async with door(house) as http:
        assert (await http.get("gebeurtenissen", headers={"x-who": "loket"})).status_code == 200
        await admitted(house, Change(application=application(OLD, activities=("eigen",)), of="loket"))
        # what happens to consents is told by recipient: to who is for some activities only, also of the others
        assert (await http.get("gebeurtenissen", headers={"x-who": "loket"})).status_code == 404
    (one,) = [each for each in (await house.consent.parties.registered(ONE))[0].systems]
    assert await house.consent.clients.activities_of(TENANT, "loket", one.application) == {"eigen"}
    assert (await asked(house, LOKET, "eigen"))[1].toegestaan
    assert (await asked(house, LOKET, "regeling"))[1].geweigerd == ((NAME, "ontvanger-niet-bevoegd"),)


async def asked(house: House, caller: Caller, slug: str) -> tuple[Sealed, Decision]:
    question = Question(resident=ANNA, activity=slug, elements=(NAME,))
    (sealed,) = await house.consent.decide(caller, [question])
    return sealed, Decision.model_validate(read_canonical(sealed.decision))


def event_of(sealed: Sealed) -> Event:
    hashed = sha256(sealed.decision.encode()).hex()
    return Event(id=random_id(), kind="toetsing", decision=hashed, sealed=sealed.decision, seal=sealed.seal)


@asynccontextmanager
async def door(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    CALLERS["beheer"] = KEEPER
    transport = httpx2.ASGITransport(app=app_of(house.component.doors()))
    base = "http://localhost:8000/toestemming/v1/"
    async with httpx2.AsyncClient(transport=transport, base_url=base, headers={"x-who": "beheer"}) as http:
        yield http


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"jwks": ""}, "/jwks"),
        ({"jwks_url": "https://keys.example/jwks"}, "/jwks"),
        ({"jwks": "", "jwks_url": "http://keys.example/jwks"}, "/jwksUri"),
        ({"jwks": "", "jwks_url": "https://me@keys.example/jwks"}, "/jwksUri"),
        ({"jwks": "", "jwks_url": "https://keys.example/jwks?bsn=1"}, "/jwksUri"),
        ({"jwks": "", "jwks_url": "https://keys.example/999993653"}, "/jwksUri"),
        ({"jwks": "", "jwks_url": "https://keys.example/jwks", "key_ends": (("1", 1),)}, "/sleutelEinden"),
        ({"key_ends": (("2", 1),)}, "/sleutelEinden"),
        ({"key_ends": (("1", 1), ("1", 2))}, "/sleutelEinden"),
        ({"returns": ("https://loket.example/999993653",)}, "/terugkeerUrls"),
        ({"returns": tuple(f"https://loket.example/{'x' * 198}{number}" for number in range(10))}, "/terugkeerUrls"),
    ],
)
def test_what_is_no_application_is_not_written(more: dict[str, Any], place: str) -> None:
    assert [one[0] for one in faults(application(OLD, **more))] == [place]
    assert list(faults(application(OLD, key_ends=(("1", 1),)))) == []


def test_a_key_counts_until_its_end() -> None:
    both = application(OLD, {**OLD, "kid": "2"}, key_ends=(("1", 100),))
    assert kids(both) == ("1", "2")
    assert [key["kid"] for key in json.loads(live(both, 99))["keys"]] == ["1", "2"]
    assert [key["kid"] for key in json.loads(live(both, 100))["keys"]] == ["2"]
