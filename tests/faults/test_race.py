"""Withdrawal against release, 500 times, from three processes on one database: the order of the log decides, and after
the withdrawal's answer nothing is released."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

import regie_verify
from kernel.http.server import serve
from tests.faults.checker import Evidence, Said, judge
from tests.faults.dice import thrown
from tests.faults.ground import RACES, Ground, Person, race
from tests.faults.hatchery import Hatchery
from tests.faults.load import Clients, Witness, answers_of, look_at

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
AT_ONCE = 24
TIMES = 60  # that somebody comes back who was told to
T = TypeVar("T")
MOVES = "SELECT fence, count(*) FROM moves GROUP BY fence HAVING count(*) > 1"


@dataclass(frozen=True)
class Pair:
    """A resident's consent to one activity, and what is known of it."""

    one: Person
    activity: str
    consent: str


async def surely(ask: Callable[[], Coroutine[Any, Any, Said]]) -> Said:
    """Who hears that somebody has no time now comes back, as the answer says."""
    heard = await ask()
    for _ in range(TIMES):
        if heard.status != 503:
            break
        await asyncio.sleep(1)
        heard = await ask()
    return heard


async def given(clients: Clients, one: Person, activity: str) -> Pair:
    """Asked for, and a yes."""
    consent = await clients.request(one, activity)
    assert (await surely(lambda: clients.choose(one, consent, "ja"))).status == 200
    return Pair(one, activity, consent)


@dataclass
class Pace:
    """How long a release takes here and now: a stop that comes at once mostly wins, later than that it mostly loses."""

    dice: Random
    seconds: float = 0.1

    async def late(self, what: str) -> None:
        """The last of three begins when a release may be anywhere on its way."""
        await asyncio.sleep(self.dice.uniform(0, self.seconds * (1.5 if what == "stop" else 0.1)))

    def learn(self, one: Said) -> None:
        self.seconds += (one.answered - one.asked - self.seconds) / 8


async def raced(three: list[Clients], pair: Pair, pace: Pace) -> None:
    """Two release, the third withdraws, within a moment of each other; then one of the three asks once more."""
    barrier, dice = asyncio.Barrier(3), pace.dice
    releasing, other, stopping = dice.sample(three, 3)

    async def after(what: Clients) -> Said:
        await barrier.wait()
        await pace.late("stop" if what is stopping else "release")
        if what is stopping:
            return await surely(lambda: what.choose(pair.one, pair.consent, "stop"))
        return await what.release(pair.one, pair.activity, pair.consent)

    *released, stopped = await asyncio.gather(*map(after, (releasing, other, stopping)))
    for each in released:
        pace.learn(each)
    assert stopped.status == 200, stopped
    asking = dice.choice(three)
    last = await surely(lambda: asking.release(pair.one, pair.activity, pair.consent))
    assert (last.status, last.body.get("code")) == (403, "toestemming-ingetrokken"), last


async def all_of(work: Iterable[Coroutine[Any, Any, T]], at_once: int) -> list[T]:
    """So many at a time; the first that fails ends them all."""
    gate, waiting = asyncio.Semaphore(at_once), list(work)

    async def one(what: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await what

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(what)) for what in waiting]
    finally:
        for what in waiting:
            what.close()  # what never had its turn
    return [task.result() for task in tasks]


@pytest.mark.long(150)
async def test_five_hundred_races_from_three_processes_leave_no_release_after_a_stop(
    on_postgres: Ground, tmp_path: Path
) -> None:
    dice, witness = thrown(), Witness(on_postgres)
    (tmp_path / "log.vkey").write_text(on_postgres.vkeys)
    said: list[Said] = []
    evidence = Evidence(regie_verify.read_keys(tmp_path / "log.vkey"), said)
    three = [Clients(on_postgres, said) for _ in range(3)]
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(serve(witness.app()))
        hatchery = await stack.enter_async_context(Hatchery(tmp_path / "errors.txt"))
        for clients in three:
            await stack.enter_async_context(clients.http)
            house = await hatchery.hatch(on_postgres.settings(there.url, vault_key_minutes=15), there.url)
            await clients.at(house.url)
        wanted = [(one, race(at)) for one in on_postgres.people for at in range(RACES)]
        began = time.monotonic()
        pairs = await all_of([given(dice.choice(three), *each) for each in wanted], AT_ONCE)
        print(f"consents {time.monotonic() - began:.1f} s")
        pace = Pace(dice)
        await all_of([raced(three, pair, pace) for pair in pairs], AT_ONCE)
        print(f"races {time.monotonic() - began:.1f} s")
        term = look_at(on_postgres, evidence)
        proven = range(len(evidence.leaves))
        await asyncio.gather(*(clients.prove(evidence, list(proven[at::3]), term) for at, clients in enumerate(three)))
        for clients in three:
            await clients.newest(evidence)
    evidence.witnessed = witness.complaints
    heard = answers_of(said)
    print(f"{len(pairs)} races, {len(evidence.leaves)} lines, heard {dict(heard)}")
    assert judge(evidence) == {}
    assert on_postgres.rows(MOVES) == []
    stops = [act for act in evidence.acts.values() if act["soort"] == "toestemming-ingetrokken"]
    assert len(stops) == len(pairs) == RACES * len(on_postgres.people)
    assert min(heard["release", 200], heard["release", 403] - len(pairs)) > len(pairs) // 10, "hardly a race"
