"""Uses in an emergency until the FG has looked at each: the list, who may judge, what stays, and a year later."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from assembly.demo.register import EMERGENCY, LOAN_DESK, TENANT
from audit.contract import Entry, Event, FenceAt, Ground, Line, Position, Query, Reason, record_one
from consent.contract import NoSuchThing, NotNow
from consent.emergencies.contract import Emergencies, Judged
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from tests.connectors.test_emergency import ADDRESS, ANYTHING, NAME, NOTE, newest, urgent, version
from tests.four_rooms import STAFF, FourRooms

pytestmark = pytest.mark.anyio
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="f" * 32, roles=("fg",))
OTHER = OFFICER.model_copy(update={"user": "e" * 32})
OF_THE_DESK = OFFICER.model_copy(update={"roles": ("fg", f"afdeling:{LOAN_DESK}")})


def door(rooms: FourRooms) -> Emergencies:
    return rooms.register.emergencies


def judged(place: Position, **more: Any) -> Judged:
    return Judged.model_validate({"line": place, "verdict": "in-orde", "why": "Er was echt gevaar.", **more})


async def used(rooms: FourRooms) -> Line:
    await urgent(rooms)
    return await newest(rooms, "noodverstrekking")


async def test_a_use_waits_until_the_fg_said_what_they_think_and_the_resident_reads_it(both: FourRooms) -> None:
    first = await used(both)
    both.now += timedelta(hours=1)
    second = await used(both)
    waiting = await door(both).waiting(OFFICER)
    assert [one.line for one in waiting] == [first.position, second.position], "oldest first"
    assert waiting[0].reason.en == "Somebody called us and needed help at once." and waiting[0].ended
    seen = await door(both).opened(OFFICER, first.position)
    assert (seen.note, seen.elements, seen.use.recipient) == (NOTE, (NAME, ADDRESS), LOAN_DESK)
    looked = (await newest(both, "zoeking")).event
    assert looked.details["regel"] == str(first.position), "who looks is seen looking"
    await door(both).review(OFFICER, judged(first.position, verdict="niet-in-orde"))
    assert [one.line for one in await door(both).waiting(OFFICER)] == [second.position]
    told = (await newest(both, "nood-nagekeken")).event
    assert (told.closes, told.activity, told.actor) == ((first.position,), EMERGENCY, "")
    assert (told.details["oordeel"], told.details["waarom"]) == ("niet-in-orde", "Er was echt gevaar.")


async def test_only_one_word_counts_and_nobody_judges_their_own_use(house: FourRooms) -> None:
    place = (await used(house)).position
    for nobody in (ANYTHING, OFFICER.model_copy(update={"roles": ("proceseigenaar",)})):
        for act in (door(house).waiting(nobody), door(house).opened(nobody, place)):
            with pytest.raises(NoAccess):
                await act
    with pytest.raises(NoAccess, match="eigen afdeling"):
        await door(house).review(OF_THE_DESK, judged(place))
    assert [one.own for one in await door(house).waiting(OF_THE_DESK)] == [True]
    for why in (" ", "Zie 999993653."):
        with pytest.raises(BadInput):
            await door(house).review(OFFICER, judged(place, why=why))
    both = (door(house).review(who, judged(place, why=who.user[:1])) for who in (OFFICER, OTHER))
    said = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in said) == ["NotNow", "Position"]
    assert await door(house).waiting(OFFICER) == []


async def test_only_a_use_in_an_emergency_that_ended_is_reviewed(house: FourRooms) -> None:
    line = await used(house)
    other = (await newest(house, "afloop")).position
    for place in (other, Position(term=other.term, index=99_999)):
        with pytest.raises(NoSuchThing):
            await door(house).opened(OFFICER, place)
        with pytest.raises(NoSuchThing):
            await door(house).review(OFFICER, judged(place))
    with pytest.raises(NotNow, match="loopt nog"):
        await door(house).review(OFFICER, judged(await under_way(house, line.event)))


async def under_way(rooms: FourRooms, event: Event) -> Position:
    """Another one like it, that nobody ended yet."""
    said = {"id": "1" * 32, "trace": None, "decision": "2" * 64, "decided_at": millis(rooms.now)}
    fences = tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch, _ in Ground.read(event.sealed).hekken)
    entry = Entry(event=event.model_copy(update=said), requires=fences)
    return (await record_one(rooms.audit.door("connectors"), ANYTHING, entry)).position


async def test_what_nobody_reviewed_is_counted_when_its_day_is_over(house: FourRooms) -> None:
    counting = house.audit.desk(OFFICER).emergencies
    place = (await used(house)).position
    await counting.count()
    assert counting.overdue == 0
    house.now += timedelta(hours=11)  # noon in UTC is two o'clock here: the next morning
    await counting.count()
    assert counting.overdue == 1
    await door(house).review(OFFICER, judged(place))
    house.now += timedelta(minutes=1)
    await counting.count()
    assert counting.overdue == 0


async def test_a_year_later_the_same_is_decided(house: FourRooms) -> None:
    line = await used(house)
    house.now += timedelta(days=366)
    await house.register.publish(STAFF, version(vooraf=30, titel={"nl": "Anders", "en": "Other"}))
    await house.register.suspend(STAFF, LOAN_DESK)
    replayed = await house.register.replay(TENANT, line.event)
    assert replayed.same, replayed
    assert replayed.decision.noodtoegang == "belt-om-hulp"


async def test_the_fg_finds_the_employee_as_of_every_release(house: FourRooms) -> None:
    line = await used(house)
    door_ = house.audit.door("web")
    query, why = Query(activity=EMERGENCY, kind="noodverstrekking"), Reason(code="steekproef", case="Z-1")
    (found,) = (await door_.search(OFFICER, query, why)).found.lines
    assert found.position == line.position and found.event.actor
    by_actor = await door_.search(OFFICER, Query(actor=found.event.actor), why)
    assert [one.position for one in by_actor.found.lines] == [line.position]
