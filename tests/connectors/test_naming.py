"""Residents named otherwise than by number, at the desk: by a recipient's own name for them, or by their consent."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import delete

from assembly.clients import make_client_key, make_sealing_key
from assembly.demo.register import INCOME, TENANT
from audit.contract import NotPermitted, Overtaken, Permit
from connectors.contract import NothingDelivered, NotReleased, Release
from connectors.correcting.contract import Doubt
from consent.contract import Application, ConsentRequest, NoSuchThing, NotAgain, NotByNumber, Recipient, Search, Words
from consent.contract import ResidentRef as ConsentResident
from consent.limits import Limits
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.sql import Database
from tests.connectors.bulk_house import BULK, Reader, ended
from tests.consent.house import activity, element
from tests.four_rooms import POINT, R1, SECRET, STAFF, FourRooms
from vault.contract import Bsn, Deposit
from vault.service import VaultService
from vault.tables import numbers

pytestmark = pytest.mark.anyio
COACH, NAME, PLAN = "budgetcoach", "brp.naam", "kluis.oefening.een"
BODY = {"gebruiker": None, "zaak": None}
NOBODY = "a" * 32
GIVEN = ("toestemming-gegeven", "toestemming-gevraagd")


def asker(slug: str) -> Caller:
    return Caller(tenant=TENANT, kind="automatisch", organisation=slug, application=f"{slug}-app")


async def with_coaches(house: FourRooms) -> tuple[Caller, Caller]:
    """Two private recipients, who may not use a number, of one activity by choice."""
    for number, slug in enumerate((COACH, "anderecoach")):
        words = Words(nl=f"coach {slug}", en=slug)
        party = Recipient(slug=slug, oin=f"0000000109901000009{number}", name=words, by_bsn=False, public=False)
        await house.register.admit(STAFF, party)
        jwk = '{{"keys":[{{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256","x":"{}","y":"{}"}}]}}'.format(*POINT)
        system = Application(client_id=f"{slug}-app", name=slug, kind="automatisch", jwks=jwk)
        await house.register.add_client(STAFF, slug, system)
    parties = [{"ontvanger": slug} for slug in (COACH, "anderecoach")]
    used = [element(name, "C") | {"verstrekkingsgrond": "Wet BRP 3.9"} for name in (NAME, PLAN, INCOME)]
    said: dict[str, Any] = {
        "ontvangers": parties,
        "gegevenselementen": used,
        "nietOpnieuwVragen": 0,
        "geschiedenis": 30,
    }
    await house.register.publish(STAFF, activity("coaching", **said))
    return asker(COACH), asker("anderecoach")


async def taken_up(house: FourRooms, who: Caller, bsn: Bsn = R1, history: int = 0) -> tuple[str, str]:
    """Somebody opens the page of a request, and says yes: the ids of the consent and of who gave it to `who`."""
    used = (NAME, PLAN, INCOME)
    wanted = ConsentRequest(resident=None, activity="coaching", elements=used, limits=Limits(history=history))
    asked = await house.register.request(who, wanted)
    resident = await house.safe.arrive(who, bsn)
    await house.safe.hold_number(house.self_of(resident), resident)
    them = ConsentResident.model_validate(resident.model_dump())
    await house.register.take_up(house.self_of(resident), asked.id, them)
    await house.choose(asked.id, "ja", bsn)
    given = await house.register.given_by(who, asked.id)
    assert given == them
    (name,) = await house.safe.name(who, (resident,))
    return asked.id, name


async def asked(house: FourRooms, who: Caller, named: dict[str, str], *elements: str) -> Release:
    house.who = who
    more: dict[str, Any] = {"inwoner": named, "verwerkingsactiviteit": "coaching", **BODY}
    return await house.release(*(elements or (NAME,)), **more)


async def refused(house: FourRooms, who: Caller, named: dict[str, str]) -> dict[str, Any]:
    with pytest.raises(NotReleased) as why:
        await asked(house, who, named)
    said = {**why.value.members, "code": why.value.code, "detail": why.value.detail}
    return {name: value for name, value in said.items() if name != "logregel"}


async def test_a_recipient_without_a_number_names_a_resident_by_its_own_name_or_by_their_consent(
    both: FourRooms,
) -> None:
    coach, _ = await with_coaches(both)
    consent, name = await taken_up(both, coach)
    for named in ({"pseudoniem": name}, {"toestemming": consent}):
        release = await asked(both, coach, named)
        assert release.values[NAME].source == "brp"
        assert R1.reveal() not in release.model_dump_json()
    kinds = [line.event.kind for line in await both.lines() if line.event.recipient == COACH]
    assert [kind for kind in kinds if kind != "afloop"] == [*["verstrekking"] * 2, *GIVEN]
    await both.choose(consent, "stop")
    told = await refused(both, coach, {"pseudoniem": name})
    assert told["code"] == "toestemming-ingetrokken"


async def test_many_are_asked_about_by_the_recipients_own_names(both: FourRooms) -> None:
    coach, _ = await with_coaches(both)
    _, name = await taken_up(both, coach)
    _, public = make_client_key()
    private, sealing = make_sealing_key()
    jwks = json.dumps({"keys": [*public["keys"], sealing]})
    system = Application(client_id="coach-bulk", name="Bulk", kind="automatisch", jwks=jwks)
    await both.register.add_client(STAFF, COACH, system)
    both.who = coach.model_copy(update={"application": "coach-bulk"})
    both.desk_settings |= {"bulk_workers": 1}
    await both.wire()
    order = {"verwerkingsactiviteit": "coaching", "gegevenselementen": [NAME, PLAN]}
    people = [{"pseudoniem": name}, {"pseudoniem": NOBODY}, {"bsn": R1.reveal()}]
    async with both.http() as http:
        job = (await http.post(BULK, json={**order, "inwoners": people})).json()["id"]
        await ended(http, job)
        text = (await http.get(f"{BULK}/{job}/resultaat")).text
    given, nobody, number = Reader(ECKey.import_key(private)).read(text).values()
    assert (given["inwoner"], given["status"]) == ({"pseudoniem": name}, "verstrekt")
    assert set(given["antwoord"]["gegevens"]) == {NAME} and R1.reveal() not in json.dumps(given)
    assert (nobody["status"], nobody["antwoord"]["code"]) == ("geweigerd", "geen-toestemming")
    assert (number["status"], number["antwoord"]["code"]) == ("geweigerd", "ontvanger-niet-bevoegd")
    assert [line.event.kind for line in await both.lines()].count("verstrekking") == 1


async def test_who_may_not_use_a_number_is_refused_one_and_its_resident_sees_that(house: FourRooms) -> None:
    coach, _ = await with_coaches(house)
    await taken_up(house, coach)
    told = await refused(house, coach, {"bsn": R1.reveal()})
    assert told["code"] == "ontvanger-niet-bevoegd" and told["volgendeStap"]
    (line,) = [line.event for line in await house.lines() if line.event.kind == "weigering"]
    assert line.refused == ((NAME, "ontvanger-niet-bevoegd"),)
    replayed = await house.register.replay(TENANT, line)
    assert replayed.same, replayed.differences


async def test_names_of_others_of_nobody_and_of_who_chose_nothing_are_refused_alike(house: FourRooms) -> None:
    coach, other = await with_coaches(house)
    consent, name = await taken_up(house, coach)
    dead, _ = await taken_up(house, coach, SECRET)
    await house.choose(dead, "stop", SECRET)
    opened = house.keys.unwrapped
    strange = ({"pseudoniem": name}, {"toestemming": consent}, {"pseudoniem": NOBODY}, {"toestemming": NOBODY + "0000"})
    answers = [await refused(house, other, named) for named in strange]
    assert answers[0]["code"] == "geen-toestemming" and all(one == answers[0] for one in answers)
    assert await refused(house, coach, {"pseudoniem": NOBODY}) == answers[0]
    assert house.keys.unwrapped == opened
    seen = await house.audit.door("connectors").lines(other, "niemand")
    said = [line.event for line in seen.lines if line.event.sealed]
    assert len(said) == 5
    for one in said:
        assert (await house.register.replay(TENANT, one)).same


async def test_two_recipients_share_no_name_and_a_row_of_an_attacker_names_nobody(house: FourRooms) -> None:
    coach, other = await with_coaches(house)
    (_, mine), (_, theirs) = await taken_up(house, coach), await taken_up(house, other)
    assert mine != theirs
    again, stranger = await house.safe.recognise(coach, (mine, theirs))
    assert (again.id, again.stand_in) == ((await house.resident()).id, False)
    assert stranger.stand_in and stranger.subject == "niemand"
    assert (await house.safe.name(coach, (again,))) == [mine]


class Watching:
    """The vault, and the permits with which numbers are asked of it."""

    def __init__(self, vault: VaultService) -> None:
        self.vault, self.shown = vault, list[Permit]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.vault, name)

    async def numbers(self, caller: Caller, permits: Sequence[Permit]) -> list[Bsn | Problem]:
        self.shown += permits
        return await self.vault.numbers(caller, permits)


async def test_a_number_comes_out_for_a_line_that_stands_and_only_where_a_register_needs_it(house: FourRooms) -> None:
    coach, _ = await with_coaches(house)
    consent, _ = await kept(house, coach, 1)
    watching = Watching(house.safe)
    await house.wire(vault=watching)
    await asked(house, coach, consent, INCOME)
    assert watching.shown == [], "the vault knows whose it is"
    await asked(house, coach, consent, NAME)
    await refused(house, coach, {"pseudoniem": NOBODY})
    (permit,) = watching.shown
    other = permit.model_copy(update={"decision": permit.decision.replace(COACH, "anderecoach")})
    assert await house.safe.numbers(coach, (permit,)) == [R1]
    (forged,) = await house.safe.numbers(coach, (other,))
    assert isinstance(forged, NotPermitted)
    await house.choose(consent["toestemming"], "stop")
    (moved,) = await house.safe.numbers(coach, (permit,))
    assert isinstance(moved, Overtaken)
    house.now += timedelta(seconds=31)
    (late,) = await house.safe.numbers(coach, (permit,))
    assert isinstance(late, NotPermitted)


async def test_without_a_sealed_number_registers_are_silent_and_the_vault_still_gives(house: FourRooms) -> None:
    coach, _ = await with_coaches(house)
    consent, _ = await kept(house, coach, 1)
    database = Database(house.urls["vault"], "vault")
    async with database.writing(TENANT) as connection:
        await connection.execute(delete(numbers))
    await database.close()
    release = await asked(house, coach, consent, NAME, INCOME)
    assert set(release.values) == {INCOME}
    assert [(one.element, one.code) for one in release.not_delivered] == [(NAME, "bron-niet-bereikbaar")]
    resident = await house.safe.arrive(coach, R1)  # who only logs in holds on to nothing
    with pytest.raises(NothingDelivered):
        await asked(house, coach, consent, NAME)
    await house.safe.hold_number(house.self_of(resident), resident)
    assert set((await asked(house, coach, consent, NAME)).values) == {NAME}


async def test_a_request_for_whoever_takes_it_up_is_then_nobody_elses(house: FourRooms) -> None:
    coach, _ = await with_coaches(house)
    asked_ = await house.register.request(
        coach, ConsentRequest(resident=None, activity="coaching", elements=(NAME,), limits=Limits())
    )
    first, second = await house.resident(R1), await house.resident(SECRET)
    page = await house.register.choice(house.self_of(second), asked_.id)
    assert page.consent.loose, "who reads it takes nothing up"
    assert await house.register.given_by(coach, asked_.id) is None
    them = ConsentResident.model_validate(first.model_dump())
    for _ in range(2):
        await house.register.take_up(house.self_of(first), asked_.id, them)
    with pytest.raises(NoSuchThing):
        await house.register.choice(house.self_of(second), asked_.id)
    with pytest.raises(NoSuchThing):
        theirs = ConsentResident.model_validate(second.model_dump())
        await house.register.take_up(house.self_of(second), asked_.id, theirs)
    with pytest.raises(NoSuchThing):
        await house.register.take_up(house.self_of(second), asked_.id, them)
    told = [line.event.kind for line in await house.lines()]
    assert told.count("toestemming-gevraagd") == 1


async def test_whoever_says_no_to_a_request_for_nobody_stays_nobody_to_its_recipient(house: FourRooms) -> None:
    coach, _ = await with_coaches(house)
    first, _ = await taken_up(house, coach)
    wanted = ConsentRequest(resident=None, activity="coaching", elements=(NAME,))
    asked_, resident = await house.register.request(coach, wanted), await house.resident()
    them = ConsentResident.model_validate(resident.model_dump())
    search = Search(resident=them, activity="coaching")
    await house.register.take_up(house.self_of(resident), asked_.id, them)
    assert [one.id for one in await house.register.found(coach, search)] == [first], "opened, and not answered"
    await house.choose(asked_.id, "nee")
    assert [one.id for one in await house.register.found(coach, search)] == [first]
    again = await house.register.anew(house.self_of(resident), asked_.id)
    assert [one.id for one in await house.register.found(coach, search)] == [first], "by their own wish"
    assert {one.id for one in await house.register.choices(house.self_of(resident))} == {first, asked_.id, again.id}
    await house.choose(again.id, "ja")
    assert {one.id for one in await house.register.found(coach, search)} == {first, again.id}, "the clock stood still"


async def test_a_no_to_a_request_for_nobody_bars_no_question_by_name_for_that_would_tell_whose_it_was(
    house: FourRooms,
) -> None:
    coach, _ = await with_coaches(house)
    await taken_up(house, coach)
    used = [element(NAME, "C") | {"verstrekkingsgrond": "Wet BRP 3.9"}]
    said: dict[str, Any] = {"ontvangers": [{"ontvanger": COACH}], "gegevenselementen": used, "nietOpnieuwVragen": 30}
    await house.register.publish(STAFF, activity("cursus", **said))
    them = ConsentResident.model_validate((await house.resident()).model_dump())
    for_nobody = ConsentRequest(resident=None, activity="cursus", elements=(NAME,))
    loose = await house.register.request(coach, for_nobody)
    await house.register.take_up(house.self_of(await house.resident()), loose.id, them)
    by_name = for_nobody.model_copy(update={"resident": them})
    await house.choose(loose.id, "nee")
    named = await house.register.request(coach, by_name)
    await house.choose(named.id, "nee")
    with pytest.raises(NotAgain):
        await house.register.request(coach, by_name)


async def test_who_may_not_use_a_number_cannot_try_one_in_a_report(house: FourRooms) -> None:
    house.desk_settings |= {"brp_corrections": {"owner": "burgerzaken"}}
    await house.wire()
    coach, _ = await with_coaches(house)
    consent, _ = await taken_up(house, coach)
    place = (await asked(house, coach, {"toestemming": consent})).line.proof.split("/")[-2]
    before, corrections = len(await house.lines()), house.desk.corrections
    assert corrections
    for bsn in (R1, SECRET):
        said = {"inwoner": {"bsn": bsn}, "gegevenselement": NAME, "logregel": place, "reden": "Klopt dit?"}
        with pytest.raises(NotByNumber):
            await corrections.file(coach, Doubt.model_validate(said))
    assert len(await house.lines()) == before


async def kept(house: FourRooms, coach: Caller, days: int, history: int = 0) -> tuple[dict[str, str], str]:
    """An income of so many days ago, in the vault of who said yes."""
    resident = await house.resident(R1)
    await house.safe.open_vault(house.self_of(resident), resident)
    at = int(house.now.timestamp() * 1000) - days * 86_400_000
    await house.safe.keep(house.self_of(resident), resident, (Deposit(element=INCOME, value="1500.00", as_of=at),))
    consent, name = await taken_up(house, coach, history=history)
    return {"toestemming": consent}, name


@pytest.mark.parametrize(("days", "narrowed", "given"), [(30, 0, True), (31, 0, False), (11, 10, False)])
async def test_a_value_older_than_the_activity_or_the_yes_looks_back_is_not_delivered(
    house: FourRooms, days: int, narrowed: int, given: bool
) -> None:
    coach, _ = await with_coaches(house)
    named, _ = await kept(house, coach, days, narrowed)
    release = await asked(house, coach, named, NAME, INCOME)
    assert (INCOME in release.values) == given
    missing = [(one.element, one.code) for one in release.not_delivered]
    assert missing == ([] if given else [(INCOME, "niet-bekend")]), "as one that is not there"
    (line,) = [line.event for line in await house.lines() if line.event.kind == "verstrekking"]
    assert f'"terug":"{narrowed or 30}"' in line.sealed and '"eerder":"ja"' in line.sealed
    assert (await house.register.replay(TENANT, line)).same
