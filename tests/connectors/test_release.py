"""The main walk: one question, two rules; and what remains when something fails on the way."""

import asyncio

import httpx2
import pytest

from assembly.demo.register import INCOME, INCOME_ANSWER
from connectors.contract import NotReleased
from tests.four_rooms import BY_LAW, FourRooms
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio


async def test_story_one_by_law_and_by_choice(both: FourRooms) -> None:
    await both.income("1500.00")
    first = await both.release(*BY_LAW, INCOME_ANSWER)
    assert set(first.values) == set(BY_LAW)
    assert first.values["brp.leeftijd.isMeerderjarig"].value is True
    assert [(one.element, one.code) for one in first.refused] == [(INCOME_ANSWER, "geen-toestemming")]
    consent = await both.consent()
    second = await both.release(*BY_LAW, INCOME_ANSWER, INCOME)
    assert second.values[INCOME_ANSWER].value is True
    assert [(one.element, one.code) for one in second.refused] == [(INCOME, "geen-toestemming")]
    await both.choose(consent, "stop")
    third = await both.release(*BY_LAW, INCOME_ANSWER)
    assert [(one.element, one.code) for one in third.refused] == [(INCOME_ANSWER, "toestemming-ingetrokken")]
    lines = [line for line in await both.lines() if line.event.kind == "verstrekking"]
    assert [line.outcome for line in lines] == ["geleverd"] * 3
    assert lines[1].event.used == ("brp.geboortedatum", INCOME)


async def test_all_refused_is_one_line_and_then_an_answer(both: FourRooms) -> None:
    with pytest.raises(NotReleased) as refused:
        await both.release("brp.nationaliteit", INCOME_ANSWER)
    assert refused.value.code == "buiten-doel"
    assert refused.value.members["volgendeStap"]
    (line,) = [line for line in await both.lines() if line.event.kind == "weigering"]
    assert line.event.refused == (("brp.nationaliteit", "buiten-doel"), (INCOME_ANSWER, "geen-toestemming"))
    assert refused.value.members["logregel"]["index"] == line.position.index


class Slow(httpx2.AsyncBaseTransport):
    """A register that answers when it may."""

    def __init__(self, to: httpx2.AsyncBaseTransport) -> None:
        self._to, self.asked, self.may = to, asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.set()
        await self.may.wait()
        return await self._to.handle_async_request(request)


async def test_who_comes_when_all_turns_are_taken_waits_and_nothing_is_asked_meanwhile(house: FourRooms) -> None:
    house.desk_settings |= {"at_once": 1}
    await house.wire()
    async with asyncio.timeout(PATIENCE):
        async with house.desk.turns:
            waiting = asyncio.create_task(house.release("brp.naam"))
            await asyncio.sleep(0.05)
            assert not waiting.done() and not [one for one in await house.lines() if one.event.kind == "verstrekking"]
        assert set((await waiting).values) == {"brp.naam"}


async def test_who_waits_for_a_slow_source_takes_nobodys_turn(house: FourRooms) -> None:
    await house.income("1500.00")
    await house.consent()
    slow = Slow(httpx2.ASGITransport(app=house.brp))
    house.desk_settings |= {"at_once": 1, "source_seconds": 20, "whole_seconds": 25}
    await house.wire(transport=slow)
    async with asyncio.timeout(PATIENCE):
        waiting = asyncio.create_task(house.release("brp.naam"))
        await slow.asked.wait()
        assert set((await house.release(INCOME_ANSWER)).values) == {INCOME_ANSWER}
        slow.may.set()
        assert set((await waiting).values) == {"brp.naam"}
