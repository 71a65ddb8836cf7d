"""Waiting together changes the number of calls, and nobody's answer."""

import asyncio
from collections.abc import Sequence

import pytest

from kernel.gather import Gatherer

pytestmark = pytest.mark.anyio


class Desk:
    """Doubles numbers, one call at a time, when it is let go."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[int]]] = []
        self.under_way = self.most_at_once = 0
        self.open = asyncio.Event()

    async def double(self, key: str, numbers: Sequence[int]) -> list[int]:
        self.calls.append((key, list(numbers)))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await self.open.wait()
        finally:
            self.under_way -= 1
        if 13 in numbers:
            raise LookupError(f"not thirteen, of {len(numbers)}")
        return [2 * number for number in numbers]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_while_a_call_runs_shares_the_next_one() -> None:
    desk = Desk()
    gatherer = Gatherer(desk.double)
    first = asyncio.create_task(gatherer.ask("a", [1]))
    await settled()
    others = [asyncio.create_task(gatherer.ask("a", [n, n + 100])) for n in (2, 3, 4)]
    await settled()
    assert desk.calls == [("a", [1])]
    assert gatherer.is_next("a") and not gatherer.is_next("b")
    desk.open.set()
    assert await asyncio.gather(first, *others) == [[2], [4, 204], [6, 206], [8, 208]]
    await settled()
    assert not gatherer.is_next("a")
    assert desk.calls == [("a", [1]), ("a", [2, 102, 3, 103, 4, 104])]
    assert desk.most_at_once == 1


async def test_who_comes_when_the_next_call_is_full_is_not_next() -> None:
    desk = Desk()
    gatherer = Gatherer(desk.double, most=3)
    asked, places = [], []
    for numbers in ([1], [2, 3], [4]):
        asked.append(asyncio.create_task(gatherer.ask("a", numbers)))
        await settled()
        places.append(gatherer.is_next("a"))
    assert places == [True, True, False]
    desk.open.set()
    await asyncio.gather(*asked)


async def test_a_question_never_joins_a_call_that_has_begun() -> None:
    desk = Desk()
    gatherer = Gatherer(desk.double)
    first = asyncio.create_task(gatherer.ask("a", [1]))
    await settled()
    second = asyncio.create_task(gatherer.ask("a", [1]))
    desk.open.set()
    assert [await first, await second] == [[2], [2]]
    assert len(desk.calls) == 2


async def test_keys_do_not_wait_for_each_other() -> None:
    desk = Desk()
    gatherer = Gatherer(desk.double)
    asked = [asyncio.create_task(gatherer.ask(key, [1])) for key in ("a", "b")]
    await settled()
    assert sorted(desk.calls) == [("a", [1]), ("b", [1])]
    desk.open.set()
    await asyncio.gather(*asked)


async def test_one_bad_question_spoils_no_other() -> None:
    desk = Desk()
    desk.open.set()
    gatherer = Gatherer(desk.double)
    good, bad, late = await asyncio.gather(
        gatherer.ask("a", [1]), gatherer.ask("a", [13]), gatherer.ask("a", [2]), return_exceptions=True
    )
    assert (good, late) == ([2], [4])
    assert isinstance(bad, LookupError)
    assert str(bad) == "not thirteen, of 1"


async def test_who_gives_up_takes_nobody_along() -> None:
    desk = Desk()
    gatherer = Gatherer(desk.double)
    running, waiting, patient = [asyncio.create_task(gatherer.ask("a", [n])) for n in (1, 2, 3)]
    await settled()
    running.cancel()
    last = asyncio.create_task(gatherer.ask("a", [4]))
    gone = asyncio.create_task(gatherer.ask("a", [5]))
    await settled()
    gone.cancel()
    desk.open.set()
    assert [await waiting, await patient, await last] == [[4], [6], [8]]
    assert desk.calls == [("a", [1, 2, 3]), ("a", [4])]
    assert running.cancelled()


async def test_a_call_is_no_larger_than_promised() -> None:
    desk = Desk()
    desk.open.set()
    gatherer = Gatherer(desk.double, most=4)
    await asyncio.gather(*(gatherer.ask("a", [n, n]) for n in range(5)), gatherer.ask("a", list(range(6))))
    assert [len(numbers) for _, numbers in desk.calls] == [4, 4, 2, 6]


async def test_a_call_that_forgets_somebody_is_an_error_and_not_a_wrong_answer() -> None:
    async def forgetful(_: str, numbers: Sequence[int]) -> list[int]:
        return list(numbers)[1:]

    with pytest.raises(ValueError, match="a result per item"):
        await Gatherer(forgetful).ask("a", [1, 2])


async def test_nothing_is_kept_when_nobody_waits() -> None:
    desk = Desk()
    desk.open.set()
    gatherer = Gatherer(desk.double)
    assert await gatherer.ask("a", []) == []
    assert await gatherer.ask("a", [1]) == [2]
    await settled()
    assert vars(gatherer)["_waiting"] == vars(gatherer)["_running"] == {}
