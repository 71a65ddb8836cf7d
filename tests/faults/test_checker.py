"""What must not happen, made to happen in a real log: the checker that judges the fault tests has to say so."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

import regie_verify
from audit.contract import Entry, Receipt
from tests.audit.logs import DESK, Place, act, fence, outcome, receipt, release
from tests.faults.checker import RULES, Evidence, Said, judge
from tests.faults.ground import Ground
from tests.faults.load import look_at
from tests.faults.test_steps import BROKEN

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


@dataclass
class Town:
    """A log in a folder, and what its clients heard."""

    folder: Path
    evidence: Evidence

    def place(self) -> Place:
        return Place(f"sqlite+aiosqlite:///{self.folder}/audit.db", self.folder)

    async def write(self, *entries: Entry, room: str = "connectors") -> list[Receipt]:
        """In one batch; every proof is checked as a client would."""
        async with self.place().opened() as (service, _):
            receipts = [receipt(one) for one in await service.door(room).record(DESK, entries)]
            for one in receipts:
                self.evidence.prove(one.position.index, await service.desk(DESK).prover.proof(one.position))
        return receipts

    async def released(self) -> Receipt:
        """Asked, logged, sent, ended."""
        (line,) = await self.write(release({fence(): 0}))
        self.hears("release", line.position.index)
        await self.write(outcome(line.position))
        return line

    def hears(self, what: str, index: int, proof: str = "") -> None:
        body = {"gegevens": {"brp.naam": "x"}, "logregel": {"index": index}, **({"bewijs": proof} if proof else {})}
        self.evidence.said.append(Said(what, status=200, body=body))

    def kept(self, aside: Path) -> Path:
        """As it lies there now: rows, and what the signer remembers."""
        return Path(shutil.copytree(self.folder, aside))

    def put_back(self, aside: Path) -> None:
        """Everything, the signer too: nobody inside can notice."""
        shutil.rmtree(self.folder)
        shutil.copytree(aside, self.folder)

    def judged(self) -> set[str]:
        """The names of the rules that have something to say about the rows as they lie there."""
        look_at(Ground(self.folder, "", (), {}, ""), self.evidence)
        return set(judge(self.evidence))


@pytest.fixture
async def town(tmp_path: Path) -> Town:
    folder = tmp_path / "town"
    folder.mkdir()
    begun = Town(folder, Evidence({}))
    async with begun.place().opened() as (service, _):
        (tmp_path / "log.vkey").write_text("".join(key + "\n" for key in service.vkeys.values()))
    begun.evidence.keys = regie_verify.read_keys(tmp_path / "log.vkey")
    await begun.released()
    return begun


async def test_where_nothing_went_wrong_nobody_complains(town: Town) -> None:
    await town.released()
    assert town.judged() == set()
    assert len(town.evidence.acts) == len(town.evidence.leaves) == 4 and len(town.evidence.heads) == 4


async def test_log_that_went_two_ways_is_a_fork(town: Town, tmp_path: Path) -> None:
    before = town.kept(tmp_path / "before")
    await town.write(act("weigering"))
    town.put_back(before)
    assert town.judged() == {"forked"}, "shorter than a head that was shown"
    await town.write(act("weigering"))
    assert "forked" in town.judged()


async def test_fork_is_seen_by_a_head_alone(town: Town, tmp_path: Path) -> None:
    before, (shown,) = town.kept(tmp_path / "before"), await town.write(act("weigering"))
    town.put_back(before)
    fresh = Evidence(town.evidence.keys)
    fresh.head(shown.proof.partition("\n\n")[2])
    town.evidence = fresh
    await town.write(act("weigering"))
    assert town.judged() == {"forked"}


async def test_acknowledged_line_that_is_gone_is_lost(town: Town, tmp_path: Path) -> None:
    before = town.kept(tmp_path / "before")
    (line,) = await town.write(act("toestemming-ingetrokken", fence()), room="consent")
    town.hears("stop", line.position.index)
    town.put_back(before)
    town.evidence.acts.pop(line.position.index)  # nobody could prove it any more
    assert "acknowledged_lost" in town.judged()


async def test_acknowledged_line_in_whose_place_another_stands_is_a_fork(town: Town, tmp_path: Path) -> None:
    """Of the same kind, so that only the head which came with the answer can tell."""
    before, acts = town.kept(tmp_path / "before"), dict(town.evidence.acts)
    (line,) = await town.write(act("toestemming-ingetrokken", fence()), room="consent")
    town.put_back(before)
    town.evidence = Evidence(town.evidence.keys, said=[*town.evidence.said], acts=acts, outcomes={0: "geleverd"})
    await town.write(act("toestemming-ingetrokken", fence()), room="consent")
    town.hears("stop", line.position.index, line.proof)
    assert town.judged() == {"forked"}


@pytest.mark.parametrize("index", [1, 2, 99], ids=["of its outcome", "of a refusal", "that nobody wrote"])
async def test_data_at_a_line_that_is_no_release(town: Town, index: int) -> None:
    await town.write(act("weigering"))
    town.hears("release", index)
    assert "data_without_line" in town.judged()


async def test_source_that_was_asked_without_a_line(town: Town) -> None:
    town.evidence.witnessed.append("brp asked without a release line")
    assert town.judged() == {"asked_without_line"}


def test_every_rule_has_been_made_to_speak() -> None:
    """By what is planted here, or by a step that is left out in a whole house."""
    assert {*BROKEN.values(), "forked"} == set(RULES)
