"""Marks are looked up together: a crowd of releases must not take every connection for one and the same question."""

import asyncio
from typing import Any

import pytest

from connectors.correcting.marking import SECONDS, Marks
from connectors.correcting.stored import CorrectionRows
from kernel.errors import NeighbourUnavailable
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.anyio


class Slow(CorrectionRows):
    """Answers when it is let; counts who asked. The rows themselves are tested in test_corrections."""

    def __init__(self) -> None:
        self.asked, self.away, self.may_answer = 0, False, asyncio.Event()

    async def doubted(self, tenant: str, known: tuple[int, int] | None) -> tuple[tuple[int, int], list[dict[str, Any]]]:
        self.asked += 1
        await self.may_answer.wait()
        if self.away:
            raise NeighbourUnavailable("weg")
        return (1, self.asked), [{"resident": "r1", "element": "brp.naam"}]


async def crowd(marks: Marks) -> list[Any]:
    asking = [asyncio.create_task(marks.elements("gm9901", f"r{number % 2}")) for number in range(64)]
    await asyncio.sleep(0)
    return await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), PATIENCE)


async def test_a_crowd_asks_once_and_everybody_gets_their_own_answer() -> None:
    rows, now = Slow(), [0.0]
    marks = Marks(rows, lambda: now[0])
    rows.may_answer.set()
    found = await crowd(marks)
    assert rows.asked == 1
    assert all(("brp.naam" in one) == bool(number % 2) for number, one in enumerate(found))
    now[0] += SECONDS
    await crowd(marks)
    assert rows.asked == 1  # still known
    now[0] += 0.1
    await crowd(marks)
    assert rows.asked == 2
    marks.changed("gm9901")
    await crowd(marks)
    assert rows.asked == 3


async def test_nobody_is_told_that_nothing_is_in_doubt_while_that_is_not_known() -> None:
    rows = Slow()
    rows.away = True
    rows.may_answer.set()
    found = await crowd(Marks(rows, lambda: 0.0))
    assert all(isinstance(one, NeighbourUnavailable) for one in found)
    with pytest.raises(NeighbourUnavailable):
        await Marks(rows, lambda: 0.0).elements("gm9901", "r1")


async def test_what_was_read_before_a_change_counts_for_nobody_who_asks_after_it() -> None:
    rows = Slow()
    marks = Marks(rows, lambda: 0.0)
    before = asyncio.create_task(marks.elements("gm9901", "r1"))
    await until(lambda: rows.asked == 1)  # it reads
    marks.changed("gm9901")
    after = asyncio.create_task(marks.elements("gm9901", "r1"))
    await asyncio.sleep(0)
    rows.may_answer.set()
    await asyncio.wait_for(asyncio.gather(before, after), PATIENCE)
    assert rows.asked == 2, "a report of this process is seen at once"
    await marks.elements("gm9901", "r1")
    assert rows.asked == 2
