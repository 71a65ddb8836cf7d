"""Killed in the middle of what residents do in their own vault, and of a flag that only the source knew: no act without
a line, no line twice, and after a restart nothing that was kept is lost."""

import asyncio
import json
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import regie_verify
from kernel.http.server import serve
from tests.audit.test_destroying import POINTS as DESTROYING
from tests.audit.test_reconciling import POINTS as RECONCILING
from tests.audit.test_recovering import POINTS as RECOVERING
from tests.audit.test_signing import POINTS as SIGNING
from tests.audit.test_turn import STEPS as TURNING
from tests.connectors.counting.test_budget import POINTS as COUNTING
from tests.connectors.test_kill_steps import POINTS as STEPS
from tests.consent.test_delivery import POINTS as MESSAGES
from tests.consent.test_events import POINTS as EVENTS
from tests.faults.checker import Evidence, Said, judge
from tests.faults.dice import thrown
from tests.faults.ground import BY_CHOICE, CHOICES, VALUE, Ground, Person
from tests.faults.hatchery import Hatched, Hatchery
from tests.faults.load import Clients, Witness, look_at
from tests.faults.test_kill import kills
from tests.faults.test_kill_bulk import CLEARING
from tests.faults.test_kill_bulk import POINTS as BULK
from tests.faults.test_kill_witness import POINTS as WITNESSING
from tests.patience import PATIENCE, until
from tests.vault.test_erasing import POINTS as ERASING
from tests.vault.test_looking import POINTS as LOOKING
from tests.vault.test_removing import POINTS as REMOVING

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
ROOMS = ("audit", "consent", "vault", "connectors")
MINUTE = 61.0
SECRET = {"geheimhoudingPersoonsgegevens": "7"}  # LO BRP, element 70.10: not to third parties
KEPT = "SELECT element, state FROM records WHERE resident = ? ORDER BY element"
OPENED = "SELECT opened_at FROM residents WHERE id = ?"
OWN = {"vault.opening-pending", "vault.opened-line", "vault.keeping-pending", "vault.kept-line", "consent.flag-line"}
LINES = {"kluis-geopend": 1, "kluis-bewaard": 2, "vlag": 1, "toestemming-gegeven": 1, "verstrekking": 3, "vervallen": 0}
STATE = "SELECT document, epoch, position FROM subject_state WHERE resident = ?"


@dataclass
class Home:
    """One house that dies in the middle of an act and is started again, a minute later by its own clock."""

    ground: Ground
    hatchery: Hatchery
    witness: Witness
    url: str
    clients: Clients
    evidence: Evidence
    house: Hatched = field(init=False)
    died: set[str] = field(default_factory=set)
    ahead: float = 0.0

    async def start(self) -> None:
        self.ahead += MINUTE
        self.house = await self.hatchery.hatch(self.ground.settings(self.url), self.url, self.ahead)
        await self.clients.at(self.house.url, self.ahead)

    async def dies(self, point: str, act: Callable[[], Awaitable[Said]], lines: int) -> None:
        """No answer comes, and the process is gone; so many lines it has written by then. Then it starts again."""
        before = self.size()
        await self.house.arm(point, 1)
        assert (await act()).status == 0
        assert await asyncio.wait_for(self.house.gone, PATIENCE) == signal.SIGKILL, point
        assert self.size() - before == lines, point
        self.died.add(point)
        await self.start()

    def size(self) -> int:
        return int(self.ground.rows("SELECT count(*) FROM lines")[0][0])

    async def acts(self) -> Counter[str]:
        """All lines, each proven anew from outside."""
        term, evidence = look_at(self.ground, self.evidence), self.evidence
        await self.clients.prove(evidence, [at for at in range(len(evidence.leaves)) if at not in evidence.acts], term)
        return Counter(act["soort"] for act in evidence.acts.values())

    def kept(self, one: Person) -> dict[str, str]:
        return dict(self.ground.rows(KEPT, (one.id,), "vault"))

    def opened(self, one: Person) -> bool:
        return bool(self.ground.rows(OPENED, (one.id,), "vault")[0][0])


@pytest.fixture
async def home(ground: Ground, tmp_path: Path) -> AsyncIterator[Home]:
    (tmp_path / "log.vkey").write_text(ground.vkeys)
    witness, clients = Witness(ground), Clients(ground)
    evidence = Evidence(regie_verify.read_keys(tmp_path / "log.vkey"), clients.said)
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(serve(witness.app()))
        hatchery = await stack.enter_async_context(Hatchery(tmp_path / "errors.txt"))
        await stack.enter_async_context(clients.http)
        begun = Home(ground, hatchery, witness, there.url, clients, evidence)
        await begun.start()
        yield begun
        await begun.house.kill()


async def opening(home: Home) -> None:
    """Before the line there is no opened vault, after it the same act goes on: one line in the end."""
    one = home.ground.newcomer
    await home.dies("vault.opening-pending", lambda: home.clients.own_vault(one), 0)
    assert not home.opened(one)
    await home.dies("vault.opened-line", lambda: home.clients.own_vault(one), 1)
    assert (await home.clients.own_vault(one)).status == 200
    assert home.opened(one)


async def keeping(home: Home) -> None:
    """Whatever of it was written before the death, the sweeper finishes it; to say it again makes no line."""
    one, clients = home.ground.newcomer, home.clients
    home.witness.at_home.add(one.id)
    first, second = CHOICES
    await home.dies("vault.keeping-pending", lambda: clients.own_vault(one, first), 0)
    await until(lambda: home.kept(one) == {first: "effective"})
    await home.dies("vault.kept-line", lambda: clients.own_vault(one, second), 1)
    await until(lambda: home.kept(one) == {first: "effective", second: "effective"})
    before = home.size()
    assert (await clients.own_vault(one, first, second)).status == 200
    assert home.size() == before
    home.witness.at_home.clear()


async def flag(home: Home) -> None:
    """The line stands, so the row follows; asked again the flag is known and gets no second line."""
    one = home.ground.people[0]
    home.witness.persons[one.bsn] |= SECRET
    await home.dies("consent.flag-line", lambda: home.clients.release(one), 2)
    await until(lambda: bool(home.ground.rows(STATE, (one.id,), "consent")[0][2]))
    ((document, epoch, _),) = home.ground.rows(STATE, (one.id,), "consent")
    assert (json.loads(document)["flags"], json.loads(document)["drafts"], epoch) == (["geheimhouding"], {}, 1)
    assert (await home.clients.release(one)).data


async def test_killed_in_the_middle_an_own_act_has_one_line_and_nothing_is_lost(home: Home) -> None:
    before = await home.acts()
    await opening(home)
    await keeping(home)
    await flag(home)
    assert home.died == OWN
    one, clients = home.ground.newcomer, home.clients
    consent = await clients.request(one)
    assert (await clients.choose(one, consent, "ja")).status == 200
    used = await clients.release(one, BY_CHOICE, consent)
    assert {name: used.body["gegevens"][name]["waarde"] for name in CHOICES} == dict.fromkeys(CHOICES, VALUE)
    await until(lambda: not home.ground.rows("SELECT idx FROM under_way"))
    made = await home.acts() - before
    assert {kind: made[kind] for kind in LINES} == LINES
    await clients.newest(home.evidence)
    home.evidence.witnessed = home.witness.complaints
    assert judge(home.evidence) == {}


def test_every_fail_point_of_the_house_is_killed_at_by_these_tests() -> None:
    """Where it passes by its own source, where it dies by the orders that tests give and see carried out: these, those
    of a signer and a witness in processes of their own, and what an operator orders or the calendar brings."""
    sources = [path.read_text() for room in ROOMS for path in ROOT.glob(f"{room}/**/*.py")]
    passed = {name for text in sources for name in re.findall(r'\breached\("([^"]+)"\)', text)}
    ordered = {f"audit.turn.{name}" for name in TURNING} | {f"audit.destroying.{name}" for name in DESTROYING}
    assert (
        passed
        == OWN
        | {name for name, _ in kills(thrown())}
        | {*SIGNING, *WITNESSING, *RECONCILING, *RECOVERING, *EVENTS, *MESSAGES, *COUNTING, *STEPS}
        | {*BULK, CLEARING, *ERASING, *REMOVING, *LOOKING}
        | ordered
    )
