"""A job from the list to what the recipient reads: who refused, who is secret, who stops while it runs."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import httpx2
import pytest

from assembly.demo.register import EXERCISES
from audit.contract import Permit
from consent.contract import ConsentRequest
from consent.contract import ResidentRef as ConsentResident
from kernel.caller import Caller
from kernel.errors import Problem
from tests.connectors.bulk_house import BULK, BY_LAW, ended, numbers, placed, ready
from tests.four_rooms import R1, SECRET, FourRooms
from tests.patience import PATIENCE
from vault.contract import Bsn, Deposit, ResidentRef, Values, Vault

pytestmark = pytest.mark.anyio
DEAD = "999995649"
NEVER, BEFORE, AFTER, LATE, SURE = map(Bsn, ("999995261", "999998614", "999995649", "999994530", "999993653"))


async def chosen(rooms: FourRooms, bsn: Bsn) -> str:
    """A filled vault, and a yes to the exercise; its id."""
    resident = await rooms.resident(bsn)
    own = rooms.self_of(resident)
    await rooms.safe.open_vault(own, resident)
    await rooms.safe.keep(own, resident, [Deposit(element=name, value="verzonnen") for name in EXERCISES])
    about = ConsentResident.model_validate(resident.model_dump())
    asked = await rooms.register.request(
        rooms.who, ConsentRequest(resident=about, activity="oefening", elements=EXERCISES)
    )
    await rooms.choose(asked.id, "ja", bsn)
    return asked.id


@dataclass
class Interrupting:
    """The vault; when these are asked about, they stop first."""

    rooms: FourRooms
    inner: Vault
    before: dict[Bsn, str] = field(default_factory=dict)
    after: dict[str, tuple[Bsn, str]] = field(default_factory=dict)

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def identify(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        for bsn in set(bsns) & set(self.before):
            await self.rooms.choose(self.before.pop(bsn), "stop", bsn)
        return await self.inner.identify(caller, bsns)

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        shown = "".join(permit.decision for permit in permits)
        for resident in [one for one in self.after if one in shown]:
            bsn, consent = self.after.pop(resident)
            await self.rooms.choose(consent, "stop", bsn)
        return await self.inner.fetch(caller, permits)


async def test_hundreds_by_choice_and_who_stops_meanwhile_falls_out(both: FourRooms) -> None:
    reader = await ready(both)
    given = {bsn: await chosen(both, bsn) for bsn in (BEFORE, AFTER, LATE, SURE)}
    await both.resident(NEVER)  # somebody with a series, who was never asked
    vault = Interrupting(both, both.safe, before={BEFORE: given[BEFORE]})
    vault.after[(await both.resident(AFTER)).id] = AFTER, given[AFTER]
    await both.wire(vault=cast(Vault, vault))
    people = numbers(260)
    places = {SURE: 3, BEFORE: 120, AFTER: 177, LATE: 230, NEVER: 255}
    for bsn, at in places.items():
        people[at] = bsn.reveal()
    async with both.http() as http:
        job = await placed(http, people, "oefening", *EXERCISES)
        said = await ended(http, job)
        assert (said["status"], said["aantal"], said["behandeld"]) == ("klaar", 260, 260)
        assert (said["verstrekt"], said["geweigerd"], said["nietGeleverd"]) == (2, 258, 0)
        await both.choose(given[LATE], "stop", LATE)
        answers = reader.read((await http.get(f"{BULK}/{job}/resultaat")).text)
    assert reader.fallen == {places[LATE]} and reader.parts == 6
    whose = {nr: one["inwoner"]["bsn"] for nr, one in answers.items()}
    assert whose == {nr: bsn for nr, bsn in enumerate(people) if nr != places[LATE]}
    told_as_alone(answers, places)
    kinds = {bsn: [(one.event.kind, one.outcome) for one in await both.lines(bsn)] for bsn in places}
    assert kinds[SURE][0] == ("verstrekking", "geleverd")
    assert kinds[NEVER] == [("weigering", "")]
    assert kinds[BEFORE][0] == ("weigering", "") and ("verstrekking", "geleverd") not in kinds[BEFORE]
    assert ("verstrekking", "mislukt") in kinds[AFTER] and kinds[AFTER][0] == ("weigering", "")
    assert ("verstrekking", "mislukt") in kinds[LATE]


def told_as_alone(answers: dict[int, dict[str, Any]], places: dict[Bsn, int]) -> None:
    """Who gave it, who stopped, and everybody else alike: never asked, or nobody."""
    sure = answers[places[SURE]]
    assert sure["status"] == "verstrekt" and set(sure["antwoord"]["gegevens"]) == set(EXERCISES)
    codes = {nr: one["antwoord"]["code"] for nr, one in answers.items() if one["status"] == "geweigerd"}
    assert codes.pop(places[BEFORE]) == codes.pop(places[AFTER]) == "toestemming-ingetrokken"
    assert set(codes.values()) == {"geen-toestemming"} and len(codes) == 256
    nobody, never = answers[0]["antwoord"], answers[places[NEVER]]["antwoord"]
    assert set(nobody) == set(never) and nobody["geweigerd"] == never["geweigerd"], "unknown and refused are one"


async def test_a_file_by_law_with_a_secret_one_and_a_dead_one_and_what_is_left_when_it_is_over(
    house: FourRooms,
) -> None:
    reader = await ready(house, bulk_part=10)
    await house.wire()
    people = [R1.reveal(), SECRET.reveal(), DEAD, *numbers(10)]
    asked = f"?verwerkingsactiviteit={BY_LAW}&gegevenselementen=brp.naam"
    file = ("bsn;zaak\n" + "".join(f"{one};Z-{at}\n" for at, one in enumerate(people))).encode()
    headers = {"content-type": "text/csv", "idempotency-key": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}
    async with house.http() as http:
        first = await http.post(BULK + asked, content=file, headers=headers)
        assert first.status_code == 202, first.text
        job = first.json()["id"]
        again = await http.post(BULK + asked, content=file, headers=headers)
        assert again.json()["id"] == job, "the same request is the same job"
        other = await http.post(BULK + asked, content=file + b"\n", headers=headers)
        assert (other.status_code, other.json()["code"]) == (409, "sleutel-andere-vraag")
        said = await ended(http, job)
        assert (said["verstrekt"], said["nietGeleverd"]) == (3, 10)
        answers = reader.read((await http.get(f"{BULK}/{job}/resultaat")).text)
        assert "geheimhouding" not in answers[0]["antwoord"] and answers[1]["antwoord"]["geheimhouding"] is True
        assert answers[2]["status"] == "verstrekt", "a law does not end with a life"
        assert answers[0]["antwoord"]["gegevens"]["brp.naam"]["bron"] == "brp"
        kept = rows(house, "bulk_jobs", "wrapped, placed") + rows(house, "bulk_parts", "listed, steps")
        assert {bytes(value) for row in kept for value in row} == {b""}, "nobody knows any more who was on the list"
        await over(house, http, job)


async def over(house: FourRooms, http: httpx2.AsyncClient, job: str) -> None:
    """Nobody else's, then gone, then forgotten."""
    house.who = house.who.model_copy(update={"application": "oefen-app"})
    for verb, place in (("GET", job), ("GET", f"{job}/resultaat"), ("DELETE", job), ("GET", str(uuid4()))):
        stranger = await http.request(verb, f"{BULK}/{place}")
        assert (stranger.status_code, stranger.json()["code"]) == (404, "opdracht-onbekend")
    house.who = house.who.model_copy(update={"application": "bulk-app"})
    house.now += timedelta(hours=73)
    await house.wire()  # who starts tidies first, and then every ten minutes
    await until(
        house, "SELECT id FROM bulk_jobs WHERE state <> 'verlopen' UNION SELECT no FROM bulk_parts WHERE done < 2"
    )
    gone = await http.get(f"{BULK}/{job}/resultaat")
    assert (gone.status_code, gone.json()["code"]) == (410, "opdracht-voorbij")
    view = (await http.get(f"{BULK}/{job}")).json()
    assert (view["status"], view["verstrekt"], view["beschikbaarTot"]) == ("verlopen", 3, None)
    assert {bytes(row[0]) for row in rows(house, "bulk_parts", "result")} == {b""}
    house.now += timedelta(days=31)
    await house.wire()
    await until(house, "SELECT id FROM bulk_jobs UNION SELECT no FROM bulk_parts")


async def test_a_cancelled_job_is_not_begun_and_one_without_a_key_not_taken(house: FourRooms) -> None:
    await ready(house, bulk_workers=0)
    await house.wire()
    async with house.http() as http:
        job = await placed(http, numbers(20), BY_LAW, "brp.naam")
        early = await http.get(f"{BULK}/{job}/resultaat")
        assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (409, "nog-niet-klaar", "60")
        assert [(await http.delete(f"{BULK}/{job}")).status_code for _ in range(2)] == [204, 204]
        assert (await http.get(f"{BULK}/{job}")).json()["status"] == "geannuleerd"
        assert {bytes(row[0]) for row in rows(house, "bulk_parts", "listed")} == {b""}
        for _ in range(10):
            await placed(http, numbers(1), BY_LAW, "brp.naam")
        order = {"verwerkingsactiviteit": BY_LAW, "gegevenselementen": ["brp.naam"], "inwoners": [{"bsn": R1.reveal()}]}
        many = await http.post(BULK, json=order)
        assert (many.status_code, many.json()["code"]) == (429, "te-veel-opdrachten")
        house.who = house.who.model_copy(update={"application": "loket-app"})
        keyless = await http.post(BULK, json=order)
        assert (keyless.status_code, keyless.json()["code"]) == (409, "geen-sleutel")
        assert "bestaat" not in keyless.text and R1.reveal() not in keyless.text


async def test_rows_that_somebody_changed_give_nothing(house: FourRooms) -> None:
    await ready(house, bulk_part=10)
    await house.wire()
    async with house.http() as http:
        job = await placed(http, [R1.reveal()], BY_LAW, "brp.naam")
        await ended(http, job)
        file = sqlite3.connect(house.urls["connectors"].partition(":///")[2])
        file.execute("UPDATE bulk_parts SET stands = x''")
        file.commit()
        assert (await http.get(f"{BULK}/{job}/resultaat")).status_code == 503
        file.execute("UPDATE bulk_jobs SET client = 'inkomensloket/oefen-app'")
        file.commit()
        file.close()
        assert (await http.get(f"{BULK}/{job}")).status_code == 503


async def until(rooms: FourRooms, query: str) -> None:
    """Nothing is found any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if not select(rooms, query):
                return
            await asyncio.sleep(0.02)


def rows(rooms: FourRooms, table: str, columns: str) -> list[tuple[Any, ...]]:
    """As they stand in the file of the desk."""
    return select(rooms, f"SELECT {columns} FROM {table}")  # noqa: S608 - our own words


def select(rooms: FourRooms, query: str) -> list[tuple[Any, ...]]:
    """By whoever has the file."""
    with closing(sqlite3.connect(rooms.urls["connectors"].partition(":///")[2])) as file:
        return file.execute(query).fetchall()
