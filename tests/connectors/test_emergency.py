"""Break-glass at the desk: what it needs, what it lifts, what it leaves in the log, and what it never reaches."""

from typing import Any

import pytest

from assembly.demo.register import CALLED, EMERGENCY, INCOME, LOAN_DESK, TENANT, activities
from audit.contract import Event, Line
from connectors.contract import NotReleased, Release
from consent.activity import ActivityVersion
from consent.contract import CannotPublish, ConsentRequest, ResidentRef
from consent.limits import Limits
from kernel.errors import BadInput
from tests.connectors.test_races import Around
from tests.four_rooms import DESK_WORKER, R1, STAFF, STRANGER, FourRooms

pytestmark = pytest.mark.anyio
NAME, ADDRESS = "brp.naam", "brp.adres"
NOTE = "Zij belde huilend; buurman Karel deed niet open."
CALL = {"reden": CALLED, "toelichting": NOTE}
ANYTHING = DESK_WORKER.model_copy(update={"scope": ()})


async def urgent(rooms: FourRooms, *elements: str, **more: Any) -> Release:
    rooms.who = ANYTHING
    said = {"verwerkingsactiviteit": EMERGENCY, "zaak": None, "noodtoegang": CALL, **more}
    return await rooms.release(*(elements or (NAME, ADDRESS)), **said)


async def newest(rooms: FourRooms, kind: str) -> Line:
    return next(line for line in await rooms.lines() if line.event.kind == kind)


def version(**more: Any) -> ActivityVersion:
    """The demo's, with more said."""
    said = next(one for one in activities() if one.slug == EMERGENCY).model_dump(by_alias=True)
    return ActivityVersion.model_validate(said | more)


async def test_an_emergency_is_a_line_of_its_own_kind_with_its_reason_and_a_sealed_note(both: FourRooms) -> None:
    answer = await urgent(both)
    assert set(answer.values) == {NAME, ADDRESS}
    line = await newest(both, "noodverstrekking")
    event: Event = line.event
    assert (event.class_, event.basis, event.recipient, line.outcome) == ("A", "6(1)(d)", LOAN_DESK, "geleverd")
    assert event.details["noodtoegang"] == CALLED and event.details["noodReden"].startswith("Iemand belde")
    assert '"noodtoegang":"belt-om-hulp"' in event.sealed, "who replays it knows that it was one"
    bundle = await both.audit.door("connectors").bundle(DESK_WORKER, line.position)
    assert "Karel" not in event.model_dump_json() + bundle.model_dump_json(), "others may be named in it"
    assert event.details["noodToelichting"]


async def test_who_is_not_known_here_yet_is_helped_all_the_same(house: FourRooms) -> None:
    with pytest.raises(NotReleased):
        await urgent(house, "brp.nationaliteit", bsn=STRANGER)
    assert (await urgent(house, bsn=R1)).values


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no emergency": ({"noodtoegang": None}, "/noodtoegang", "ontbreekt"),
    "an unknown reason": ({"noodtoegang": CALL | {"reden": "zomaar"}}, "/noodtoegang/reden", "onbekende-reden"),
    "an activity that is for none": ({"verwerkingsactiviteit": "verhuizing-verwerken"}, "/noodtoegang", "past-niet"),
    "an activity that nobody knows": ({"verwerkingsactiviteit": "niets"}, "/noodtoegang", "past-niet"),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_an_emergency_that_does_not_go_with_its_activity_is_a_400_without_a_line(
    house: FourRooms, case: str
) -> None:
    more, place, code = FAULTS[case]
    for bsn in (R1, STRANGER):
        before = len(await house.lines())
        with pytest.raises(BadInput) as wrong:
            await urgent(house, bsn=bsn, **more)
        assert [(one["veld"], one["code"]) for one in wrong.value.members["fouten"]] == [(place, code)]
        assert len(await house.lines()) == before and not house.seen


async def test_nobody_but_an_employee_asks_in_an_emergency(house: FourRooms) -> None:
    for kind in ("automatisch", "burger"):
        house.who = ANYTHING.model_copy(update={"kind": kind})
        said: dict[str, Any] = {"verwerkingsactiviteit": EMERGENCY, "zaak": None, "noodtoegang": CALL}
        with pytest.raises(BadInput) as wrong:
            await house.release(NAME, **said)
        assert wrong.value.members["fouten"][0]["code"] == "geen-medewerker"


async def test_it_lifts_the_case_the_notice_and_the_frequency_and_nothing_else(house: FourRooms) -> None:
    strict = version(zaak="verplicht", vooraf=14, frequentie={"keer": 1, "per": "dag"})
    await house.register.publish(STAFF, strict)
    for _ in range(2):
        assert set((await urgent(house)).values) == {NAME, ADDRESS}
    await house.register.suspend(STAFF, LOAN_DESK)
    with pytest.raises(NotReleased) as refused:
        await urgent(house)
    assert refused.value.code == "ontvanger-niet-bevoegd"
    event = (await newest(house, "weigering")).event
    assert event.details["noodtoegang"] == CALLED and "noodToelichting" not in event.details


async def asked_before(house: FourRooms, history: int = 0) -> str:
    """The same recipient asks for the address in another activity, where the resident chooses; the consent. history:
    days that it looks back."""
    choice = version(slug="hulp-vooraf", noodtoegang=None, gegevenselementen=[
        {"gegevenselement": ADDRESS, "reden": {"nl": "x", "en": "x"}, "klasse": "C", "grondslag": "6(1)(a)",
         "verstrekkingsgrond": "Wet BRP 3.9"}])  # fmt: skip
    await house.register.publish(STAFF, choice)
    resident = ResidentRef.model_validate((await house.resident()).model_dump())
    limits = Limits(history=history)
    wanted = ConsentRequest(resident=resident, activity="hulp-vooraf", elements=(ADDRESS,), limits=limits)
    return (await house.register.request(ANYTHING, wanted)).id


async def test_what_the_resident_refused_this_recipient_stays_refused(house: FourRooms) -> None:
    consent = await asked_before(house)
    assert (await urgent(house)).values.keys() == {NAME, ADDRESS}, "a question is no no"
    await house.choose(consent, "ja")
    assert (await urgent(house)).values.keys() == {NAME, ADDRESS}
    await house.choose(consent, "stop")
    answer = await urgent(house)
    assert set(answer.values) == {NAME}
    assert [(one.element, one.code) for one in answer.refused] == [(ADDRESS, "toestemming-ingetrokken")]


async def test_a_no_that_is_said_between_the_decision_and_its_line_wins(house: FourRooms) -> None:
    consent = await asked_before(house)
    await house.choose(consent, "ja")

    async def stops() -> None:
        await house.choose(consent, "stop")

    door: Any = Around(house.register, "decide", stops, after=True)
    await house.wire(consent=door)
    answer = await urgent(house)
    assert set(answer.values) == {NAME}
    assert [(one.element, one.code) for one in answer.refused] == [(ADDRESS, "toestemming-ingetrokken")]


async def test_a_pause_between_the_decision_and_its_line_is_no_no(house: FourRooms) -> None:
    consent = await asked_before(house)
    await house.choose(consent, "ja")

    async def pauses() -> None:
        await house.choose(consent, "pauze")

    door: Any = Around(house.register, "decide", pauses, after=True)
    await house.wire(consent=door)
    assert set((await urgent(house)).values) == {NAME, ADDRESS}


@pytest.mark.parametrize("answer", ["", "ja"])
async def test_how_far_back_something_else_may_look_does_not_bind_an_emergency(house: FourRooms, answer: str) -> None:
    consent = await asked_before(house, history=1)
    if answer:
        await house.choose(consent, answer)
    await urgent(house)
    event = (await newest(house, "noodverstrekking")).event
    assert '"terug"' not in event.sealed
    replayed = await house.register.replay(TENANT, event)
    assert replayed.same, replayed.differences


async def test_no_activity_for_emergencies_reaches_the_vault(house: FourRooms) -> None:
    vault = {"gegevenselement": INCOME, "reden": {"nl": "x", "en": "x"}, "klasse": "A", "grondslag": "6(1)(d)",
             "wet": "x", "verstrekkingsgrond": "x"}  # fmt: skip
    with pytest.raises(CannotPublish) as refused:
        await house.register.publish(STAFF, version(gegevenselementen=[vault]))
    told = {one["detail"] for one in refused.value.members["fouten"]}
    assert "Ook bij nood blijft de kluis van de inwoner dicht." in told


async def test_the_door_tells_all_faults_at_once_and_never_what_was_sent(house: FourRooms) -> None:
    house.who = ANYTHING
    body = {"inwoner": {"bsn": R1.reveal()}, "verwerkingsactiviteit": EMERGENCY, "gegevenselementen": [],
            "gebruiker": "mw-4821"}  # fmt: skip
    async with house.http() as client:
        bare = (await client.post("/verstrekking/v1/verstrekkingen", json=body)).json()
        wrong = body | {"noodtoegang": {"reden": "Zo Maar", "toelichting": "Over 999993653" + "x" * 300, "wie": "ik"}}
        told = await client.post("/verstrekking/v1/verstrekkingen", json=wrong)
        moving = body | {"verwerkingsactiviteit": "verhuizing-verwerken", "noodtoegang": CALL}
        other = (await client.post("/verstrekking/v1/verstrekkingen", json=moving)).json()
        empty = body | {"gegevenselementen": [NAME], "noodtoegang": {"reden": CALLED, "toelichting": "  "}}
        blank = (await client.post("/verstrekking/v1/verstrekkingen", json=empty)).json()
    assert {one["veld"] for one in bare["fouten"]} == {"/gegevenselementen", "/noodtoegang"}
    assert {one["veld"] for one in told.json()["fouten"]} == {
        "/gegevenselementen", "/noodtoegang", "/noodtoegang/reden", "/noodtoegang/toelichting"
    }  # fmt: skip
    assert "999993653" not in told.text
    assert {(one["veld"], one["code"]) for one in other["fouten"]} >= {("/noodtoegang", "past-niet")}
    assert [one["veld"] for one in blank["fouten"]] == ["/noodtoegang/toelichting"]
