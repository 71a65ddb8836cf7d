"""Families at the real desk: releases, refusals, faults, explanations, bulk, authority, and what each of them reads of
the others in their own lines. A register that tells too much stands behind it."""

import json
import logging
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx2
import pytest

from assembly.demo.register import LOAN_DESK, activities
from consent.contract import ActivityVersion, ConsentRequest, Question
from consent.contract import ResidentRef as ConsentResident
from consent.explained import Explained
from tests.connectors.bulk_house import ended, placed, ready
from tests.connectors.test_authority import PORTAL
from tests.families.checker import ELEMENTS, acted_for, counted, leaks, told, wrongly
from tests.families.made import Family, answered, by_number, registered
from tests.four_rooms import DESK_WORKER, STAFF, FourRooms
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
LAW, CHOICE, HOME = "gezin-wet", "gezin-keuze", ("brp.adres", "brp.naam")
PATH = "/verstrekking/v1/verstrekkingen"
REGISTRAR = STAFF.model_copy(update={"kind": "medewerker", "user": "een", "roles": ("burgerzaken",)})


def activity(slug: str, class_: str, *elements: str) -> ActivityVersion:
    """By law, or by choice alone."""
    law = {"klasse": "B", "grondslag": "6(1)(e)", "wet": "Jeugdwet 7", "verstrekkingsgrond": "Wet BRP 3.8"}
    why = {"klasse": "C", "grondslag": "6(1)(a)", "verstrekkingsgrond": "Wet BRP 3.9"} if class_ == "C" else law
    reason = {"nl": "Nodig.", "en": "Needed."}
    used = [{"gegevenselement": one, "reden": reason, **why} for one in elements]
    said = next(one for one in activities() if one.slug == "oefening").model_dump(by_alias=True)
    return ActivityVersion.model_validate(
        said | {"slug": slug, "gegevenselementen": used, "ontvangers": [{"ontvanger": LOAN_DESK}]}
    )


class Town:
    """The families, and the desk that asks a register about them. down: it is cut off after the first question."""

    def __init__(self, rooms: FourRooms) -> None:
        self.rooms, self.down = rooms, False
        self.families = registered(Random("town"), 5)  # noqa: S311 - made-up families, the same each time
        self.known = by_number(self.families)

    async def open(self) -> None:
        """With what may be asked by law, and by choice."""
        for version in (activity(LAW, "B", *ELEMENTS), activity(CHOICE, "C", *HOME)):
            await self.rooms.register.publish(STAFF, version)
        await self.rooms.wire(transport=httpx2.MockTransport(self.answer))
        safe = [Bsn(number) for number, family in self.known.items() if family.people[number].safe]
        for one in await self.rooms.safe.enrol(STAFF, safe):
            who = ConsentResident.model_validate(one.model_dump())
            await self.rooms.register.safety.protect(REGISTRAR, who, "hulpverlening")

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        question = json.loads(request.content)
        if self.down and len(question.get("burgerservicenummer", ())) != 1:
            raise httpx2.ConnectError("away", request=request)
        return httpx2.Response(200, json=answered(self.known, question))

    def some(self) -> Iterator[tuple[Family, str]]:
        """Parents and children."""
        for family in self.families:
            yield from ((family, one) for one in (family.mother, *family.people[family.mother].children[:1]))

    async def ask(self, number: str, activity: str, *elements: str) -> httpx2.Response:
        said = {"inwoner": {"bsn": number}, "verwerkingsactiviteit": activity, "gebruiker": "mw-4821"}
        async with self.rooms.http() as http:
            return await http.post(PATH, json=said | {"gegevenselementen": elements})


@pytest.fixture
async def town(house: FourRooms) -> Town:
    made = Town(house)
    made.rooms.who = DESK_WORKER.model_copy(update={"scope": (LAW, CHOICE, "oefening")})
    await made.open()
    return made


def read(answer: dict[str, Any], family: Family, number: str, asked: tuple[str, ...]) -> None:
    """An answer, alone or out of a bulk, holds no more than it may."""
    given = {name: one["waarde"] for name, one in answer.get("gegevens", {}).items()}
    assert not leaks(given, family, told(family, number, asked)), asked
    assert not wrongly(given, family, number)
    assert not leaks(
        {name: said for name, said in answer.items() if name not in ("gegevens", "inwoner")}, family, none()
    )


def none() -> frozenset[str]:
    return frozenset()


async def test_nothing_that_leaves_the_desk_tells_of_who_hides(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    chance, shown, hidden, chosen = Random("asked"), 0, 0, 0  # noqa: S311 - as above
    caplog.set_level(logging.DEBUG)
    for family, number in town.some():
        asked = tuple(chance.sample(ELEMENTS, 6))
        answer = await town.ask(number, LAW, *asked)
        assert answer.status_code in (200, 502), answer.text
        read(answer.json(), family, number, asked)
        own, given = family.people[number], answer.status_code == 200
        said = [answer.json().get(name, False) for name in ("geheimhouding", "veiligAdres")]
        assert said == [own.hides and given, own.safe and given]
        shown += bool(answer.json().get("gegevens"))
        hidden += counted(family, number) is None
        town.down = True
        answer = await town.ask(number, LAW, "brp.kinderen", "brp.gezag", "brp.ouders", "brp.partner", "brp.school")
        town.down = False
        assert answer.status_code in (200, 502), answer.text
        read(answer.json(), family, number, ("brp.kinderen", "brp.gezag", "brp.ouders", "brp.partner"))
        chosen += await _by_choice(town, family, number)
    assert shown > 5 and hidden > 2 and chosen > 2, "and there is something to tell, and to hide"
    for family, number in town.some():
        lines = await town.rooms.lines(Bsn(number))
        assert lines and not leaks([one.event.model_dump(mode="json") for one in lines], family, none())
    heard = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("tests"))
    for family in town.families:
        assert not leaks(heard, family, none())


async def _by_choice(town: Town, family: Family, number: str) -> bool:
    """A recipient that has no ground but a yes: of who hides it gets nothing, as of somebody who never said yes.
    Whether it got something."""
    answer = await town.ask(number, CHOICE, *HOME)
    assert answer.status_code == 403 and not leaks(answer.text, family, none())
    resident = ConsentResident.model_validate((await town.rooms.resident(Bsn(number))).model_dump())
    wanted = ConsentRequest(resident=resident, activity=CHOICE, elements=HOME)
    asked = await town.rooms.register.request(town.rooms.who, wanted)
    await town.rooms.choose(asked.id, "ja", Bsn(number))
    answer = await town.ask(number, CHOICE, *HOME)
    if family.people[number].hides:
        said = answer.json()
        assert (answer.status_code, said["code"]) == (403, "geen-toestemming"), answer.text
        assert not leaks(answer.text, family, none())
    elif answer.status_code == 200:
        read(answer.json(), family, number, HOME)
    question = Question(resident=resident, activity=CHOICE, elements=HOME)
    (explained,) = await town.rooms.register.explain(town.rooms.who, [question])
    assert isinstance(explained, Explained)
    assert not leaks([one.model_dump(mode="json") for one in explained.refused], family, none())
    return answer.status_code == 200


async def test_a_bulk_and_a_parent_learn_no_more(town: Town) -> None:
    reader = await ready(town.rooms)
    town.rooms.who = town.rooms.who.model_copy(update={"scope": (LAW,)})
    await town.rooms.wire(transport=httpx2.MockTransport(town.answer))
    people, asked = sorted(town.known), ("brp.naam", "brp.adres", "brp.kinderen", "brp.gezag", "brp.bewoners.isVier")
    async with town.rooms.http() as http:
        job = await placed(http, people, LAW, *asked)
        assert (await ended(http, job))["behandeld"] == len(people)
        result = (await http.get(f"/verstrekking/v1/bulkverstrekkingen/{job}/resultaat")).text
    assert not any(leaks(result, family, none()) for family in town.families), "it is sealed"
    given = reader.read(result)
    for nr, answer in given.items():
        read(answer["antwoord"], town.known[people[nr]], people[nr], asked)
    assert sum(bool(answer["antwoord"].get("gegevens")) for answer in given.values()) > len(people) // 2
    assert town.rooms.desk.authority is not None
    acted = set()
    for family in town.families:
        for parent in (family.mother, family.father):
            found = await town.rooms.desk.authority.over(PORTAL, Bsn(parent))
            may = acted_for(family, parent)
            names = frozenset().union(*(family.people[one].name | {family.people[one].birth} for one in may))
            assert len(found) == len(may) and not leaks([one.model_dump(mode="json") for one in found], family, names)
            acted |= {may}
    assert len(acted) > 2
