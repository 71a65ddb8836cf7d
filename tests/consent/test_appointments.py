"""Who was appointed by a court or a will, on the real register and log: two employees, the end, death, crashes."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from audit.contract import LogUnavailable
from consent.appointments.contract import Papers, Recorded
from consent.contract import ConsentRequest, NoSuchThing, NotNow
from consent.mandates import service
from consent.mandates.contract import Ground, Mandate, NotRepresented, Offer
from consent.mandates.tables import mandates
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess, Problem
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    ANSWER,
    BERT,
    LOKET,
    PLAN,
    TENANT,
    House,
    activity,
    no,
    stop,
    yes,
)
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted
from tests.consent.test_mandates import CEES, offered, parent

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("house", ["sqlite"], indirect=True)]
BERT_HIMSELF = ANNA_HERSELF.model_copy(update={"user": BERT.id})
ONE = Caller(tenant=TENANT, kind="medewerker", user="een", roles=("burgerzaken",))
TWO, THREE = (ONE.model_copy(update={"user": user}) for user in ("twee", "drie"))
OFFICER = ONE.model_copy(update={"user": "fg-1", "roles": ("fg",)})
MONEY = activity(terreinen=["geld", "nalatenschap"])
CARE = activity("zorghulp", {ANSWER: "C"}, terreinen=["zorg"])
WITHOUT = activity("sport", {PLAN: "C"})


def papers(house: House, **more: object) -> Papers:
    said = {"relation": "bewindvoerder", "resident": ANNA, "representative": BERT, "matters": ("geld",),
            "issuer": "rechtbank Den Haag", "reference": "12345678 / BM VERZ 26-1", "issued_on": "2026-08-01",
            "until": millis(house.clock() + timedelta(days=365))}  # fmt: skip
    return Papers.model_validate({**said, **more})


async def recorded(house: House, **more: object) -> str:
    typed = Recorded(papers=papers(house, **more), name="mevrouw Bakker", label="de heer De Wit")
    return (await house.consent.appointments.record(ONE, typed)).id


async def appointed(house: House, **more: object) -> Ground:
    said = papers(house, **more)
    waits = await recorded(house, **more)
    await house.consent.appointments.confirm(TWO, waits, said)
    return Ground(relation=said.relation, resident=ANNA, mandate=waits)


async def held(house: House) -> list[Mandate]:
    return await house.consent.mandates.held(BERT_HIMSELF)


async def reason(wanted: object) -> str:
    with pytest.raises(NotRepresented) as refused:
        await wanted  # type: ignore[misc]  # a coroutine
    return str(refused.value.members["reden"])


async def test_two_employees_appoint_somebody_who_then_acts_within_their_matters(house: House) -> None:
    await house.ready(MONEY, CARE, WITHOUT)
    asked, door, desk = await house.request(PLAN), house.consent.mandates, house.consent.appointments
    for slug, element in (("zorghulp", ANSWER), ("sport", PLAN)):
        await request(house, slug, element)
    waits = await recorded(house)
    assert await held(house) == [], "what one person wrote down permits nothing"
    assert await reason(door.choices(BERT_HIMSELF, ground(waits))) == "voorbij"
    assert [(one.id, one.own) for one in await desk.waiting(ONE)] == [(waits, True)]
    assert [(one.id, one.own) for one in await desk.waiting(TWO)] == [(waits, False)]
    with pytest.raises(NoAccess):
        await desk.confirm(ONE, waits, papers(house))
    again = papers(house, issuer="Rechtbank  den haag", reference="12345678/BM-VERZ 26 1")
    await desk.confirm(TWO, waits, again)
    assert await desk.waiting(TWO) == []
    with pytest.raises(NoSuchThing):
        await desk.confirm(TWO, waits, again)

    (mine,) = await held(house)
    assert (mine.relation, mine.matters, mine.name, mine.label) == ("bewindvoerder", ("geld",), "mevrouw Bakker", "")
    assert mine.source == "beschikking van 1 augustus 2026, rechtbank Den Haag, 12345678 / BM VERZ 26-1"
    (seen,) = await door.choices(BERT_HIMSELF, ground(waits))
    assert seen.id == asked.id, "of what is about care or about nothing said, nothing"
    await door.begin(BERT_HIMSELF, ground(waits))
    await door.choose(BERT_HIMSELF, ground(waits), asked.id, yes())
    found = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 20)).lines
    told = [line.event for line in found if line.event.on_behalf]
    assert [one.kind for one in told] == ["toestemming-gegeven", "namens-gekeken", "machtiging-gegeven",
                                         "machtiging-vastgelegd"]  # fmt: skip
    assert "grond" not in told[3].details, "of a document that one person read, nobody is told: it may be another's"
    for one in told:
        assert (one.on_behalf, one.actor) == ("bewindvoerder", "")
        assert one is told[3] or one.details["grond"] == mine.source
        assert not {BERT.id, "Bakker", "Wit", "een", "twee"} & {*" ".join(one.details.values()).split()}
    (own,) = [one for one in await house.consent.choices(ANNA_HERSELF) if one.id == asked.id]
    assert (own.state, own.by) == ("gegeven", "bewindvoerder")


def ground(appointment: str, relation: str = "bewindvoerder") -> Ground:
    return Ground.model_validate({"relation": relation, "resident": ANNA, "mandate": appointment})


async def request(house: House, slug: str, element: str) -> str:
    return (await house.consent.request(LOKET, ConsentRequest(resident=ANNA, activity=slug, elements=(element,)))).id


async def test_the_resident_stops_what_was_given_and_not_what_the_court_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.ready(MONEY)
    asked, door = await house.request(PLAN), house.consent.mandates
    court = await appointed(house)
    await door.choose(BERT_HIMSELF, court, asked.id, yes())
    await house.consent.choose(ANNA_HERSELF, asked.id, stop())
    with pytest.raises(NotNow):
        await door.choose(BERT_HIMSELF, court, asked.id, yes())
    for somebody in (ANNA_HERSELF, BERT_HIMSELF):
        with pytest.raises(NotNow):
            await door.end(somebody, court.mandate)
    (own,) = await door.given(ANNA_HERSELF)
    await recorded(house, reference="2026-45")
    await house.consent.appointments.end(ONE, ANNA, "2026-45", "fout")
    with monkeypatch.context() as crowded:
        crowded.setattr(service, "MOST", 1)
        assert [one.id for one in await held(house)] == [court.mandate], "what ended takes no place in the list"
        crowded.setattr(service, "MOST_OPEN", 1)
        await offered(house)  # nor does a court's choice take the place of one's own
        with pytest.raises(NotNow):
            await offered(house)
    assert (own.status, own.label, own.name, own.source[:11]) == ("geldig", "de heer De Wit", "", "beschikking")


async def test_in_those_matters_the_resident_says_no_and_stops_and_says_no_yes(house: House) -> None:
    """UAVG 5(2): the yes of who was appointed takes its place; 5(3): to stop is open to both."""
    await house.ready(MONEY.model_copy(update={"bar": 0}), WITHOUT)
    asked, door = await house.request(PLAN), house.consent.mandates
    other = await request(house, "sport", PLAN)
    friend, theirs = await chosen_by_anna(house)
    court = await appointed(house)
    with pytest.raises(NotNow):  # nobody lets somebody else say what is not theirs to say
        await door.choose(friend, theirs, asked.id, yes())
    with pytest.raises(NotNow):  # nor does a parent, while the order stands
        await door.choose(CEES, parent(house), asked.id, yes())
    assert (await house.consent.choice(ANNA_HERSELF, asked.id)).instead == "bewindvoerder"
    assert (await house.consent.choice(ANNA_HERSELF, other)).instead == ""
    with pytest.raises(NotNow):
        await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    assert (await house.consent.choose(ANNA_HERSELF, other, yes())).consent.state == "gegeven"
    await door.choose(BERT_HIMSELF, court, asked.id, yes())
    await house.consent.choose(ANNA_HERSELF, asked.id, yes(answer="pauze"))
    with pytest.raises(NotNow):
        await house.consent.choose(ANNA_HERSELF, asked.id, yes(answer="hervat"))
    assert (await house.consent.choose(ANNA_HERSELF, asked.id, stop())).consent.state == "ingetrokken"
    again = await house.request(PLAN)
    assert (await house.consent.choose(ANNA_HERSELF, again.id, no())).consent.state == "geweigerd"
    await house.consent.appointments.end(TWO, ANNA, papers(house).reference, "beeindigd")
    last = await house.request(PLAN)
    assert (await house.consent.choose(ANNA_HERSELF, last.id, yes())).consent.state == "gegeven"


async def chosen_by_anna(house: House) -> tuple[Caller, Ground]:
    """Somebody whom the resident lets decide about what a court will give to another."""
    friend, door = ANNA_HERSELF.model_copy(update={"user": "7" * 32}), house.consent.mandates
    until = millis(house.clock() + timedelta(days=30))
    offer = Offer(resident=ANNA, label="mijn zus", activities=("regeling",), decides=True, until=until)
    given = await door.accept(friend, (await door.offer(ANNA_HERSELF, offer)).code)
    return friend, ground(given.id, "machtiging")


async def test_an_end_cuts_off_at_the_next_step(house: House) -> None:
    await house.ready(MONEY)
    asked, door, desk = await house.request(PLAN), house.consent.mandates, house.consent.appointments
    court, other = await appointed(house), await recorded(house)
    assert len(await door.choices(BERT_HIMSELF, court)) == 1
    for wrong in ((ANNA, "12345678"), (BERT, "12345678 / BM VERZ 26-1")):
        with pytest.raises(NoSuchThing):
            await desk.end(TWO, *wrong, "beeindigd")
    assert await desk.end(TWO, ANNA, "12345678 bm verz 26-1", "beeindigd") == 2, "what waits rests on it too"
    for act in (door.choices(BERT_HIMSELF, court), door.choose(BERT_HIMSELF, court, asked.id, stop())):
        assert await reason(act) == "voorbij"
    assert await held(house) == []
    with pytest.raises(NoSuchThing):
        await desk.confirm(TWO, other, papers(house))
    with pytest.raises(NoSuchThing):
        await desk.end(TWO, ANNA, "12345678 bm verz 26-1", "beeindigd")
    by_day = await appointed(house, until=millis(house.clock() + timedelta(days=1)))
    house.clock.forward(days=1)
    assert await reason(door.choices(BERT_HIMSELF, by_day)) == "voorbij"


async def test_death_ends_a_curators_task_and_begins_an_executors(house: House) -> None:
    await house.ready(MONEY)
    asked, door = await house.request(PLAN), house.consent.mandates
    curator = await appointed(house, relation="curator", matters=("geld", "zorg"))
    will = await appointed(house, relation="executeur", matters=("nalatenschap",), reference="2026-44")
    await door.choose(BERT_HIMSELF, curator, asked.id, yes())
    assert await reason(door.choices(BERT_HIMSELF, will)) == "voorbij"
    assert [one.relation for one in await held(house)] == ["curator"]
    await house.consent.flag(Caller(tenant=TENANT, kind="kamer"), ANNA, ["overleden"])
    assert [one.relation for one in await held(house)] == ["executeur"]
    for act in (door.choices(BERT_HIMSELF, curator), door.choose(BERT_HIMSELF, curator, asked.id, stop())):
        assert await reason(act) == "voorbij"
    (seen,) = await door.choices(BERT_HIMSELF, will)
    for answer in (yes(), no(), yes(answer="vernieuw")):
        assert await reason(door.choose(BERT_HIMSELF, will, seen.id, answer)) == "alleen-zien"
    assert (await door.choose(BERT_HIMSELF, will, seen.id, stop())).consent.state == "ingetrokken"


DIFFERS: tuple[dict[str, object], ...] = (
    {"resident": BERT, "representative": ANNA},
    {"representative": BERT.model_copy(update={"id": "7" * 32})},
    {"relation": "curator"},
    {"issuer": "rechtbank Rotterdam"},
    {"reference": "12345678 / BM VERZ 26-2"},
    {"issued_on": "2026-08-02"},
    {"until": 1_800_000_000_000},
)
CANNOT_BE: tuple[dict[str, object], ...] = (
    {"representative": ANNA},
    {"representative": BERT.model_copy(update={"stand_in": True})},
    {"matters": ("zorg",)},
    {"relation": "curator", "matters": ("nalatenschap",)},
    {"reference": "/ -"},
    {"reference": "999993653"},
    {"issued_on": "2026-02-30"},
    {"issued_on": "2026-09-09"},
    {"until": 1},
    {"until": 1_957_000_000_000},  # in six years
    {"relation": "executeur", "matters": ("nalatenschap",), "until": 1_830_000_000_000},  # in more than one
)


async def test_what_does_not_fit_is_neither_written_down_nor_confirmed(house: House) -> None:
    await house.ready()
    desk = house.consent.appointments
    for more in CANNOT_BE:
        with pytest.raises(BadInput):
            await recorded(house, **more)
    typed = Recorded(papers=papers(house), name="a", label="b")
    for stranger in (OFFICER, ANNA_HERSELF, room_of(TENANT, "web"), ONE.model_copy(update={"user": ""})):
        for act in (desk.record(stranger, typed), desk.waiting(stranger), desk.confirm(stranger, "1", typed.papers),
                    desk.end(stranger, ANNA, "x", "fout")):  # fmt: skip
            with pytest.raises(NoAccess):
                await act
    assert await house.kinds() == []
    waits = await recorded(house)
    for more in DIFFERS:
        with pytest.raises(NotNow):
            await desk.confirm(TWO, waits, papers(house, **more))
    assert await house.kinds() == ["machtiging-vastgelegd"]
    house.clock.forward(days=14, milliseconds=1)
    assert await desk.waiting(TWO) == []
    with pytest.raises(NoSuchThing):
        await desk.confirm(TWO, waits, papers(house, until=millis(house.clock.now)))
    assert await house.consent.mandates.given(ANNA_HERSELF) == [], "it may be about somebody else"


async def test_a_confirmation_against_an_end_leaves_nothing_in_force(house: House) -> None:
    """Ten times, on two instances; and what one began to confirm another may finish."""
    await house.ready(MONEY)
    other = await house.second()
    for _ in range(10):
        waits, said = await recorded(house), papers(house)
        await asyncio.gather(other.appointments.confirm(TWO, waits, said),
                             house.consent.appointments.end(ONE, ANNA, said.reference, "fout"),
                             return_exceptions=True)  # fmt: skip
        assert await held(house) == []
        house.clock.forward(milliseconds=5)
    waits, said = await recorded(house), papers(house)
    broken = await house.second(Interrupted(house.log, AFTER, "machtiging-gegeven"))
    with pytest.raises(LogUnavailable):
        await broken.appointments.confirm(TWO, waits, said)
    await house.consent.appointments.confirm(THREE, waits, said)
    assert len(await held(house)) == 1
    assert (await house.kinds())[-2:] == ["machtiging-vastgelegd", "machtiging-gegeven"], "one line, of who was first"


@pytest.mark.parametrize(("when", "left"), [(BEFORE, []), (AFTER, ["geldig"])])
async def test_what_crashed_counts_when_its_line_stands(house: House, when: str, left: list[str]) -> None:
    await house.ready(MONEY)
    waits, said = await recorded(house), papers(house)
    broken = await house.second(Interrupted(house.log, when, "machtiging-gegeven"))
    with pytest.raises(LogUnavailable):
        await broken.appointments.confirm(TWO, waits, said)
    assert await held(house) == [], "pending permits nothing"
    house.clock.forward(minutes=11 if when == BEFORE else 1)
    await house.consent.finish(TENANT)
    assert [one.status for one in await held(house)] == left
    if when == BEFORE:
        return
    broken = await house.second(Interrupted(house.log, AFTER, "machtiging-beeindigd"))
    with pytest.raises(LogUnavailable):
        await broken.appointments.end(ONE, ANNA, said.reference, "vervangen")
    assert await reason(house.consent.mandates.choices(BERT_HIMSELF, ground(waits))) == "voorbij"


async def test_an_appointment_is_no_other_one(house: House) -> None:
    """Whoever can write the table cannot make more of it, and a ground that says more than its row is none."""
    await house.ready(MONEY)
    court, door = await appointed(house), house.consent.mandates
    for relation in ("curator", "machtiging", "executeur"):
        assert await reason(door.choices(BERT_HIMSELF, ground(court.mandate, relation))) == "buiten"
    for said in (None, '{"matters": ["geld", "zorg"], "recorder": "", "relation": "curator", "sealed": ""}'):
        async with house.database().writing(TENANT) as connection:
            await connection.execute(update(mandates).values(appointed=said))
        with pytest.raises(Problem) as forged:
            await door.choices(BERT_HIMSELF, court)
        assert forged.value.status == 503
