"""One value that its resident removes or replaces is gone, after a crash and an old backup too; the rest stays."""

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from assembly.demo.register import EXERCISES, INCOME, INCOME_ANSWER, TENANT
from audit.contract import LogUnavailable, Overtaken
from connectors.contract import NothingKnown
from kernel.errors import BadInput, NoAccess
from kernel.failpoints import arm
from tests.forks import FORKS
from tests.four_rooms import DESK_WORKER, R1, SECRET, FourRooms
from tests.patience import PATIENCE
from tests.vault.test_erasing import erased, kinds
from tests.vault.test_erasing_faults import backup
from tests.vault.test_vault import Silent
from vault import tables
from vault.contract import AlreadyKept, Bsn, Deposit, NotKept, NoVault

pytestmark = pytest.mark.anyio
POINTS = ("vault.removing-asked", "vault.removing-line", "vault.removed")
HIGH, LOW = "9000.00", "900.00"


async def furnished(rooms: FourRooms, bsn: Bsn = R1) -> Any:
    """An income, and something else that has to stay."""
    resident = await rooms.income(HIGH, bsn=bsn)
    await rooms.safe.keep(rooms.self_of(resident), resident, (Deposit(element=EXERCISES[0], value=1),))
    return resident


async def removed(rooms: FourRooms, element: str = INCOME, bsn: Bsn = R1) -> Any:
    resident = await rooms.resident(bsn)
    return await rooms.safe.remove(rooms.self_of(resident), resident, element)


async def replaced(rooms: FourRooms, value: Any, element: str = INCOME) -> Any:
    resident = await rooms.resident()
    return await rooms.safe.replace(rooms.self_of(resident), resident, Deposit(element=element, value=value))


async def names(rooms: FourRooms, bsn: Bsn = R1) -> list[str]:
    resident = await rooms.resident(bsn)
    return [one.element for one in await rooms.safe.kept(rooms.self_of(resident), resident)]


async def rows(rooms: FourRooms) -> tuple[int, int]:
    """Values and salts that there are, of anybody."""
    async with rooms.safe._residents._database.snapshot(TENANT) as reading:
        first, second = [
            await reading.scalar(select(func.count()).select_from(table)) or 0
            for table in (tables.records, tables.record_salts)
        ]
    return first, second


async def answer(rooms: FourRooms) -> Any:
    return (await rooms.release(INCOME_ANSWER)).values[INCOME_ANSWER].value


async def not_found(rooms: FourRooms) -> bool:
    with pytest.raises(NothingKnown) as refused:
        await rooms.release(INCOME_ANSWER)
    return [one["code"] for one in refused.value.members["nietGeleverd"]] == ["niet-bekend"]


async def test_a_value_that_is_removed_is_given_to_nobody_and_the_rest_stays(both: FourRooms) -> None:
    await furnished(both)
    await both.consent()
    assert await answer(both) is False
    begun = await removed(both)
    assert (await names(both), await rows(both)) == ([EXERCISES[0]], (1, 1))
    assert await not_found(both)
    told = await kinds(both)
    assert (told["kluis-verwijderen"], told["kluis-verwijderd"]) == (1, 1)
    about = [line.event.elements for line in await both.lines() if line.event.kind.startswith("kluis-verwijder")]
    assert about == [(INCOME,), (INCOME,)]
    assert (await removed(both)).position == begun.position
    assert await kinds(both) == told
    resident = await both.resident()
    await both.safe.keep(both.self_of(resident), resident, (Deposit(element=INCOME, value=LOW),))
    assert await answer(both) is True
    assert (await removed(both)).position > begun.position


async def test_a_value_that_is_replaced_counts_from_its_line_and_the_old_one_is_gone(both: FourRooms) -> None:
    resident = await furnished(both)
    await both.consent()
    with pytest.raises(AlreadyKept):
        await both.safe.keep(both.self_of(resident), resident, (Deposit(element=INCOME, value=LOW),))
    first = await replaced(both, LOW)
    assert (await replaced(both, LOW)).position == first.position
    assert (await answer(both), await rows(both)) == (True, (2, 2))
    (kept,) = await both.safe.keep(both.self_of(resident), resident, (Deposit(element=INCOME, value=LOW),))
    assert kept.position == first.position, "the same again is the same line"
    assert (await replaced(both, HIGH)).position > first.position
    assert (await answer(both), await rows(both)) == (False, (2, 2))
    assert (await kinds(both))["kluis-vervangen"] == 2
    assert await names(both) == sorted([INCOME, EXERCISES[0]])


async def test_only_its_resident_and_only_what_is_there(empty: FourRooms) -> None:
    resident = await furnished(empty)
    other = empty.self_of(await empty.resident(SECRET))
    deposit = Deposit(element=INCOME, value=LOW)
    for caller in (DESK_WORKER, other):
        with pytest.raises(NoAccess):
            await empty.safe.remove(caller, resident, INCOME)
        with pytest.raises(NoAccess):
            await empty.safe.replace(caller, resident, deposit)
        with pytest.raises(NoAccess):
            await empty.safe.kept(caller, resident)
    with pytest.raises(NotKept):
        await removed(empty, EXERCISES[1])
    with pytest.raises(NotKept):
        await replaced(empty, 1, EXERCISES[1])
    with pytest.raises(NoVault):
        await empty.safe.replace(other, await empty.resident(SECRET), deposit)
    with pytest.raises(BadInput):
        await replaced(empty, "x" * 70_000)
    assert (await names(empty), await names(empty, SECRET)) == (sorted([INCOME, EXERCISES[0]]), [])


@pytest.mark.parametrize("writes", [True, False])
async def test_what_the_log_did_not_answer_goes_on_by_itself(both: FourRooms, writes: bool) -> None:
    await furnished(both)
    await both.consent()
    doors: list[Any] = [both.safe._remover, both.safe._finisher]
    for one in doors:
        object.__setattr__(one, "audit", Silent(one.audit, writes))
    with pytest.raises(LogUnavailable):
        await removed(both, EXERCISES[0])
    with pytest.raises(LogUnavailable):
        await replaced(both, LOW)
    with pytest.raises(AlreadyKept):
        await replaced(both, "800.00")
    for one in doors:
        object.__setattr__(one, "audit", both.audit.door("vault"))
    if writes:
        assert await not_found(both), "the old one no more, the new one not yet"
    both.now += timedelta(seconds=6)
    assert await both.safe.sweep(TENANT) == 2
    assert (await answer(both), await names(both), await rows(both)) == (True, [INCOME], (1, 1))
    told = await kinds(both)
    assert [told[f"kluis-{word}"] for word in ("verwijderen", "verwijderd", "vervangen")] == [1, 1, 1]
    assert await both.safe.sweep(TENANT) == 0


async def test_a_removal_takes_along_what_waits_for_the_place(both: FourRooms) -> None:
    await furnished(both)
    finisher: Any = both.safe._finisher
    object.__setattr__(finisher, "audit", Silent(finisher.audit, writes=False))
    with pytest.raises(LogUnavailable):
        await replaced(both, LOW)
    object.__setattr__(finisher, "audit", both.audit.door("vault"))
    await removed(both)
    both.now += timedelta(seconds=6)
    await both.safe.sweep(TENANT)
    assert (await names(both), await rows(both)) == ([EXERCISES[0]], (1, 1))
    assert (await kinds(both))["kluis-vervangen"] == 0


async def test_what_is_removed_while_it_is_replaced_stays_away(both: FourRooms) -> None:
    await furnished(both)
    late = both.safe._rows
    add = late.add

    async def slow(tenant: str, new: Any) -> None:
        await removed(both)
        await add(tenant, new)

    vars(late)["add"] = slow
    with pytest.raises(NotKept):
        await replaced(both, LOW)
    vars(late)["add"] = add
    both.now += timedelta(seconds=6)
    await both.safe.sweep(TENANT)
    assert (await names(both), await rows(both)) == ([EXERCISES[0]], (1, 1))


async def test_an_old_backup_opens_neither_and_both_go_once_more(empty: FourRooms, tmp_path: Path) -> None:
    """trust.md R9."""
    await empty.furnish()
    await empty.case()
    resident = await furnished(empty)
    await empty.consent()
    put_back = backup(empty, tmp_path)
    await removed(empty, EXERCISES[0])
    await replaced(empty, LOW)
    told = await kinds(empty)
    put_back()
    assert await rows(empty) == (2, 2)
    assert await not_found(empty), "what was replaced"
    assert (await empty.safe.returned(TENANT), await rows(empty)) == (2, (0, 0))
    assert (await empty.safe.returned(TENANT), await kinds(empty)) == (0, told + (await kinds(empty) - told))
    assert (await kinds(empty))["kluis-verwijderd"] == 1
    await empty.safe.keep(empty.self_of(resident), resident, (Deposit(element=INCOME, value=LOW),))
    assert await answer(empty) is True


async def test_a_row_that_somebody_put_back_opens_nothing(both: FourRooms) -> None:
    await furnished(both)
    await both.consent()
    database = both.safe._residents._database
    async with database.snapshot(TENANT) as reading:
        mine = select(tables.records).where(tables.records.c.element == INCOME)
        row = (await reading.execute(mine)).mappings().one()
        salted = select(tables.record_salts).where(tables.record_salts.c.record_id == row["record_id"])
        salt = (await reading.execute(salted)).mappings().one()
    await removed(both)
    async with database.writing(TENANT) as connection:
        await connection.execute(insert(tables.records).values(dict(row)))
        await connection.execute(insert(tables.record_salts).values(dict(salt)))
    assert await not_found(both)
    with pytest.raises(Overtaken):
        await replaced(both, LOW)
    assert await both.safe.returned(TENANT) == 1
    assert await names(both) == [EXERCISES[0]]


async def test_a_row_that_nobody_asked_for_removes_nothing(empty: FourRooms) -> None:
    await furnished(empty)
    remover: Any = empty.safe._remover
    object.__setattr__(remover, "audit", Silent(remover.audit, writes=False))
    with pytest.raises(LogUnavailable):
        await removed(empty)
    object.__setattr__(remover, "audit", empty.audit.door("vault"))
    async with empty.safe._residents._database.writing(TENANT) as connection:
        await connection.execute(update(tables.removals).values(asked_at=1))
    empty.now += timedelta(seconds=6)
    assert await empty.safe.sweep(TENANT) == 0
    assert INCOME in await names(empty) and (await kinds(empty))["kluis-verwijderen"] == 0


async def test_a_vault_that_goes_whole_takes_a_removal_along(both: FourRooms) -> None:
    await furnished(both)
    remover: Any = both.safe._remover
    object.__setattr__(remover, "audit", Silent(remover.audit, writes=False))
    with pytest.raises(LogUnavailable):
        await removed(both)
    object.__setattr__(remover, "audit", both.audit.door("vault"))
    await erased(both)
    both.now += timedelta(seconds=6)
    assert (await both.safe.sweep(TENANT), await rows(both)) == (1, (0, 0))
    assert await both.safe.sweep(TENANT) == 0


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("point", [*POINTS, "vault.keeping-pending", "vault.kept-line"])
def test_killed_halfway_it_goes_on_after_the_next_start(
    point: str, sqlite_urls: dict[str, str], tmp_path: Path
) -> None:
    victim = FORKS.Process(target=_die, args=(point, sqlite_urls, tmp_path))
    victim.start()
    victim.join(PATIENCE)
    assert victim.exitcode == -signal.SIGKILL, victim.exitcode
    victim.close()
    asyncio.run(_found(point in POINTS, sqlite_urls, tmp_path))


def _die(point: str, urls: dict[str, str], folder: Path) -> None:
    asyncio.run(_begun(point, urls, folder))


async def _begun(point: str, urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        await furnished(rooms)
        arm(point)
        await (removed(rooms) if point in POINTS else replaced(rooms, LOW))


async def _found(removing: bool, urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        rooms.now += timedelta(seconds=61)
        assert await rooms.safe.sweep(TENANT) == 1
        kept = [EXERCISES[0]] if removing else sorted([INCOME, EXERCISES[0]])
        assert (await names(rooms), await rows(rooms)) == (kept, (len(kept), len(kept)))
        told = await kinds(rooms)
        found = [told[f"kluis-{word}"] for word in ("verwijderen", "verwijderd", "vervangen")]
        assert found == ([1, 1, 0] if removing else [0, 0, 1])
        assert await rooms.safe.sweep(TENANT) == 0
