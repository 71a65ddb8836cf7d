"""A witness killed fifty times while heads flow, of two histories under one key: never smaller, never two roots."""

import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from nacl.signing import SigningKey

from audit.witness.submitted import body_of
from kernel.crypto import verify
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.note import VerifierKey, parse_vkey, sign_note, signed_at, vkey
from kernel.proof.tree import Edge, Growth
from tests.audit.observers import Observer
from tests.faults.dice import thrown
from tests.patience import PATIENCE

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILLS = int(os.environ.get("REGIE_KILLS", "50"))
POINTS = ("witness.asked", "audit.slot", "audit.slot.kept", "witness.kept", "witness.signed")
ORIGIN = "log.example/gm9901/2026h2"
SEED = SigningKey(b"k" * 32)
LOG = VerifierKey(ORIGIN, bytes(SEED.verify_key))


@dataclass
class History:
    """A log that somebody with its key tells. edges: after each line."""

    word: str
    leaves: list[bytes] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=lambda: [Edge()])

    @property
    def size(self) -> int:
        return len(self.leaves)

    def grow(self) -> None:
        self.leaves.append(hashlib.sha256(f"{self.word} {self.size}".encode()).digest())
        self.edges.append(Growth(self.edges[-1], self.leaves[-1:]).edge)

    def note(self) -> str:
        text = Checkpoint(ORIGIN, self.size, self.edges[-1].root()).encode()
        return sign_note(text, ORIGIN, LOG.public_key, lambda message: bytes(SEED.sign(message).signature))

    def body(self, old: int) -> bytes:
        """To be cosigned from this size on."""
        return body_of(old, Growth(self.edges[old], self.leaves[old:]).consistency(), self.note())


@dataclass
class Story:
    """cosigned: every root by size that the witness put its name to. least: the largest size it ever answered."""

    observer: Observer
    key: VerifierKey
    histories: tuple[History, History]
    cosigned: dict[int, bytes] = field(default_factory=dict)
    least: int = 0
    stands: int = 0
    answers: dict[int, int] = field(default_factory=dict)

    def remembered(self) -> None:
        """What lies on the disk is no less than what was answered."""
        state = self.observer.remembers(ORIGIN)
        assert state.size >= self.least
        assert self.cosigned.setdefault(state.size, state.root) == state.root
        self.least = state.size

    def ask(self, http: httpx2.Client, history: History) -> None:
        history.grow()
        while history.size < self.stands:
            history.grow()
        note, body = history.note(), history.body(self.stands)
        answer = http.post("/add-checkpoint", content=body)
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        if answer.status_code == 409:
            size = int(answer.text)
            assert size >= self.least
            self.stands = self.least = size
        elif answer.status_code == 200:
            assert list(signed_at(note + answer.text, [self.key], verify)[1]) == [self.key]
            root = history.edges[-1].root()
            assert self.cosigned.setdefault(history.size, root) == root, "two roots at one size"
            assert history.size >= self.least
            self.stands = self.least = history.size
        else:
            assert answer.status_code == 422, answer.text


@pytest.fixture
def observer() -> Iterator[Observer]:
    made = Observer(Path(tempfile.mkdtemp(prefix="rk")), "witness.example/w1")
    yield made
    made.kill()
    shutil.rmtree(made.folder)


@pytest.mark.long(30)
def test_killed_anywhere_it_never_forgets_what_it_cosigned(observer: Observer) -> None:
    dice = thrown()
    observer.knows(vkey(ORIGIN, LOG.public_key))
    story = Story(observer, parse_vkey(observer.key), (History("ours"), History("theirs")))
    for _ in range(KILLS):
        point, count = dice.choice(POINTS), dice.randint(1, 6)
        observer.start((point, count))
        with httpx2.Client(base_url=observer.url, timeout=PATIENCE) as http, suppress(httpx2.TransportError):
            while True:
                story.ask(http, dice.choice(story.histories))
        assert observer.gone() == -signal.SIGKILL, f"at {point}:{count}"
        story.remembered()
    print(f"{KILLS} kills, {len(story.cosigned)} heads cosigned, {story.answers}")
    assert len(story.cosigned) > KILLS // 2 < story.answers[422]
