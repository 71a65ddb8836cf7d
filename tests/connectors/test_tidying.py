"""The chores of the room: whatever goes wrong in one of them stops no other, and not the next round."""

import asyncio

import pytest

from connectors.tidying import tidy

pytestmark = pytest.mark.anyio


async def test_whatever_a_chore_raises_the_others_are_done() -> None:
    done, enough = list[str](), asyncio.Event()

    async def first() -> None:
        raise ZeroDivisionError

    async def breaks(_: str) -> None:
        raise LookupError

    async def works(tenant: str) -> None:
        done.append(tenant)
        if len(done) == 4:
            enough.set()

    task = asyncio.create_task(tidy(first, (breaks, works), ("a", "b"), 0.0))
    async with asyncio.timeout(20):
        await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["a", "b", "a", "b"]
