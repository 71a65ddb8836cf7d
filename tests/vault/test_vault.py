"""Who is who, who opened a vault, what is kept; and what a broken or attacked database can not make of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from assembly.demo.register import EXERCISES, INCOME, TENANT
from audit.contract import NOBODY, Entry, Event, EventIdTaken, LogUnavailable, Overtaken, Receipt, Verdict, record_one
from kernel.caller import Caller
from kernel.errors import BadInput, NoAccess
from kernel.ids import random_id
from kernel.sql import Database
from tests.four_rooms import DESK_WORKER, R1, SECRET, STRANGER, FourRooms
from tests.statements import said_to
from vault import tables
from vault.contract import AlreadyKept, Bsn, Deposit, NoVault, VaultUnavailable
from vault.records import RecordRows

pytestmark = pytest.mark.anyio


async def test_a_stranger_looks_like_anybody_and_stays_the_same(both: FourRooms) -> None:
    await both.resident(SECRET)
    known, stranger = await both.safe.identify(DESK_WORKER, (SECRET, STRANGER))
    assert len(known.id) == len(stranger.id) == 32
    assert (known.stand_in, stranger.stand_in, stranger.subject) == (False, True, NOBODY)
    assert [stranger] == await both.safe.identify(DESK_WORKER, (STRANGER,))
    enrolled = await both.resident(STRANGER)
    assert (enrolled.stand_in, enrolled.id != stranger.id) == (False, True)
    assert await both.safe.enrol(DESK_WORKER, (STRANGER, SECRET)) == [enrolled, known]


async def test_identify_is_one_statement_and_writes_nothing(empty: FourRooms) -> None:
    await empty.resident(R1)
    said = said_to(empty.safe._residents._database)
    for bsns in ((R1,), (STRANGER,), (R1, SECRET, STRANGER)):
        said.clear()
        await empty.safe.identify(DESK_WORKER, bsns)
        assert [one.split()[0] for one in said if one.split()[0] not in ("BEGIN", "PRAGMA")] == ["SELECT"]


async def test_a_vault_is_opened_once_by_its_resident(both: FourRooms) -> None:
    resident = await both.resident()
    with pytest.raises(NoAccess):
        await both.safe.open_vault(DESK_WORKER, resident)
    with pytest.raises(NoAccess):
        await both.safe.open_vault(Caller(tenant=TENANT, kind="inwoner", user="another"), resident)
    assert not await both.safe.opened(DESK_WORKER, resident)
    first = await both.safe.open_vault(both.self_of(resident), resident)
    assert await both.safe.opened(DESK_WORKER, resident)
    both.now += timedelta(days=400)
    assert (await both.safe.open_vault(both.self_of(resident), resident)).position == first.position


async def test_nothing_is_kept_before_the_vault_is_open(empty: FourRooms) -> None:
    resident = await empty.resident()
    with pytest.raises(NoVault):
        await empty.safe.keep(empty.self_of(resident), resident, (Deposit(element=INCOME, value=1),))
    (nobody,) = await empty.safe.identify(DESK_WORKER, (STRANGER,))
    with pytest.raises(NoVault):
        await empty.safe.open_vault(empty.self_of(nobody), nobody)


async def test_the_same_again_is_the_same_line_and_another_value_is_refused(both: FourRooms) -> None:
    resident = await both.income("1500.00")
    me = both.self_of(resident)
    again = await both.safe.keep(me, resident, (Deposit(element=INCOME, value="1500.00"),))
    kept = [line for line in await both.lines() if line.event.kind == "kluis-bewaard"]
    assert [line.position for line in kept] == [receipt.position for receipt in again]
    with pytest.raises(AlreadyKept):
        await both.safe.keep(me, resident, (Deposit(element=INCOME, value="1600.00"),))


@pytest.mark.parametrize("value", ["x" * 70_000, [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]], float("nan")])
async def test_a_value_has_limits(empty: FourRooms, value: Any) -> None:
    resident = await empty.income()
    with pytest.raises(BadInput):
        await empty.safe.keep(empty.self_of(resident), resident, (Deposit(element=EXERCISES[0], value=value),))


async def test_a_flag_in_between_does_not_stop_a_resident_from_keeping(empty: FourRooms) -> None:
    resident = await empty.income()
    flag = Entry(event=Event(id=random_id(), kind="vlag", subject=resident.subject), advances=(resident.fence,))
    await record_one(empty.audit.door("consent"), DESK_WORKER, flag)
    deposits = (Deposit(element=EXERCISES[0], value=1), Deposit(element=EXERCISES[1], value=2))
    first = await empty.safe.keep(empty.self_of(resident), resident, deposits)
    again = await empty.safe.keep(empty.self_of(resident), resident, deposits)
    assert [receipt.position for receipt in first] == [receipt.position for receipt in again]
    assert len({receipt.position.index for receipt in first}) == 2


async def test_a_restriction_in_between_does(empty: FourRooms) -> None:
    resident = await empty.income()
    stop = Entry(event=Event(id=random_id(), kind="beperking", subject=resident.subject), advances=(resident.fence,))
    await record_one(empty.audit.door("consent"), DESK_WORKER, stop)
    with pytest.raises(Overtaken):
        await empty.safe.keep(empty.self_of(resident), resident, (Deposit(element=EXERCISES[0], value=1),))


class Silent:
    """A log that writes, or not, and whose answers get lost."""

    def __init__(self, inner: Any, writes: bool) -> None:
        self._inner, self._writes = inner, writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def record(self, caller: Caller, entries: Any) -> list[Verdict]:
        if self._writes:
            await self._inner.record(caller, entries)
        raise LogUnavailable


@pytest.mark.parametrize("writes", [True, False])
async def test_what_a_crash_left_pending_is_finished_by_the_sweeper(both: FourRooms, writes: bool) -> None:
    resident = await both.income()
    finisher, deposit = both.safe._finisher, Deposit(element=EXERCISES[0], value=1)
    object.__setattr__(finisher, "audit", Silent(finisher.audit, writes))
    with pytest.raises(LogUnavailable):
        await both.safe.keep(both.self_of(resident), resident, (deposit,))
    object.__setattr__(finisher, "audit", both.audit.door("vault"))
    rows = RecordRows(both.safe._residents._database)
    assert [one.state for one in await rows.held(TENANT, [(resident.id, EXERCISES[0])])] == ["pending"]
    assert await both.safe.sweep(TENANT) == 0, "its caller may still be at it"
    both.now += timedelta(seconds=6)
    assert await both.safe.sweep(TENANT) == 1
    assert [one.state for one in await rows.held(TENANT, [(resident.id, EXERCISES[0])])] == ["effective"]


async def test_what_may_no_longer_be_kept_lapses_under_its_own_id(empty: FourRooms) -> None:
    resident = await empty.income()
    finisher, deposit = empty.safe._finisher, Deposit(element=EXERCISES[0], value=1)
    object.__setattr__(finisher, "audit", Silent(finisher.audit, writes=False))
    with pytest.raises(LogUnavailable):
        await empty.safe.keep(empty.self_of(resident), resident, (deposit,))
    object.__setattr__(finisher, "audit", empty.audit.door("vault"))
    rows = RecordRows(empty.safe._residents._database)
    (pending,) = await rows.held(TENANT, [(resident.id, EXERCISES[0])])
    stop = Entry(event=Event(id=random_id(), kind="beperking", subject=resident.subject), advances=(resident.fence,))
    await record_one(empty.audit.door("consent"), DESK_WORKER, stop)
    empty.now += timedelta(seconds=6)
    await empty.safe.sweep(TENANT)
    assert await rows.held(TENANT, [(resident.id, EXERCISES[0])]) == []
    (late,) = await empty.audit.door("vault").record(DESK_WORKER, (Entry.model_validate_json(pending.entry),))
    assert isinstance(late, EventIdTaken)


@pytest.mark.parametrize("column", ["bsn_index", "opened_at", "epoch", "mac"])
async def test_a_changed_resident_row_is_found_before_it_can_permit_anything(empty: FourRooms, column: str) -> None:
    one, other = await empty.income(), await empty.resident(SECRET)
    database = empty.safe._residents._database
    async with database.writing(TENANT) as connection:
        value = b"x" * 32 if column in ("bsn_index", "mac") else 7
        mine = tables.residents.c.id == other.id
        await connection.execute(update(tables.residents).where(mine).values({column: value}))
    with pytest.raises(VaultUnavailable):
        await empty.safe.opened(DESK_WORKER, other)
    assert await empty.safe.opened(DESK_WORKER, one)


async def test_rotation_rewraps_everything_and_changes_nothing(both: FourRooms) -> None:
    resident = await both.income()
    assert await both.safe.rewrap_all(TENANT) == 0
    await both.keys.rotate(f"regie/{TENANT}/vault")
    seen: list[tuple[int, int]] = []
    assert await both.safe.rewrap_all(TENANT, lambda *told: seen.append(told)) == 6
    assert seen == [(1, 1)]
    assert await both.safe.rewrap_all(TENANT) == 0
    await both.keys.destroy(f"regie/{TENANT}/vault", 1)
    assert await both.safe.identify(DESK_WORKER, (R1,)) == [resident]
    again = await both.safe.keep(both.self_of(resident), resident, (Deposit(element=INCOME, value="1500.00"),))
    assert isinstance(again[0], Receipt)


async def test_two_that_enrol_at_once_make_one_resident(both: FourRooms) -> None:
    found = await asyncio.gather(*(both.resident(STRANGER) for _ in range(4)))
    assert len({ref.id for ref in found}) == 1


async def test_no_number_and_no_value_in_the_tables(empty: FourRooms) -> None:
    await empty.income("1234.56")
    database: Database = empty.safe._residents._database
    async with database.snapshot(TENANT) as connection:
        for table in tables.metadata.sorted_tables:
            for row in await connection.execute(text(f"SELECT * FROM {table.name}")):  # noqa: S608 - our own tables
                for value in row:
                    shown = bytes(value) if isinstance(value, bytes) else str(value).encode()
                    assert b"999993653" not in shown
                    assert b"1234.56" not in shown
    assert "999993653" not in repr(R1) + str(R1) + f"{R1}" + repr(Bsn("999993653"))
    with pytest.raises(ValueError, match="elfproef") as wrong:
        Bsn("999993654")
    assert "999993654" not in str(wrong.value)
