"""What a reviewer tried against the vault."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from assembly.demo.register import TENANT
from audit import tables
from audit.contract import Entry, Event, LogUnavailable, record_one
from kernel.clock import millis
from kernel.ids import random_id
from tests.four_rooms import DESK_WORKER, SECRET, FourRooms
from tests.vault.test_permit import CONSENT, Maker
from tests.vault.test_vault import Silent
from vault import tables as vault_tables
from vault.acts import lapsing
from vault.contract import Deposit, ResidentRef, Values
from vault.records import Record, RecordRows

pytestmark = pytest.mark.anyio


async def test_a_permit_whose_fence_was_set_back_opens_nothing(empty: FourRooms) -> None:
    resident = await empty.income("1500.00")
    maker = Maker(empty, resident.id, resident.fence)
    await maker.move(CONSENT)
    permit = await maker.permit(maker.decision(hekken=[[maker.fence, 0, "inwoner"], [CONSENT, 1, "toestemming"]]))
    (good,) = await empty.safe.fetch(DESK_WORKER, (permit,))
    assert isinstance(good, Values)
    log = empty.audit.desk(DESK_WORKER).log
    async with log.database.writing(TENANT) as tx:
        await tx.execute(delete(tables.fences).where(tables.fences.c.fence == CONSENT))
    before = empty.keys.unwrapped
    try:
        (verdict,) = await empty.safe.fetch(DESK_WORKER, (permit,))
    except Exception as refused:
        verdict = refused  # type: ignore[assignment]  # whatever came out
    assert not isinstance(verdict, Values)
    assert empty.keys.unwrapped == before


@contextmanager
def silence(rooms: FourRooms) -> Iterator[None]:
    """The log writes nothing and says nothing back, to the sweeper in the background neither."""
    finisher, audit = rooms.safe._finisher, rooms.safe._finisher.audit
    object.__setattr__(finisher, "audit", Silent(audit, writes=False))
    yield
    object.__setattr__(finisher, "audit", audit)


async def left_pending(rooms: FourRooms, resident: ResidentRef, *names: str) -> list[Record]:
    """What is kept in silence."""
    deposits = tuple(Deposit(element=name, value=1) for name in names)
    with silence(rooms), pytest.raises(LogUnavailable):
        await rooms.safe.keep(rooms.self_of(resident), resident, deposits)
    return await held(rooms, resident, *names)


async def held(rooms: FourRooms, resident: ResidentRef, *names: str) -> list[Record]:
    return await RecordRows(rooms.safe._residents._database).held(TENANT, [(resident.id, name) for name in names])


async def test_what_is_in_doubt_lapses_first_however_much_came_after_it(empty: FourRooms) -> None:
    resident = await empty.income()
    with silence(empty):
        await left_pending(empty, resident, "kluis.oud")
        empty.now += timedelta(minutes=11)
        newer = [f"kluis.nieuw{number}" for number in range(120)]
        await left_pending(empty, resident, *newer[:60])
        await left_pending(empty, resident, *newer[60:])
        empty.now += timedelta(seconds=6)
        left = await RecordRows(empty.safe._residents._database).unfinished(TENANT, millis(empty.now))
        assert (len(left), left[0].element) == (100, "kluis.oud")
    await empty.safe.sweep(TENANT)
    assert await held(empty, resident, "kluis.oud") == []
    found = await empty.audit.door("vault").lines(DESK_WORKER, resident.subject, None, 200)
    assert [line.event.kind for line in found.lines].count("vervallen") == 1
    assert [one.state for one in await held(empty, resident, *newer)].count("effective") >= 99


async def test_what_lapsed_is_dropped_also_when_somebody_died_in_between(empty: FourRooms) -> None:
    resident = await empty.income()
    (pending,) = await left_pending(empty, resident, "kluis.oud")
    await record_one(empty.audit.door("vault"), DESK_WORKER, lapsing(Entry.model_validate_json(pending.entry)))
    empty.now += timedelta(seconds=6)
    await empty.safe.sweep(TENANT)
    assert await held(empty, resident, "kluis.oud") == []


@pytest.mark.parametrize("forged", ["subject", "fences", "nonsense"])
async def test_words_written_into_a_waiting_row_do_not_come_into_the_log(empty: FourRooms, forged: str) -> None:
    resident, other = await empty.income(), await empty.resident(SECRET)
    (pending,) = await left_pending(empty, resident, "kluis.oud")
    entry = Entry.model_validate_json(pending.entry)
    said = {
        "subject": entry.model_copy(update={"event": entry.event.model_copy(update={"subject": other.subject})}),
        "fences": entry.model_copy(update={"requires": ()}),
    }
    words = said[forged].model_dump_json() if forged in said else "{"
    async with empty.safe._residents._database.writing(TENANT) as tx:
        await tx.execute(
            update(vault_tables.records).where(vault_tables.records.c.state == "pending").values(entry=words)
        )
    await left_pending(empty, resident, "kluis.nieuw")
    empty.now += timedelta(seconds=6)
    await empty.safe.sweep(TENANT)
    assert (await empty.audit.door("vault").lines(DESK_WORKER, other.subject)).lines == ()
    states = {one.element: one.state for one in await held(empty, resident, "kluis.oud", "kluis.nieuw")}
    assert states == {"kluis.oud": "pending", "kluis.nieuw": "effective"}, "one row holds up no other"


async def test_a_resident_whose_own_row_is_not_ours_holds_up_nobody_elses_keeping(empty: FourRooms) -> None:
    whose, other = await empty.income(), await empty.income(bsn=SECRET)
    for resident in (whose, other):
        await left_pending(empty, resident, "kluis.oud")
    # a flag moved its fence, so what is finished now needs the row that is not ours
    flag = Entry(event=Event(id=random_id(), kind="vlag", subject=whose.subject), advances=(whose.fence,))
    await record_one(empty.audit.door("consent"), DESK_WORKER, flag)
    async with empty.safe._residents._database.writing(TENANT) as tx:
        mine = vault_tables.residents.c.id == whose.id
        await tx.execute(update(vault_tables.residents).where(mine).values(enrolled_at=1))
    empty.now += timedelta(seconds=6)
    await empty.safe.sweep(TENANT)
    states = [(await held(empty, resident, "kluis.oud"))[0].state for resident in (whose, other)]
    assert states == ["pending", "effective"]
