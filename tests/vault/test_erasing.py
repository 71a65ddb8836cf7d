"""A vault that its resident erases is gone, after a crash and after an old backup too; the log about it stays whole."""

import asyncio
import signal
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

import regie_verify
from assembly.demo.register import EXERCISES, INCOME, INCOME_ANSWER, TENANT
from audit.contract import LogUnavailable, Overtaken, Query, Reason
from connectors.contract import NothingDelivered
from kernel.errors import NoAccess
from kernel.failpoints import arm
from kernel.proof.note import vkey
from tests.audit.logs import FG
from tests.forks import FORKS
from tests.four_rooms import DESK_WORKER, R1, SECRET, FourRooms
from tests.patience import PATIENCE
from tests.vault.test_vault import Silent
from vault import tables
from vault.contract import WEIGHTS, Bsn, Deposit, NoVault
from vault.records import RecordRows

pytestmark = pytest.mark.anyio
POINTS = ("vault.erasing-asked", "vault.erasing-line", "vault.shredded")
HELD = (tables.records, tables.record_salts, tables.resident_keys)
WHY = Reason(code="controle", case="C-1", note="kijken wat er blijft")


async def erased(rooms: FourRooms, bsn: Bsn = R1) -> Any:
    resident = await rooms.resident(bsn)
    return await rooms.safe.erase(rooms.self_of(resident), resident)


async def left(rooms: FourRooms) -> int:
    """Rows that hold anything of anybody's vault."""
    async with rooms.safe._residents._database.snapshot(TENANT) as reading:
        return sum([await reading.scalar(select(func.count()).select_from(table)) or 0 for table in HELD])


async def kinds(rooms: FourRooms) -> Counter[str]:
    return Counter(line.event.kind for line in await rooms.lines())


async def test_nothing_of_it_is_left_and_it_is_given_to_nobody(both: FourRooms) -> None:
    resident = await both.income()
    await both.consent()
    assert (await both.release(INCOME_ANSWER)).values
    begun = await erased(both)
    assert await left(both) == 0
    assert not await both.safe.opened(DESK_WORKER, resident)
    with pytest.raises(NothingDelivered):
        await both.release(INCOME_ANSWER)
    told = await kinds(both)
    assert (told["wissing-begonnen"], told["wissing-voltooid"]) == (1, 1)
    both.now += timedelta(days=400)
    assert (await erased(both)).position == begun.position
    assert await kinds(both) == told


async def test_the_log_is_as_readable_and_as_provable_as_before(house: FourRooms) -> None:
    resident = await house.income()
    before = {line.position: line for line in await house.lines()}
    await erased(house)
    web, mine, log = house.audit.door("web"), house.self_of(resident), house.audit.desk(DESK_WORKER).log
    after = {line.position: line for line in (await web.lines(mine, resident.subject)).lines}
    assert before and {place: after[place] for place in before} == before
    found = await web.search(FG, Query(subject=resident.subject), WHY)
    assert {line.position: line for line in found.found.lines} == after
    keys = house.folder / "log.vkey"
    keys.write_text(vkey(log.origin, log.signer.public_key) + "\n")
    proofs = [house.folder / f"{place}.tlog-proof" for place in after]
    for place, file in zip(after, proofs, strict=True):
        file.write_text(await web.proof(mine, place))
    assert regie_verify.main([*map(str, proofs), "--vkey", str(keys)]) == 0


async def test_a_vault_that_is_opened_again_begins_anew(both: FourRooms) -> None:
    resident = await both.income("1500.00")
    me = both.self_of(resident)
    await both.consent()
    await erased(both)
    with pytest.raises(NoVault):
        await both.safe.keep(me, resident, (Deposit(element=INCOME, value="900.00"),))
    again = await both.safe.open_vault(me, resident)
    assert (await both.safe.open_vault(me, resident)).position == again.position
    with pytest.raises(NothingDelivered):
        await both.release(INCOME_ANSWER)
    await both.safe.keep(me, resident, (Deposit(element=INCOME, value="900.00"),))
    assert (await both.release(INCOME_ANSWER)).values
    assert await both.safe.sweep(TENANT) == 0 and await both.safe.returned(TENANT) == 0
    await erased(both)
    assert await left(both) == 0
    assert (await kinds(both))["wissing-voltooid"] == 2


async def test_only_its_resident_erases_a_vault_and_only_one_that_is_there(empty: FourRooms) -> None:
    resident = await empty.income()
    with pytest.raises(NoAccess):
        await empty.safe.erase(DESK_WORKER, resident)
    other = await empty.resident(SECRET)
    with pytest.raises(NoAccess):
        await empty.safe.erase(empty.self_of(other), resident)
    with pytest.raises(NoVault):
        await erased(empty, SECRET)
    assert await left(empty) == len(HELD)


@pytest.mark.parametrize("writes", [True, False])
async def test_what_the_log_did_not_answer_goes_on_by_itself(both: FourRooms, writes: bool) -> None:
    await both.income()
    eraser: Any = both.safe._eraser
    object.__setattr__(eraser, "audit", Silent(eraser.audit, writes))
    with pytest.raises(LogUnavailable):
        await erased(both)
    object.__setattr__(eraser, "audit", both.audit.door("vault"))
    assert await both.safe.sweep(TENANT) == 0, "its caller may still be at it"
    both.now += timedelta(seconds=6)
    assert (await both.safe.sweep(TENANT), await left(both)) == (1, 0)
    told = await kinds(both)
    assert (told["wissing-begonnen"], told["wissing-voltooid"], await both.safe.sweep(TENANT)) == (1, 1, 0)


async def test_a_row_that_is_not_ours_is_left_alone_and_holds_up_no_other(empty: FourRooms) -> None:
    resident, other = await empty.income(), await empty.income(bsn=SECRET)
    eraser: Any = empty.safe._eraser
    object.__setattr__(eraser, "audit", Silent(eraser.audit, writes=False))
    for bsn in (R1, SECRET):
        with pytest.raises(LogUnavailable):
            await erased(empty, bsn)
    object.__setattr__(eraser, "audit", empty.audit.door("vault"))
    async with empty.safe._residents._database.writing(TENANT) as connection:
        mine = tables.erasures.c.resident == other.id
        await connection.execute(update(tables.erasures).where(mine).values(asked_at=1))
    empty.now += timedelta(seconds=6)
    assert await empty.safe.sweep(TENANT) == 1
    assert not await empty.safe.opened(DESK_WORKER, resident)
    assert await empty.safe.opened(DESK_WORKER, other)


async def test_what_was_being_kept_meanwhile_is_kept_nowhere(empty: FourRooms) -> None:
    resident = await empty.income()
    me, deposit = empty.self_of(resident), Deposit(element=EXERCISES[0], value=1)
    rows, late = RecordRows(empty.safe._residents._database), empty.safe._rows
    add = late.add

    async def slow(tenant: str, new: Any) -> None:
        await erased(empty)
        await add(tenant, new)

    vars(late)["add"] = slow
    with pytest.raises(Overtaken):
        await empty.safe.keep(me, resident, (deposit,))
    empty.now += timedelta(seconds=6)
    await empty.safe.sweep(TENANT)
    assert await rows.held(TENANT, [(resident.id, EXERCISES[0])]) == []
    assert await left(empty) == 0


async def test_an_old_backup_opens_nothing_and_goes_once_more(sqlite_urls: dict[str, str], tmp_path: Path) -> None:
    """trust.md R9, twenty times."""
    file, old = Path(sqlite_urls["vault"].partition(":///")[2]), tmp_path / "old.db"
    async with AsyncExitStack() as stack:
        rooms = FourRooms(sqlite_urls, tmp_path, stack)
        await rooms.open()
        await rooms.furnish()
        people = {f"Z-{at}": Bsn(number) for at, number in enumerate(_numbers(20))}
        for case, bsn in people.items():
            await rooms.case(case, bsn)
            await rooms.income(bsn=bsn)
            await rooms.consent(case, bsn)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(old)) as copy:
            source.backup(copy)
        for bsn in people.values():
            await erased(rooms, bsn)
        with closing(sqlite3.connect(old)) as source, closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
        assert await left(rooms) == len(HELD) * len(people)
        for case, bsn in people.items():
            with pytest.raises(NothingDelivered):
                await rooms.release(INCOME_ANSWER, bsn=bsn, zaak=case)
        assert (await rooms.safe.returned(TENANT), await left(rooms)) == (20, 0)
        assert await rooms.safe.returned(TENANT) == 0
        one = await rooms.resident(people["Z-7"])
        told = Counter(line.event.kind for line in (await rooms.audit.door("web").lines(FG, one.subject)).lines)
        assert (told["wissing-begonnen"], told["wissing-voltooid"]) == (1, 1)


def _numbers(many: int) -> list[str]:
    """That pass the elfproef, of nobody."""
    found: list[str] = []
    for number in range(900_000_000, 900_100_000):
        digits = [int(digit) for digit in str(number)]
        if sum(w * d for w, d in zip(WEIGHTS, digits, strict=True)) % 11 == 0:
            found.append(str(number))
    return found[:many]


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_halfway_it_goes_on_after_the_next_start(
    point: str, sqlite_urls: dict[str, str], tmp_path: Path
) -> None:
    victim = FORKS.Process(target=_die, args=(point, sqlite_urls, tmp_path))
    victim.start()
    victim.join(PATIENCE)
    assert victim.exitcode == -signal.SIGKILL, victim.exitcode
    victim.close()
    asyncio.run(_found(sqlite_urls, tmp_path))


def _die(point: str, urls: dict[str, str], folder: Path) -> None:
    arm(point)
    asyncio.run(_begun(urls, folder))


async def _begun(urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        await rooms.income()
        await erased(rooms)


async def _found(urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        rooms.now += timedelta(seconds=61)
        assert (await rooms.safe.sweep(TENANT), await left(rooms)) == (1, 0)
        told = await kinds(rooms)
        assert (told["wissing-begonnen"], told["wissing-voltooid"]) == (1, 1)
        assert not await rooms.safe.opened(DESK_WORKER, await rooms.resident())
