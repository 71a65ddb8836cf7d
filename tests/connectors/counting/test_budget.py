"""The budget: no two askers share the last of it, a power cut gives nothing back, a ledger set back counts nothing."""

import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from assembly.demo.register import TENANT
from connectors.counting.contract import CannotCount
from connectors.counting.ledger import BudgetSpent
from connectors.tables import runs
from kernel.failpoints import arm
from kernel.sql import Database
from tests.connectors.counting.town import ASKING, Town, many, request
from tests.forks import FORKS
from tests.four_rooms import FourRooms

POINTS = ("counting.spent", "counting.recorded", "counting.gathered")
ASKERS = 32  # more would wait longer for a connection than they may, on a busy machine


@pytest.mark.anyio
async def test_many_at_once_get_what_the_budget_has_and_no_more(both: FourRooms) -> None:
    town = await Town.built(both, many(1))
    answers = await asyncio.gather(*(town.ask() for _ in range(ASKERS)))
    told = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert told == {(200, None): 4, (403, "te-vaak"): ASKERS - 4}
    # a new version has no new budget
    assert {answer.json()["privacybudget"]["besteed"] for answer in answers if answer.status_code == 200} == {
        "3.000", "6.000", "9.000", "12.000",
    }  # fmt: skip
    (refused,) = {answer.json()["volgendeStap"] for answer in answers if answer.status_code == 403}
    assert "tabellen die u al heeft" in refused


@pytest.mark.anyio
async def test_a_ledger_that_was_set_back_or_altered_counts_nothing(house: FourRooms) -> None:
    town = await Town.built(house, many(1))
    assert (await town.ask()).status_code == 200
    database = Database(house.urls["connectors"], "connectors")
    house.stack.push_async_callback(database.close)
    for change in (update(runs).values(spent=0), delete(runs)):
        async with database.writing(TENANT) as connection:
            await connection.execute(change)
        answer = await town.ask()
        assert (answer.status_code, answer.json()["code"]) == (503, CannotCount.code)


def test_a_power_cut_gives_nothing_back(sqlite_urls: dict[str, str], tmp_path: Path) -> None:
    for point in POINTS:
        _killed_at(point, sqlite_urls, tmp_path)

    async def after() -> None:
        async with AsyncExitStack() as stack:
            rooms = FourRooms(sqlite_urls, tmp_path, stack)
            await rooms.open()
            town = await Town.again(rooms)
            desk = await town.exact()
            assert (await desk.count(ASKING, request())).spent.until_now == "12.000"
            with pytest.raises(BudgetSpent):
                await desk.ledger.spend(TENANT, town.run(), 12_000, 0)

    asyncio.run(after())


def _killed_at(point: str, urls: dict[str, str], folder: Path) -> None:
    victim = FORKS.Process(target=_die, args=(point, urls, folder))
    victim.start()
    victim.join(120)
    assert victim.exitcode == -signal.SIGKILL, victim.exitcode
    victim.close()


def _die(point: str, urls: dict[str, str], folder: Path) -> None:
    async def asks() -> None:
        async with AsyncExitStack() as stack:
            rooms = FourRooms(urls, folder, stack)
            await rooms.open()
            if point == POINTS[0]:
                await rooms.furnish()
                town = await Town.built(rooms, many(1))
            else:
                town = await Town.again(rooms)
            desk = await town.exact()
            arm(point)
            await desk.count(ASKING, request())

    asyncio.run(asks())
