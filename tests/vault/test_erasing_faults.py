"""Erasing, where somebody wrote in the database, where it is older than the vault, and where two act at one moment."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from assembly.demo.register import INCOME, TENANT
from audit.contract import Entry, LogUnavailable, Overtaken
from kernel.crypto import KeyPlace
from tests.four_rooms import DESK_WORKER, R1, SECRET, STRANGER, FourRooms
from tests.vault.test_erasing import erased, kinds, left
from tests.vault.test_vault import Silent
from vault import component, tables
from vault.contract import Bsn, Deposit
from vault.opening import kek

pytestmark = pytest.mark.anyio


async def asked_and_not_answered(rooms: FourRooms, *bsns: Bsn) -> None:
    eraser: Any = rooms.safe._eraser
    object.__setattr__(eraser, "audit", Silent(eraser.audit, writes=False))
    for bsn in bsns:
        with pytest.raises(LogUnavailable):
            await erased(rooms, bsn)
    object.__setattr__(eraser, "audit", rooms.audit.door("vault"))
    rooms.now += timedelta(seconds=6)


def backup(rooms: FourRooms, folder: Path) -> Callable[[], None]:
    """Of the vault, as it is now; to be put back."""
    file, old = Path(rooms.urls["vault"].partition(":///")[2]), folder / "old.db"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(old)) as copy:
        source.backup(copy)

    def put_back() -> None:
        with closing(sqlite3.connect(old)) as source, closing(sqlite3.connect(file)) as copy:
            source.backup(copy)

    return put_back


@pytest.mark.parametrize("gone", [False, True])
async def test_whose_row_is_not_ours_holds_up_no_other_and_what_they_kept_goes(empty: FourRooms, gone: bool) -> None:
    for bsn in (R1, SECRET):
        await empty.income(bsn=bsn)
    await asked_and_not_answered(empty, R1, SECRET)
    first, other = await empty.resident(R1), await empty.resident(SECRET)
    whose = min((first, other), key=lambda one: one.id)  # asked at one moment: by id
    async with empty.safe._residents._database.writing(TENANT) as connection:
        mine = tables.residents.c.id == whose.id
        change = delete(tables.residents) if gone else update(tables.residents).values(enrolled_at=1)
        await connection.execute(change.where(mine))
    assert await empty.safe.sweep(TENANT) == 2
    assert await left(empty) == 0
    assert not await empty.safe.opened(DESK_WORKER, other if whose == first else first)


async def test_a_key_row_that_nobody_wrote_hides_no_vault_that_came_back(empty: FourRooms, tmp_path: Path) -> None:
    for bsn in (R1, SECRET, STRANGER):
        await empty.income(bsn=bsn)
    put_back = backup(empty, tmp_path)
    await erased(empty, R1)
    await erased(empty, STRANGER)
    put_back()
    async with empty.safe._residents._database.writing(TENANT) as connection:
        row = (await connection.execute(select(tables.resident_keys).limit(1))).mappings().one()
        await connection.execute(insert(tables.resident_keys).values({**row, "resident": "0" * 32, "version": 7}))
    assert await empty.safe.returned(TENANT) == 2
    assert not await empty.safe.opened(DESK_WORKER, await empty.resident(R1))
    assert await empty.safe.opened(DESK_WORKER, await empty.resident(SECRET))


async def test_a_log_that_is_away_keeps_no_number_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    class Safe:
        async def returned(self, tenant: str) -> int:
            raise LogUnavailable

        async def sweep(self, tenant: str) -> int:
            raise LogUnavailable

        async def forget_numbers(self, tenant: str) -> None:
            done.append(tenant)

    async def enough(_: float) -> None:
        raise TimeoutError

    monkeypatch.setattr(asyncio, "sleep", enough)
    safe: Any = Safe()
    with pytest.raises(TimeoutError):
        await component._sweeping(safe, (TENANT,))
    assert done == [TENANT]


async def test_who_opens_a_vault_that_a_backup_forgot_can_keep_in_it(empty: FourRooms, tmp_path: Path) -> None:
    """The log knows that it was opened and erased before."""
    resident = await empty.resident()
    me = empty.self_of(resident)
    put_back = backup(empty, tmp_path)
    await empty.income()
    await erased(empty)
    put_back()
    await empty.safe.open_vault(me, resident)
    await empty.safe.keep(me, resident, (Deposit(element=INCOME, value="900.00"),))
    assert await empty.safe.returned(TENANT) == 0
    assert (await kinds(empty))["kluis-geopend"] == 2


async def test_a_vault_that_was_erased_while_it_was_opened_is_not_open(both: FourRooms) -> None:
    resident = await both.resident()
    me, rows = both.self_of(resident), both.safe._rows
    add = rows.add_key

    async def slow(tenant: str, key: Any) -> Any:
        made = await add(tenant, key)
        await erased(both)
        return made

    vars(rows)["add_key"] = slow
    with pytest.raises(Overtaken):
        await both.safe.open_vault(me, resident)
    vars(rows)["add_key"] = add
    assert not await both.safe.opened(DESK_WORKER, resident)
    await both.safe.open_vault(me, resident)
    await both.safe.keep(me, resident, (Deposit(element=INCOME, value="900.00"),))


async def test_an_old_key_row_takes_nothing_along_that_came_after_it(both: FourRooms) -> None:
    resident = await both.income()
    me, database = both.self_of(resident), both.safe._residents._database
    async with database.snapshot(TENANT) as reading:
        old = (await reading.execute(select(tables.resident_keys))).mappings().one()
    await erased(both)
    await both.safe.open_vault(me, resident)
    await both.safe.keep(me, resident, (Deposit(element=INCOME, value="900.00"),))
    held = await left(both)
    async with database.writing(TENANT) as connection:
        await connection.execute(insert(tables.resident_keys).values(dict(old)))
    assert await both.safe.returned(TENANT) == 1
    assert await left(both) == held


async def test_the_process_that_erases_forgets_the_key_at_once(empty: FourRooms) -> None:
    resident = await empty.income()
    forgotten: list[tuple[str, KeyPlace]] = []
    vars(empty.safe._ring)["forget"] = lambda name, place: forgotten.append((name, place))
    await erased(empty)
    assert forgotten == [(kek(TENANT), KeyPlace(TENANT, "vault", "D", resident.id, 1))]


async def test_an_opening_of_before_it_asked_for_the_fence_is_still_ours(empty: FourRooms) -> None:
    resident = await empty.resident()
    me, finisher = empty.self_of(resident), empty.safe._finisher
    object.__setattr__(finisher, "audit", Silent(finisher.audit, writes=False))
    with pytest.raises(LogUnavailable):
        await empty.safe.open_vault(me, resident)
    object.__setattr__(finisher, "audit", empty.audit.door("vault"))
    key = (await empty.safe._rows.keys_of(TENANT, (resident.id,)))[resident.id]
    entry = Entry.model_validate_json(key.entry)
    older = entry.model_copy(update={"requires": entry.requires[:1]})
    await empty.safe._rows.reword_key(TENANT, resident.id, older.model_dump_json())
    first = await empty.safe.open_vault(me, resident)
    assert (await empty.safe.open_vault(me, resident)).position == first.position
    assert await empty.safe.opened(DESK_WORKER, resident)
