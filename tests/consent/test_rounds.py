"""What the room does by itself: one slow municipality holds up no other, and closing waits for what is under way."""

import asyncio
from typing import Any, cast

import pytest

from consent import component
from consent.component import _Running
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
SLOW, QUICK = "gm0001", "gm0002"


async def test_a_slow_municipality_holds_up_no_other_and_gets_no_second_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component, "TENANT_SECONDS", 0.01)
    nothing = cast("Any", None)
    running = _Running(nothing, nothing, (SLOW, QUICK), nothing, 0.01)
    begun, let_go, ended, quick_enough = list[str](), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def verb(tenant: str) -> None:
        begun.append(tenant)
        if begun.count(QUICK) == 3:
            quick_enough.set()
        if tenant == SLOW:
            await let_go.wait()
            raise RuntimeError("whatever it is")

    rounds = asyncio.create_task(running._again(verb, ended))
    async with asyncio.timeout(PATIENCE):
        await quick_enough.wait()
    assert begun.count(SLOW) == 1
    ended.set()
    await asyncio.sleep(0.05)
    assert not rounds.done(), "a round that is under way gets the time to end"
    let_go.set()
    async with asyncio.timeout(PATIENCE):
        await rounds


async def test_a_round_that_does_not_end_is_cancelled_with_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component, "TENANT_SECONDS", 0.01)
    nothing = cast("Any", None)
    running, cancelled = _Running(nothing, nothing, (SLOW,), nothing, 0.01), list[str]()

    async def verb(tenant: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(tenant)
            raise

    rounds = asyncio.create_task(running._again(verb, asyncio.Event()))
    await asyncio.sleep(0.05)
    rounds.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rounds
    assert cancelled == [SLOW]
