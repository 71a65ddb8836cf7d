"""A resident sees what they keep only behind a line of its own: what is in doubt, gone or put back opens nothing."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from assembly.demo.register import EXERCISES, INCOME, TENANT
from audit.contract import Entry, Event, LogUnavailable, Receipt
from kernel.canonical import canonical
from kernel.errors import TooManyRequests
from kernel.failpoints import arm
from kernel.ids import random_id
from tests.forks import FORKS
from tests.four_rooms import STAFF, FourRooms
from tests.patience import PATIENCE
from tests.vault.test_erasing import erased, kinds
from tests.vault.test_removing import HIGH, furnished, removed
from tests.vault.test_vault import Silent
from vault import tables
from vault.contract import LOOKS_MOST, NotKept, NoVault, VaultUnavailable
from vault.looking import PAGE

pytestmark = pytest.mark.anyio
POINTS = ("vault.looked-line",)
Act = Callable[[FourRooms], Awaitable[object]]


class Meddled:
    """The log, of which something happens just before it records."""

    def __init__(self, real: Any, before: Callable[[], Awaitable[object]]) -> None:
        self._real, self._before = real, before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def record(self, caller: Any, entries: Any) -> Any:
        await self._before()
        return await self._real.record(caller, entries)


class Kept:
    """The log, of which somebody keeps the receipts."""

    def __init__(self, real: Any) -> None:
        self._real, self.given = real, list[Receipt]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def record(self, caller: Any, entries: Any) -> Any:
        found = await self._real.record(caller, entries)
        self.given += found
        return found


class Lying:
    """A log that writes nothing and gives the receipt of another line; it may say that it is about this one."""

    def __init__(self, real: Any, other: Receipt, forges: bool) -> None:
        self._real, self._other, self._forges = real, other, forges

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def record(self, _: Any, entries: Any) -> Any:
        (entry,) = entries
        fences = [[at.fence, str(at.epoch)] for at in entry.requires]
        said = {"gebeurtenis": entry.event.id, "soort": entry.event.kind, "vereist": fences}
        act = canonical({**self._other.said(), **said}) if self._forges else self._other.act
        return [self._other.model_copy(update={"act": act})]


async def looked(rooms: FourRooms, *elements: str, whole: bool = False) -> Any:
    resident = await rooms.resident()
    return await rooms.safe.look(rooms.self_of(resident), resident, elements or (INCOME,), whole=whole)


def meddle(rooms: FourRooms, door: Any) -> None:
    """The vault's way of looking asks this log."""
    opener: Any = rooms.safe._opener
    object.__setattr__(opener, "audit", door)


async def opens_nothing(rooms: FourRooms, error: type[Exception]) -> None:
    before = rooms.keys.unwrapped
    with pytest.raises(error):
        await looked(rooms)
    assert rooms.keys.unwrapped == before


async def test_values_come_behind_one_line_that_names_them(both: FourRooms) -> None:
    await furnished(both)
    (seen,) = await looked(both)
    assert (seen.element, seen.value) == (INCOME, HIGH)
    assert [one.value for one in await looked(both, EXERCISES[0], INCOME, whole=True)] == [1, HIGH]
    newest, first = [line.event for line in await both.lines() if line.event.kind == "kluis-ingezien"]
    assert (first.elements, first.details) == ((INCOME,), {})
    assert (newest.elements, newest.details) == ((EXERCISES[0], INCOME), {"stap": "meegenomen"})
    assert HIGH not in newest.model_dump_json() + first.model_dump_json()


async def test_where_nothing_is_kept_there_is_no_line(empty: FourRooms) -> None:
    await empty.resident()
    with pytest.raises(NoVault):
        await looked(empty)
    await furnished(empty)
    with pytest.raises(NotKept):
        await looked(empty, INCOME, EXERCISES[1])
    assert (await kinds(empty))["kluis-ingezien"] == 0


@pytest.mark.parametrize("writes", [True, False])
async def test_a_log_that_does_not_answer_opens_nothing(empty: FourRooms, writes: bool) -> None:
    await furnished(empty)
    meddle(empty, Silent(empty.audit.door("vault"), writes))
    await opens_nothing(empty, LogUnavailable)


@pytest.mark.parametrize("act", [removed, erased])
async def test_what_goes_while_its_resident_looks_is_not_opened(empty: FourRooms, act: Act) -> None:
    await furnished(empty)
    meddle(empty, Meddled(empty.audit.door("vault"), lambda: act(empty)))
    await opens_nothing(empty, NotKept)
    assert (await kinds(empty))["kluis-ingezien"] == 0


@pytest.mark.parametrize("forges", [False, True])
async def test_a_receipt_of_another_line_opens_nothing(empty: FourRooms, forges: bool) -> None:
    resident = await furnished(empty)
    other = await empty.safe.open_vault(empty.self_of(resident), resident)
    meddle(empty, Lying(empty.audit.door("vault"), other, forges))
    await opens_nothing(empty, VaultUnavailable)


async def test_the_receipt_of_an_earlier_look_of_ones_own_serves_that_look_only(empty: FourRooms) -> None:
    await furnished(empty)
    kept = Kept(empty.audit.door("vault"))
    meddle(empty, kept)
    assert len(await looked(empty)) == 1
    (before,) = kept.given
    meddle(empty, Lying(empty.audit.door("vault"), before, forges=False))
    await opens_nothing(empty, VaultUnavailable)
    assert (await kinds(empty))["kluis-ingezien"] == 1


async def test_a_value_that_somebody_put_back_is_not_opened(empty: FourRooms) -> None:
    await furnished(empty)
    database = empty.safe._residents._database
    async with database.snapshot(TENANT) as reading:
        mine = select(tables.records).where(tables.records.c.element == INCOME)
        row = (await reading.execute(mine)).mappings().one()
        salted = select(tables.record_salts).where(tables.record_salts.c.record_id == row["record_id"])
        salt = (await reading.execute(salted)).mappings().one()
    await removed(empty)
    async with database.writing(TENANT) as connection:
        await connection.execute(insert(tables.records).values(dict(row)))
        await connection.execute(insert(tables.record_salts).values(dict(salt)))
    await opens_nothing(empty, NotKept)


async def test_who_looks_very_often_waits(empty: FourRooms) -> None:
    await furnished(empty)
    for _ in range(LOOKS_MOST):
        await looked(empty)
    await opens_nothing(empty, TooManyRequests)
    empty.now += timedelta(hours=1, seconds=1)
    assert len(await looked(empty)) == 1


async def test_who_writes_a_page_of_other_lines_in_between_has_looked_as_often(empty: FourRooms) -> None:
    resident = await furnished(empty)
    for _ in range(LOOKS_MOST - 1):
        await looked(empty)
        empty.now += timedelta(seconds=1)
    many = [Event(id=random_id(), kind="namens-gekeken", subject=resident.subject) for _ in range(PAGE + 1)]
    await empty.audit.door("consent").record(STAFF, [Entry(event=one) for one in many])
    assert len(await looked(empty)) == 1
    await opens_nothing(empty, TooManyRequests)
    with pytest.raises(TooManyRequests) as often:
        await looked(empty)
    assert often.value.members == {"wachtSeconden": 3_600 - LOOKS_MOST + 1}, "until the first of them is an hour old"


@pytest.mark.faults
@pytest.mark.slow
def test_killed_behind_the_line_it_says_a_look_too_much_and_nothing_else(
    sqlite_urls: dict[str, str], tmp_path: Path
) -> None:
    victim = FORKS.Process(target=_die, args=(sqlite_urls, tmp_path))
    victim.start()
    victim.join(PATIENCE)
    assert victim.exitcode == -signal.SIGKILL, victim.exitcode
    victim.close()
    asyncio.run(_found(sqlite_urls, tmp_path))


def _die(urls: dict[str, str], folder: Path) -> None:
    asyncio.run(_looking(urls, folder))


async def _looking(urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        await furnished(rooms)
        arm(*POINTS)
        await looked(rooms)


async def _found(urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        rooms.now += timedelta(seconds=61)
        assert (await rooms.safe.sweep(TENANT), (await kinds(rooms))["kluis-ingezien"]) == (0, 1)
        assert [one.value for one in await looked(rooms)] == [HIGH]
