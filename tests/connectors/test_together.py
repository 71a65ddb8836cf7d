"""The BRP asked about twenty residents in one question: nobody gets another's answer, or loses theirs by another."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from assembly.demo.brp.loader import own_residents
from audit.contract import NotPermitted, Permit
from connectors.brp import ANSWER_BYTES, BrpSource
from connectors.gateway import Gateway
from connectors.outside.addresses import LOOPBACK, networks
from connectors.outside.asking import Asker
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.outside.guarding import Narrow, Patient
from connectors.outside.opening import open_outside
from connectors.person import apart
from connectors.together import BrpTogether
from tests.connectors.bulk_house import BY_LAW, ended, numbers, placed, ready
from tests.connectors.published import Published, published
from tests.four_rooms import DESK_WORKER, SECRET, FourRooms, nobody_hides
from tests.patience import PATIENCE
from tests.vault.test_permit import Maker
from vault.contract import Bsn, Values

pytestmark = pytest.mark.anyio
A, B, C, STRANGER = "999993653", "999995261", "999998614", "999995649"
NUMBER = "burgerservicenummer"


def said(*people: Any) -> dict[str, Any]:
    return {"type": "RaadpleegMetBurgerservicenummer", "personen": list(people)}


def named(number: str, **more: Any) -> dict[str, Any]:
    return {NUMBER: number, "naam": {"voornamen": f"Naam van {number[-2:]}"}, **more}


def test_each_part_of_an_answer_is_that_of_the_number_in_it_whatever_its_place() -> None:
    told = apart(said(named(C), named(A)), {A, B, C})
    assert told == {A: said_of(named(A)), B: said_of(), C: said_of(named(C))}


def said_of(*people: Any) -> dict[str, Any]:
    return {"personen": list(people)}


@pytest.mark.parametrize(
    ("people", "lost"),
    [
        ((named(A), named(A), named(B)), {A}),
        ((named(A), named(STRANGER)), {B}),
        ((named(A), {"naam": {}}), {B}),
        ((named(A), {NUMBER: int(B), "naam": {}}), {B}),
        ((named(A), {NUMBER: [B], "naam": {}}), {B}),
        ((named(A), "x"), {B}),
        ((named(A), named(B), named(STRANGER)), set()),
        ((), set()),
    ],
)
def test_what_says_of_nobody_whose_it_is_is_given_to_nobody(people: Sequence[Any], lost: set[str]) -> None:
    told = apart(said(*people), {A, B})
    assert {number for number, answer in told.items() if answer is None} == lost
    assert STRANGER not in str(told)


@pytest.mark.parametrize("body", [None, [], {}, {"personen": {}}, {"personen": None}])
def test_an_answer_of_another_shape_is_nobodys(body: Any) -> None:
    with pytest.raises(Unreadable):
        apart(body, {A})


@pytest.fixture
async def maker(empty: FourRooms) -> AsyncIterator[Maker]:
    yield Maker(empty, "f" * 32, "a" * 32)


async def permit(maker: Maker, *elements: str) -> Permit:
    allowed = [{"element": one, "bron": "brp", "invoer": [["brp", one]], "hekken": []} for one in elements]
    return await maker.permit(maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]))


def answering(body: Any) -> Any:
    """C has something in it that no register writes; of nobody else is anything wrong."""
    people = {A: named(A), B: named(B, geheimhoudingPersoonsgegevens=True), C: named(C, naam={"voornamen": "\u202ex"})}
    return said(*(people[one] for one in reversed(body[NUMBER]) if one in people))


async def test_one_question_about_many_and_a_fault_is_one_persons_own(maker: Maker) -> None:
    register = Published("brp/openapi.yaml", answering, root="/haalcentraal/api/brp")
    rooms, more = maker.rooms, numbers(21)
    name = [await permit(maker, "brp.naam") for _ in range(25)]
    birth, spoiled = await permit(maker, "brp.geboortedatum"), await permit(maker, "brp.naam")
    spoiled = spoiled.model_copy(update={"seal": "00" * 64})
    async with published(register) as url, open_outside(url, networks(LOOPBACK), PATIENCE) as http:
        gateway = Gateway(purposes={"*": "BRPACT-Totaal"}, oin="0" * 20)
        brp = BrpSource(
            Asker(http, url, ANSWER_BYTES),
            gateway,
            rooms.trusted,
            rooms.clock,
            lambda _: {"x-api-key": "sleutel"},
            PATIENCE,
            hiding=nobody_hides,
        )
        shown = list(zip(name, map(Bsn, (A, B, C, *more[:21])), strict=False))
        shown += [(birth, Bsn(STRANGER)), (spoiled, Bsn(more[20]))]
        found = await BrpTogether(brp, Patient(PATIENCE)).fetch_many(DESK_WORKER, shown)
    bodies = sorted(register.bodies, key=lambda body: -len(body[NUMBER]))  # they go at once, and come as they come
    assert [len(body[NUMBER]) for body in bodies] == [20, 4, 1] and register.faults == []
    assert [body["fields"][0] for body in bodies] == [NUMBER] * 3
    assert bodies[2]["fields"] == [NUMBER, "geboorte.datum"], "no more is asked of anybody than their own"
    assert all(one["x-doelbinding"] == "BRPACT-Totaal" for one in register.headers)
    assert not any(number in str([register.headers, register.seen]) for number in (A, B, C))
    a, b, c, *rest, other, wrong = found
    assert text(a) == "Naam van 53" and text(b) == "Naam van 61"
    assert isinstance(b, Values) and b.flags == ("geheimhouding",) and isinstance(a, Values) and a.flags == ()
    assert isinstance(c, SourceFailed) and c.why == "onleesbaar" and isinstance(wrong, NotPermitted)
    assert rest == [Values()] * 21 and other == Values()


def text(found: Values | Exception) -> str:
    assert isinstance(found, Values)
    (one,) = found.values
    assert isinstance(one.value, dict)
    return str(one.value["voornamen"])


class Choosy(Published):
    """Refuses any question in which B stands: then nothing of it was provided."""

    def judge(self, request: Any, body: Any) -> None:
        self.status = 400 if B in body[NUMBER] else 200


async def test_a_question_that_is_refused_for_one_is_asked_of_each_and_one_that_may_have_come_is_not(
    maker: Maker,
) -> None:
    shown = [(await permit(maker, "brp.naam"), Bsn(one)) for one in (A, B)]

    async def asked_of(register: Published) -> list[Values | Exception]:
        async with published(register) as url, open_outside(url, networks(LOOPBACK), PATIENCE) as http:
            rooms = maker.rooms
            brp = BrpSource(
                Asker(http, url, ANSWER_BYTES),
                Gateway.off(),
                rooms.trusted,
                rooms.clock,
                seconds=PATIENCE,
                hiding=nobody_hides,
            )
            return await BrpTogether(brp, Patient(PATIENCE)).fetch_many(DESK_WORKER, shown)

    a, b = await asked_of(choosy := Choosy("", answering))
    assert text(a) == "Naam van 53" and isinstance(b, SourceFailed) and len(choosy.bodies) == 3
    broken = Published("", answering, status=500)
    found = await asked_of(broken)
    assert all(isinstance(one, SourceFailed) for one in found) and len(broken.bodies) == 1, (
        "the register may have noted it"
    )


P, Q, S = "999990019", "999990226", "999990421"  # partners
PAIRS = {A: P, B: Q, C: S}


class Paired(Published):
    """Each has a partner, and that of B is secret. refused, broken: numbers in whose question the register stops."""

    def __init__(self, refused: str = "", broken: str = "") -> None:
        super().__init__("", self.told)
        self.refused, self.broken = refused, broken

    def told(self, body: Any) -> Any:
        found = [named(one, partners=[named(PAIRS[one])]) for one in body[NUMBER] if one in PAIRS]
        found += [{NUMBER: one, **({"geheimhoudingPersoonsgegevens": True} if one == Q else {})}
                  for one in body[NUMBER] if one in PAIRS.values()]  # fmt: skip
        return said(*reversed(found))

    def judge(self, request: Any, body: Any) -> None:
        wrong = [(self.refused, 400), (self.broken, 500)]
        self.status = next((status for one, status in wrong if one in body[NUMBER] and len(body[NUMBER]) > 1), 200)

    @property
    def asked(self) -> list[set[str]]:
        return [set(body[NUMBER]) for body in self.bodies]


async def test_people_around_twenty_are_looked_up_in_one_question_and_who_hides_is_told_of_to_nobody(
    maker: Maker,
) -> None:
    shown = [(await permit(maker, "brp.naam", "brp.partner"), Bsn(one)) for one in (A, B, C)]

    async def answers(register: Paired) -> list[Values | Exception]:
        async with published(register) as url, open_outside(url, networks(LOOPBACK), PATIENCE) as http:
            rooms = maker.rooms
            brp = BrpSource(
                Asker(http, url, ANSWER_BYTES),
                Gateway.off(),
                rooms.trusted,
                rooms.clock,
                seconds=PATIENCE,
                hiding=nobody_hides,
            )
            return await BrpTogether(brp, Patient(PATIENCE)).fetch_many(DESK_WORKER, shown)

    def partners(found: list[Values | Exception]) -> list[str]:
        assert all(isinstance(one, Values) for one in found), found
        told = [{value.element: str(value.value) for value in one.values} for one in found if isinstance(one, Values)]
        assert all("brp.naam" in one and not {P, Q, S} & set(str(one)) for one in told)
        return [one.get("brp.partner", "") for one in told]

    found = partners(await answers(good := Paired()))
    assert good.asked == [{A, B, C}, {P, Q, S}] and good.bodies[1]["fields"] == [NUMBER]
    assert good.bodies[1][NUMBER] == sorted((P, Q, S)), "in no order that says who belongs to whom"
    assert found[1] == "" and "Naam van 19" in found[0] and "Naam van 21" in found[2]
    # refused for one of them: nothing was noted, so each is looked up for their own
    assert partners(await answers(choosy := Paired(refused=P))) == found
    assert choosy.asked[1:] == [{P, Q, S}, {P}, {Q}, {S}]
    # it may have noted them: of nobody is anything told, and nobody is asked about again
    lost = await answers(broken := Paired(broken=P))
    assert all(isinstance(one, SourceFailed) for one in lost) and len(broken.asked) == 2


async def test_a_bulk_job_asks_the_register_about_twenty_in_one_question(house: FourRooms) -> None:
    reader = await ready(house, bulk_part=50)
    await house.wire()
    people = [*list(own_residents())[:30], *numbers(20)]
    async with house.http() as http:
        house.brp.state.requests.clear()
        job = await placed(http, people, BY_LAW, "brp.naam")
        told = await ended(http, job)
        answers = reader.read((await http.get(f"{'/verstrekking/v1/bulkverstrekkingen'}/{job}/resultaat")).text)
    assert [one.numbers for one in house.brp.state.requests] == [20, 20, 10]
    assert told["verstrekt"] + told["nietGeleverd"] + told["geweigerd"] == 50 and told["verstrekt"] > 10
    for nr, bsn in enumerate(people):
        values = answers[nr]["antwoord"].get("gegevens", {})
        if bsn in own_residents() and values:
            known = own_residents()[bsn]["naam"]
            assert values["brp.naam"]["waarde"].get("geslachtsnaam") == known.get("geslachtsnaam"), "another's name"
    secret = people.index(SECRET.reveal()) if SECRET.reveal() in people else -1
    assert secret >= 0 and answers[secret]["antwoord"].get("geheimhouding") is True


async def test_whoever_stands_in_line_for_the_children_of_somebody_waits_no_longer_than_a_source_may_take() -> None:
    guard, seconds = Narrow(Patient(PATIENCE), 1, 5), 0.05
    brp = BrpSource(None, Gateway.off(), None, None, seconds=seconds, hiding=nobody_hides)  # type: ignore[arg-type]  # nobody is asked
    before = asyncio.create_task(guard.run(lambda: asyncio.sleep(PATIENCE)))
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(PATIENCE / 2):
            with pytest.raises(TimeoutError):
                await BrpTogether(brp, guard).minors(DESK_WORKER, None, Bsn(A))  # type: ignore[arg-type]  # it looks at none
    finally:
        before.cancel()
