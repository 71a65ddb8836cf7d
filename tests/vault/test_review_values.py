"""What a hostile reader found in single values: one that is kept twice at a moment, rows that somebody put back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from assembly.demo.register import EXERCISES, INCOME, TENANT
from audit.contract import LogUnavailable
from tests.four_rooms import FourRooms
from tests.vault.test_removing import HIGH, LOW, furnished, names, removed, replaced, rows
from tests.vault.test_review_vault import silence
from vault import tables
from vault.contract import AlreadyKept, Deposit

pytestmark = pytest.mark.anyio


async def test_of_two_tabs_that_keep_something_one_is_told_and_nothing_waits_for_ever(both: FourRooms) -> None:
    resident = await both.resident()
    me, late = both.self_of(resident), both.safe._rows
    await both.safe.open_vault(me, resident)
    add = late.add

    async def slow(tenant: str, new: Any) -> None:
        vars(late)["add"] = add
        await both.safe.keep(me, resident, (Deposit(element=INCOME, value=HIGH),))
        await add(tenant, new)

    vars(late)["add"] = slow
    with pytest.raises(AlreadyKept):
        await both.safe.keep(me, resident, (Deposit(element=INCOME, value=LOW),))
    assert await rows(both) == (1, 1)
    both.now += timedelta(seconds=6)
    assert await both.safe.sweep(TENANT) == 0


async def test_a_row_put_back_as_another_one_holds_up_no_other(both: FourRooms) -> None:
    await furnished(both)
    database = both.safe._residents._database
    async with database.snapshot(TENANT) as reading:
        found = [dict(row) for row in (await reading.execute(select(tables.records))).mappings()]
        salts = [dict(row) for row in (await reading.execute(select(tables.record_salts))).mappings()]
    await removed(both)
    await removed(both, EXERCISES[0])
    first = min(found, key=lambda row: row["record_id"])
    async with database.writing(TENANT) as connection:
        await connection.execute(tables.removals.delete())
        for row in found:
            await connection.execute(
                insert(tables.records).values(row | ({"element": "brp.naam"} if row is first else {}))
            )
        await connection.execute(insert(tables.record_salts), salts)
    assert await both.safe.returned(TENANT) == 2
    assert await rows(both) == (0, 0), "the log says that both are gone"
    both.now += timedelta(seconds=6)
    assert await both.safe.sweep(TENANT) == 0
    assert await names(both) == []


async def test_a_value_put_back_as_if_it_were_waiting_holds_up_no_other(both: FourRooms) -> None:
    await furnished(both)
    database = both.safe._residents._database
    async with database.snapshot(TENANT) as reading:
        mine = select(tables.records).where(tables.records.c.element == INCOME)
        row = dict((await reading.execute(mine)).mappings().one())
        salted = select(tables.record_salts).where(tables.record_salts.c.record_id == row["record_id"])
        salt = dict((await reading.execute(salted)).mappings().one())
    await replaced(both, LOW)
    async with database.writing(TENANT) as connection:
        await connection.execute(insert(tables.records).values(row | {"state": "pending", "created_at": 0}))
        await connection.execute(insert(tables.record_salts).values(salt))
    with silence(both), pytest.raises(LogUnavailable):
        await replaced(both, "no", EXERCISES[0])
    both.now += timedelta(seconds=6)
    assert await both.safe.sweep(TENANT) == 2
    assert (await names(both), await rows(both)) == (sorted([INCOME, EXERCISES[0]]), (3, 3))
    assert await both.safe.returned(TENANT) == 1
    assert await rows(both) == (2, 2)
