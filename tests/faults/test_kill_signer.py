"""A signer killed fifty times while it signs: what it answered it remembers, it goes on from there, and never beside
it."""

import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from audit.signer import Elsewhere, Fork
from audit.signing.remote import RemoteSigner
from kernel.crypto import KeyUnavailable
from kernel.proof.hashes import EMPTY_ROOT
from kernel.proof.tree import Edge
from tests.faults import refused
from tests.faults.dice import thrown
from tests.forks import FORKS
from tests.patience import PATIENCE

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILLS = int(os.environ.get("REGIE_KILLS", "50"))
POINTS = ("signer.asked", "audit.slot", "audit.slot.kept", "signer.signed")
ORIGIN = "regie.example/gm9901/2026h2"


@pytest.fixture
def short() -> Iterator[Path]:
    """The name of a socket has to be."""
    made = Path(tempfile.mkdtemp(prefix="rk"))
    yield made
    shutil.rmtree(made)


def stands(remote: RemoteSigner, edges: dict[int, Edge]) -> Edge:
    """Where it says that it stands: on something that it was asked to sign. Raises KeyUnavailable."""
    known = remote.remembered()
    assert known.root == edges[known.size].root()
    return edges[known.size]


def test_killed_anywhere_a_signer_never_forgets_what_it_signed(short: Path) -> None:
    dice, died = thrown(), Counter[str]()
    remote, edges, least = RemoteSigner(short / "door" / "s", ORIGIN), {0: Edge()}, 0
    for _ in range(KILLS):
        point, count = dice.choice(POINTS), dice.randint(2, 6)
        process = FORKS.Process(target=refused.sign_until, args=(point, count, short / "kept", short / "door" / "s"))
        process.start()
        end = time.monotonic() + PATIENCE
        while process.is_alive():
            assert time.monotonic() < end, "it does not die"
            with suppress(KeyUnavailable):
                remote.found()
                edge = stands(remote, edges)
                assert edge.size >= least, "it forgot what it answered"
                step = refused.grown(edge, dice.randint(1, 3))
                edges[step.size] = step.edge
                head = remote.sign(step.size, step.root(), edge.size, step.consistency())
                assert not isinstance(head, Elsewhere) and head.root == step.root()
                least = head.size
                with pytest.raises(Fork):
                    remote.sign(head.size, EMPTY_ROOT, edge.size, step.consistency())
        assert process.exitcode == -signal.SIGKILL, f"at {point}:{count}"
        process.close()
        died[point] += 1
    print(f"{KILLS} kills, {least} lines signed, {dict(died)}")
    assert set(died) == set(POINTS) and least > KILLS
