"""Killed between every two steps, under load, fifty times over both databases (`make faults`: on each): nothing leaves
without a line, nothing that was acknowledged is lost, nothing forks, and the house works again."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

import regie_verify
from kernel.http.server import serve
from tests.faults.checker import Evidence, judge
from tests.faults.dice import thrown
from tests.faults.ground import BY_LAW, Ground
from tests.faults.hatchery import Hatched, Hatchery
from tests.faults.load import Clients, Life, Witness, answers_of, look_at
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
KILLS = int(os.environ.get("REGIE_KILLS", "50")) // 2  # on each database
LIVES = 4  # residents in the load
MINUTE = 61.0  # later, when the house starts again: whoever was sending has given up
POINTS = {  # of releases and choices, and how often each is passed before it kills, at most
    **dict.fromkeys(("audit.0", "audit.a", "audit.b", "audit.c", "audit.piece", "audit.d"), 6),
    **dict.fromkeys(("audit.committed", "audit.slot", "audit.signed"), 6),
    **dict.fromkeys(("desk.identified", "desk.decided", "desk.recorded", "desk.fetched", "desk.checked"), 5),
    **dict.fromkeys(("desk.sent", "vault.permitted"), 3),
    **dict.fromkeys(("consent.pending", "consent.granted-line", "consent.withdrawn-line"), 3),
}


@dataclass
class Story:
    """One house that is killed again and again."""

    ground: Ground
    hatchery: Hatchery
    witness: Witness
    witness_url: str
    clients: Clients
    evidence: Evidence
    lives: list[Life]
    ahead: float = 0.0

    async def start(self) -> Hatched:
        """A minute after it died, on the same files."""
        self.ahead += MINUTE
        house = await self.hatchery.hatch(self.ground.settings(self.witness_url), self.witness_url, self.ahead)
        await self.clients.at(house.url, self.ahead)
        return house

    async def settled(self) -> None:
        """Sweepers and followers have done what they do by themselves."""
        until = time.monotonic() + PATIENCE
        pending = "SELECT id FROM consents WHERE pending_at > 0"
        while self.ground.rows("SELECT idx FROM under_way") or _register(self.ground, pending):
            assert time.monotonic() < until, "what a crash left open stays open"
            await asyncio.sleep(0.05)

    async def judged(self) -> None:
        """Everything new is looked at; everything old is still there."""
        await self.settled()
        await self.works()
        await self.settled()
        term, evidence = look_at(self.ground, self.evidence), self.evidence
        await self.clients.prove(evidence, [at for at in range(len(evidence.leaves)) if at not in evidence.acts], term)
        await self.clients.newest(evidence)
        evidence.witnessed = self.witness.complaints
        assert judge(evidence) == {}

    async def works(self) -> None:
        """A normal release, and the ones whose answer stayed away."""
        one = self.ground.people[-1]
        assert (await self.clients.release(one)).data
        for life in self.lives:
            if life.key:  # cut off: the same request under the same key is the next attempt
                again = await self.clients.release(life.one, BY_LAW, "", **{"idempotency-key": life.key})
                assert again.data, again
                life.key = ""


def _register(ground: Ground, query: str) -> list[tuple[Any, ...]]:
    with ground.reading("consent") as door:
        return [tuple(row) for row in door.execute(query).fetchall()]


def kills(dice: Random) -> list[tuple[str, int]]:
    """Every point where there are enough, each after a random number of times."""
    names = [*POINTS] * (KILLS // len(POINTS)) + dice.sample(sorted(POINTS), KILLS % len(POINTS))
    dice.shuffle(names)
    return [(name, dice.randint(1, POINTS[name])) for name in names]


@pytest.mark.long(70)
async def test_killed_anywhere_under_load_nothing_leaves_unlogged_and_nothing_is_lost(
    ground: Ground, tmp_path: Path
) -> None:
    (tmp_path / "log.vkey").write_text(ground.vkeys)
    witness, clients = Witness(ground), Clients(ground)
    evidence = Evidence(regie_verify.read_keys(tmp_path / "log.vkey"), clients.said)
    lives = [Life(clients, one) for one in ground.people[:LIVES]]
    async with clients.http, serve(witness.app()) as there, Hatchery(tmp_path / "errors.txt") as hatchery:
        story = Story(ground, hatchery, witness, there.url, clients, evidence, lives)
        for name, count in kills(thrown()):
            house = await story.start()
            await story.judged()
            await house.arm(name, count)
            await asyncio.wait_for(asyncio.gather(*(life.live() for life in lives)), PATIENCE)
            status = await asyncio.wait_for(house.gone, PATIENCE)
            assert status == signal.SIGKILL, f"at {name}:{count} it ended with {status}"
        house = await story.start()
        assert await lives[0].cycle()
        await story.judged()
        await house.kill()
    heard = answers_of(clients.said)
    print(f"{KILLS} kills, {len(evidence.leaves)} lines, asked {dict(witness.asked)}, heard {dict(heard)}")
    assert min(heard["release", 200], heard["release", 403], heard["stop", 200], heard["ja", 200]) > 0
    assert min(witness.asked["brp"], witness.asked["vault"]) > 0
    assert any(one.what == "release" and not one.status for one in clients.said), "no answer was ever cut off"
