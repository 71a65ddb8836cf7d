"""The public door: shapes of architecture.md section 6, repeated requests, faults, and no number anywhere."""

import asyncio
import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import Request
from sqlalchemy import func, select

from assembly.demo.register import INCOME_ANSWER, STORY, TENANT
from connectors import tables
from kernel.clock import millis
from kernel.errors import NotLoggedIn
from kernel.ids import derived_id, uuid7
from kernel.logs import set_up_logs
from tests.four_rooms import BY_LAW, FourRooms

pytestmark = pytest.mark.anyio
PATH = "/verstrekking/v1/verstrekkingen"
BODY: dict[str, Any] = {
    "inwoner": {"bsn": "999993653"},
    "verwerkingsactiviteit": STORY,
    "zaak": "Z-1",
    "gebruiker": "mw-4821",
    "gegevenselementen": [*BY_LAW, INCOME_ANSWER],
}


async def post(rooms: FourRooms, body: Any = None, key: str = "") -> httpx2.Response:
    async with rooms.http() as http:
        headers = {"content-type": "application/json", **({"idempotency-key": key} if key else {})}
        return await http.post(PATH, content=json.dumps(BODY if body is None else body), headers=headers)


async def test_two_hundred_has_exactly_its_shape(both: FourRooms) -> None:
    answer = await post(both)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert set(said) == {"id", "gegevens", "geweigerd", "nietGeleverd", "logregel"}
    assert said["id"][14] == "7"
    name = said["gegevens"]["brp.naam"]
    assert set(name) == {"waarde", "bron", "peilmoment", "herkomst", "inOnderzoek"}
    assert (name["bron"], name["peilmoment"], name["herkomst"]) == ("brp", "2026-09-01T12:00:00Z", "bron")
    assert {"gegevenselement", "code", "reden"} <= set(said["geweigerd"][0])
    index = said["logregel"]["index"]
    proof = f"/logboek/v1/logregels/2026h2-{index}/bewijs"
    assert said["logregel"] == {"logboek": "regie.example/gm9901/2026h2", "index": index, "bewijs": proof}
    (asked,) = both.brp.state.requests
    assert asked.headers["x-gebruiker"] == "mw-4821"
    assert (asked.headers["x-verwerking"], asked.headers["x-toepassing"]) == (STORY, "loket-app")
    assert "geboorte.datum" in asked.fields
    assert not any("leeftijd" in path or "nationaliteit" in path for path in asked.fields)


async def test_refused_is_a_problem_with_the_code_of_the_first_element(house: FourRooms) -> None:
    answer = await post(house, {**BODY, "gegevenselementen": [INCOME_ANSWER, "brp.nationaliteit"]})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    said = answer.json()
    assert (said["code"], said["type"].rpartition("/")[2]) == ("geen-toestemming", "geen-toestemming")
    assert said["volgendeStap"]
    assert [one["code"] for one in said["geweigerd"]] == ["geen-toestemming", "buiten-doel"]
    assert set(said["logregel"]) == {"logboek", "index", "bewijs"}


async def test_bad_input_is_told_and_stores_nothing(house: FourRooms) -> None:
    size = len(await house.lines())
    bodies: tuple[Any, ...] = (
        {**BODY, "kleur": 1},
        {**BODY, "inwoner": {"bsn": "999993654"}},
        {**BODY, "noodtoegang": {}},
        {},
        [],
    )
    for body in bodies:
        answer = await post(house, body, str(uuid4()))
        assert (answer.status_code, answer.json()["code"]) == (400, "ongeldige-invoer")
        assert "99999365" not in answer.text
    assert (await post(house, key="geen-uuid")).status_code == 400
    assert len(await house.lines()) == size
    async with house.desk.claims._database.snapshot(TENANT) as connection:  # type: ignore[attr-defined]  # the real one
        assert await connection.scalar(select(func.count()).select_from(tables.claims)) == 0


async def test_nobody_gets_nothing(house: FourRooms) -> None:
    async def nobody(_: Request) -> Any:
        raise NotLoggedIn

    house.caller = nobody  # type: ignore[method-assign]  # what an unknown token gives
    await house.wire()
    assert (await post(house)).status_code == 401


async def test_the_same_key_is_the_same_release_decided_anew(both: FourRooms) -> None:
    key = str(uuid4())
    first, second = await post(both, key=key), await post(both, key=key)
    assert first.json()["id"] == second.json()["id"]
    follows = UUID(uuid7(millis(both.now), derived_id(key, "loket-app")))
    assert UUID(first.json()["id"]) == follows, "who asked can tell it is theirs"
    assert first.json()["logregel"]["index"] != second.json()["logregel"]["index"]
    other = await post(both, {**BODY, "gegevenselementen": ["brp.naam"]}, key)
    assert (other.status_code, other.json()["code"]) == (409, "sleutel-andere-vraag")
    both.now += timedelta(hours=24, seconds=1)
    assert (await post(both, {**BODY, "gegevenselementen": ["brp.naam"]}, key)).status_code != 409


async def test_the_same_key_twice_at_once_is_under_way(both: FourRooms) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(*(post(both, key=key) for _ in range(3)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200
    assert codes[-1] == 409
    busy = next(answer for answer in answers if answer.status_code == 409)
    assert (busy.json()["code"], busy.headers["retry-after"]) == ("sleutel-bezig", "1")
    positions = [answer.json()["logregel"]["index"] for answer in answers if answer.status_code == 200]
    assert len(positions) == len(set(positions))


async def test_a_claim_that_died_is_free_after_thirty_seconds(house: FourRooms) -> None:
    key = str(uuid4())
    first = await post(house, key=key)
    async with house.desk.claims._database.writing(TENANT) as connection:  # type: ignore[attr-defined]  # the real one
        await connection.execute(tables.claims.update().values(state="bezig"))
    assert (await post(house, key=key)).status_code == 409
    house.now += timedelta(seconds=31)
    assert (await post(house, key=key)).json()["id"] == first.json()["id"]


class Slow:
    """A log that takes two and a half seconds to say whether fences hold; the desk counts from before it asked."""

    def __init__(self, rooms: FourRooms) -> None:
        self._rooms, self._log = rooms, rooms.audit.door("connectors")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def holds(self, *args: Any) -> Any:
        found = await self._log.holds(*args)
        self._rooms.boot += 2.5
        return found


class Sluggish(httpx2.ASGITransport):
    """A register that takes more than a second."""

    rooms: FourRooms

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.rooms.boot += 1.1
        return await super().handle_async_request(request)


async def test_an_answer_is_cut_when_its_check_is_too_old(house: FourRooms) -> None:
    transport = Sluggish(app=house.brp)
    transport.rooms = house
    log: Any = Slow(house)
    await house.wire(audit=log, transport=transport)
    answer = await post(house)
    assert (answer.status_code, answer.json()["code"]) == (503, "antwoord-te-oud")
    (line,) = [line for line in await house.lines() if line.event.kind == "verstrekking"]
    assert line.outcome == "mislukt"


async def test_elements_can_be_looked_up_and_the_door_is_described(house: FourRooms) -> None:
    async with house.http() as http:
        elements = (await http.get("/verstrekking/v1/gegevenselementen")).json()["gegevenselementen"]
        document = (await http.get("/verstrekking/v1/openapi.json")).json()
    assert INCOME_ANSWER in [one["gegevenselement"] for one in elements]
    posted = document["paths"]["/verstrekkingen"]["post"]
    assert "422" not in posted["responses"]
    assert "inwoner" in posted["requestBody"]["content"]["application/json"]["schema"]["properties"]


async def test_no_number_in_what_is_logged_or_raised(house: FourRooms) -> None:
    stream = io.StringIO()
    set_up_logs(stream)
    await post(house)
    await post(house, {**BODY, "inwoner": {"bsn": "999993653", "x": "999993653"}})
    await post(house, {**BODY, "zaak": "Z-unknown"})
    assert "request_answered" in stream.getvalue()
    assert "999993653" not in stream.getvalue()
