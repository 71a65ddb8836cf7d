"""Who was stopped since a token was given: asked again in two seconds, remembered for ten when nobody answers."""

import asyncio
from dataclasses import dataclass, field

import pytest

from kernel import standing
from kernel.errors import NeighbourUnavailable
from kernel.standing import FRESH_SECONDS, STALE_SECONDS, Holder, Standing

pytestmark = pytest.mark.anyio
WHO = Holder(tenant="gm9901", organisation="loket", application="app", token="j" * 32)


@dataclass
class Issuer:
    """Whoever knows. now: of the clock that the gates have."""

    now: float = 100.0
    answers: bool = True
    away: bool = False
    asked: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.held.set()
        self.standing = Standing(self, lambda: self.now)

    async def __call__(self, who: Holder) -> bool:
        self.asked += 1
        answer = self.answers
        await self.held.wait()
        if self.away:
            raise NeighbourUnavailable()
        return answer


async def test_what_ended_elsewhere_is_found_in_two_seconds() -> None:
    issuer = Issuer()
    assert await issuer.standing.holds(WHO)
    issuer.answers, issuer.now = False, issuer.now + FRESH_SECONDS - 0.1
    assert await issuer.standing.holds(WHO) and issuer.asked == 1
    issuer.now += 0.1
    assert not await issuer.standing.holds(WHO)


async def test_what_ended_here_is_found_at_once_even_by_who_asked_just_before() -> None:
    issuer = Issuer()
    issuer.held.clear()
    early = asyncio.create_task(issuer.standing.holds(WHO))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    issuer.answers = False
    issuer.standing.forget()
    late = asyncio.create_task(issuer.standing.holds(WHO))
    issuer.held.set()
    assert (await early, await late, await issuer.standing.holds(WHO)) == (True, False, False)


async def test_nobody_comes_in_when_nothing_was_heard_for_ten_seconds() -> None:
    issuer = Issuer()
    assert await issuer.standing.holds(WHO)
    issuer.away, issuer.now = True, issuer.now + STALE_SECONDS - 0.1
    assert await issuer.standing.holds(WHO)
    issuer.now += 0.1
    with pytest.raises(NeighbourUnavailable):
        await issuer.standing.holds(WHO)
    with pytest.raises(NeighbourUnavailable):  # of somebody new nothing was ever heard
        await issuer.standing.holds(WHO.model_copy(update={"token": "k" * 32}))


async def test_who_waits_while_nobody_answers_does_not_wait_again_for_each_one_before() -> None:
    """Twenty requests with one token at a register that hangs took twenty times five seconds."""
    issuer = Issuer(away=True)
    issuer.held.clear()
    waiting = [asyncio.create_task(issuer.standing.holds(WHO)) for _ in range(20)]
    await asyncio.sleep(0)
    issuer.now += 5
    issuer.held.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in told} == {NeighbourUnavailable} and issuer.asked == 1
    issuer.away, issuer.now = False, issuer.now + FRESH_SECONDS
    assert await issuer.standing.holds(WHO) and issuer.asked == 2


async def test_many_requests_ask_once_and_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = Issuer()
    assert all(await asyncio.gather(*(issuer.standing.holds(WHO) for _ in range(50)))) and issuer.asked == 1
    monkeypatch.setattr(standing, "REMEMBERED", 1)
    await issuer.standing.holds(WHO.model_copy(update={"token": "k" * 32}))
    await issuer.standing.holds(WHO)
    assert issuer.asked == 3
