"""What everybody may read: from its day and not before, the very cells that were given, made once, never taken back."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from assembly.demo.register import TENANT
from connectors.contract import NotReleased
from connectors.counting.contract import CannotCount
from connectors.counting.ledger import MadeBefore, Run
from connectors.tables import runs
from kernel.caller import room_of
from kernel.ids import random_id
from kernel.sql import Database
from tests.connectors.counting.town import ASKING, PER_WARD, SLUG, WARD, Town, counting, many, request
from tests.four_rooms import STAFF, FourRooms

pytestmark = pytest.mark.anyio
DAY = "2026-09-02"
BEFORE, SINCE = datetime(2026, 9, 1, 21, 59, tzinfo=UTC), datetime(2026, 9, 1, 22, tzinfo=UTC)  # midnight here
ROOT = "/verstrekking/v1/statistieken/openbaar"
TABLE = f"{ROOT}/{SLUG}/1/per-wijk"
PROMISED = {"publicatiedag": DAY, "tabellen": [PER_WARD]}
CROWD = [*many(60, wijk="Noord"), *many(60, wijk="Oost"), *many(14, wijk="Zuid")]


async def got(rooms: FourRooms, place: str, host: str = "regie.example") -> httpx2.Response:
    """Without a token."""
    async with rooms.http() as http:
        return await http.get(place, headers={"host": host})


async def listed(rooms: FourRooms) -> list[tuple[int, str, str]]:
    """As pages read it."""
    assert rooms.desk.tables
    found = await rooms.desk.tables.tables(room_of(TENANT, "web"))
    return [(one.version, one.table, one.state) for one in found]


async def forged(house: FourRooms, **values: Any) -> None:
    """By whoever owns the database."""
    database = Database(house.urls["connectors"], "connectors")
    house.stack.push_async_callback(database.close)
    async with database.writing(TENANT) as connection:
        await connection.execute(update(runs).values(values))


async def test_from_its_day_everybody_reads_the_cells_that_were_given(both: FourRooms) -> None:
    town = await Town.built(both, CROWD, statistiek=PROMISED)
    answer = (await town.ask()).json()
    both.now = BEFORE
    for place in (TABLE, f"{TABLE}/csv"):
        told = await got(both, place)
        assert (told.status_code, told.json()["code"]) == (404, "telling-bestaat-niet")
    assert (await got(both, ROOT)).json()["dcat:dataset"] == [] and await listed(both) == []
    both.now = SINCE
    table = (await got(both, TABLE)).json()
    assert table["cellen"] == answer["cellen"] and table["logregel"] == answer["logregel"]
    assert (table["stand"], table["drempel"], table["epsilon"]) == ("gemaakt", 15, "3.000")
    assert table["afwijking"] == answer["afwijking"]
    assert table["cellenZonderGetal"] == sum(one["aantal"] is None for one in answer["cellen"])
    assert table["gemaaktVoor"]["nl"] and table["licentie"].startswith("https://creativecommons.org/publicdomain/zero/")
    file = await got(both, f"{TABLE}/csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["access-control-allow-origin"] == "*"
    assert sha256(file.content).hexdigest() == table["vingerafdruk"]
    _, *rows = csv.reader(io.StringIO(file.content.decode("utf-8-sig")))
    assert [(row, count) for row, _, count, _ in rows] == [
        (one["rij"], "" if one["aantal"] is None else str(one["aantal"])) for one in answer["cellen"]
    ]
    (one,) = (await got(both, ROOT)).json()["dcat:dataset"]
    assert one["@id"] == f"https://regie.example{TABLE}" and len(one["dcat:distribution"]) == 2
    assert await listed(both) == [(1, "per-wijk", "gemaakt")]
    for place in (f"{ROOT}/{SLUG}/2/per-wijk", f"{ROOT}/{SLUG}/1/per-vak", f"{ROOT}/nergens/1/per-wijk"):
        assert (await got(both, place)).status_code == 404
    for place in (ROOT, TABLE):
        assert (await got(both, place, "zandvaart.example")).status_code == 404, "nobody's host"


async def test_a_table_that_everybody_reads_is_made_once(both: FourRooms) -> None:
    town = await Town.built(both, CROWD, statistiek=PROMISED)
    first, key = (await town.table()).cells, "0197d2f0-0000-4000-8000-000000000000"
    again = await town.ask(key=key)
    assert (again.status_code, again.json()["code"]) == (403, "te-vaak")
    assert "vanaf zijn publicatiedag" in again.json()["volgendeStap"]
    desk = await town.exact()
    # of two that are under way at one moment the one that is answered later is nobody's
    two = [await desk.ledger.spend(TENANT, Run(random_id(), SLUG, "t", 100, "r", "c"), 12_000, 0) for _ in range(2)]
    assert two[0].number == 2, "what is refused costs nothing"
    database = Database(both.urls["connectors"], "connectors")
    both.stack.push_async_callback(database.close)
    async with database.writing(TENANT) as connection:  # the first is being answered: the second waits for it
        await connection.execute(select(runs).where(runs.c.tenant_id == TENANT, runs.c.number == 2).with_for_update())
        late = asyncio.create_task(desk.ledger.answered(TENANT, two[1], '{"versie": "1"}', "1"))
        await asyncio.sleep(0.3)
        assert not late.done()
    await late
    with pytest.raises(MadeBefore):
        await desk.ledger.answered(TENANT, two[0], '{"versie": "1"}', "1")
    # and the cells stay those of the first, whatever comes after it
    both.now = SINCE
    assert (await got(both, TABLE)).json()["cellen"] == [one.model_dump(mode="json") for one in first]


async def test_who_is_second_while_counting_gets_a_refusal_and_no_table(house: FourRooms) -> None:
    town = await Town.built(house, CROWD, statistiek=PROMISED)
    desk = await town.exact()
    told = await asyncio.gather(*(desk.count(ASKING, request()) for _ in range(2)), return_exceptions=True)
    (refused,) = (one for one in told if isinstance(one, BaseException))
    assert isinstance(refused, NotReleased) and refused.members["geweigerd"][0]["code"] == "te-vaak"


async def test_what_was_not_made_is_said_to_be_missing(house: FourRooms) -> None:
    await Town.built(house, CROWD, statistiek=PROMISED)
    house.now = SINCE
    table = (await got(house, TABLE)).json()
    assert (table["stand"], table["cellen"], table["vingerafdruk"]) == ("nog-niet-gemaakt", [], "")
    assert (await got(house, f"{TABLE}/csv")).status_code == 404
    (one,) = (await got(house, ROOT)).json()["dcat:dataset"]
    assert "dcat:distribution" not in one and "niet gemaakt" in one["dct:description"][0]["@value"]
    # a next version that says nothing takes nothing back
    await house.register.publish(STAFF, counting(statistiek={"tabellen": [PER_WARD]}))
    assert (await got(house, TABLE)).json()["stand"] == "niet-gemaakt"
    assert await listed(house) == [(1, "per-wijk", "niet-gemaakt")]
    # one that promises it again has taken the promise over
    await house.register.publish(STAFF, counting(statistiek=PROMISED))
    assert await listed(house) == [(3, "per-wijk", "nog-niet-gemaakt")]


async def test_what_was_made_stays_public_when_its_version_ends(house: FourRooms) -> None:
    town = await Town.built(house, CROWD, statistiek=PROMISED)
    cells = (await town.table()).cells
    await house.register.publish(STAFF, counting(statistiek={"tabellen": [PER_WARD | {"maat": "mensen"}]}))
    later = await town.ask()
    assert later.status_code == 200, "the next version promised nothing: it is asked as before"
    house.now = SINCE
    assert (await got(house, TABLE)).json()["cellen"] == [one.model_dump(mode="json") for one in cells]
    assert await listed(house) == [(1, "per-wijk", "gemaakt")]
    assert (await got(house, f"{ROOT}/{SLUG}/2/per-wijk")).status_code == 404


async def test_what_is_not_ours_is_not_published(house: FourRooms) -> None:
    town = await Town.built(house, CROWD, statistiek=PROMISED)
    await town.table()
    house.now = SINCE
    await forged(house, answer=runs.c.answer + " ")
    answer = await got(house, TABLE)
    assert (answer.status_code, answer.json()["code"]) == (503, CannotCount.code)


async def test_a_table_that_was_emptied_is_not_one_that_was_never_made(house: FourRooms) -> None:
    town = await Town.built(house, CROWD, statistiek=PROMISED)
    await town.table()
    await forged(house, answer="")
    assert (await town.ask()).status_code == 503, "another draw would be a second chance"
    house.now = SINCE
    assert (await got(house, TABLE)).status_code == 503 and (await got(house, ROOT)).status_code == 503


async def test_a_run_is_not_kept_beside_one_that_is_not_ours(house: FourRooms) -> None:
    desk = await (await Town.built(house, CROWD, statistiek=PROMISED)).exact()
    run = await desk.ledger.spend(TENANT, Run(random_id(), SLUG, "t", 100, "r", "c"), 12_000, 0)
    await forged(house, cost=99)
    with pytest.raises(CannotCount):
        await desk.ledger.answered(TENANT, run, '{"versie": "1"}', "1")


async def test_a_label_is_no_formula_in_the_file(house: FourRooms) -> None:
    hostile: dict[str, Any] = {**PER_WARD, "rij": WARD | {"groepen": ['=HYPERLINK("x")', "@som", "+1", "<script>"]}}
    town = await Town.built(house, CROWD, statistiek=PROMISED | {"tabellen": [hostile]})
    await town.table()
    house.now = SINCE
    _, *rows = csv.reader(io.StringIO((await got(house, f"{TABLE}/csv")).content.decode("utf-8-sig")))
    assert [row[0] for row in rows] == ['\'=HYPERLINK("x")', "'@som", "'+1", "<script>", "overig"]
