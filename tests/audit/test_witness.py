"""A witness of its own: every answer of C2SP tlog-witness, what its death leaves, and what it never does."""

import hashlib
import random
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest
from nacl.signing import SigningKey

from audit.slots import SLOT, glance
from audit.witness.cosigner import Answer, Cosigner, Shelf, origin_hash
from audit.witness.founding import found_witness
from audit.witness.submitted import MAX_BYTES, body_of, submitted
from kernel.crypto import verify
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.hashes import EMPTY_ROOT, ProofError
from kernel.proof.note import VerifierKey, parse_vkey, sign_note, signed_at, vkey
from kernel.proof.policy import Known
from kernel.proof.tree import Edge, Growth
from kernel.settings import SettingsWrong
from tests.audit.logs import NOON
from tests.audit.observers import ORIGIN, Observer
from tests.patience import PATIENCE

SEED = SigningKey(b"l" * 32)
LOG = VerifierKey(ORIGIN, bytes(SEED.verify_key))
STRANGER = SigningKey(b"x" * 32)
LEAVES = [hashlib.sha256(b"leaf %d" % number).digest() for number in range(40)]
FIRST = Growth(Edge(), LEAVES[:5])
SECOND = Growth(FIRST.edge, LEAVES[5:9])
OTHER = Growth(FIRST.edge, LEAVES[20:24])  # another history after the same beginning
WITHOUT = [400, 403, 404, 422]


def note_of(size: int, root: bytes, key: SigningKey = SEED, origin: str = ORIGIN, more: str = "") -> str:
    text = Checkpoint(origin, size, root).encode() + more
    return sign_note(text, origin, bytes(key.verify_key), lambda message: bytes(key.sign(message).signature))


def head_of(growth: Growth) -> str:
    return note_of(growth.size, growth.root())


def asking(growth: Growth) -> bytes:
    """To cosign that it continues what it continues."""
    return body_of(growth.old.size, growth.consistency(), head_of(growth))


class Clock:
    def __call__(self) -> datetime:
        return NOON


@pytest.fixture
def cosigner(tmp_path: Path) -> Cosigner:
    logs = [Known(LOG)]
    found_witness(tmp_path / "kept", "witness.example/w1", logs)
    return Cosigner(tmp_path / "kept", "witness.example/w1", logs, Clock())


def size_of(cosigner: Cosigner, tmp_path: Path) -> int:
    return glance(Shelf(tmp_path / "kept").state(ORIGIN)).size


def refused(answer: Answer) -> int:
    assert answer.status in WITHOUT, answer
    assert "\N{EM DASH}" not in answer.text
    return answer.status.value


def test_it_cosigns_what_continues(cosigner: Cosigner, tmp_path: Path) -> None:
    for growth in (FIRST, SECOND):
        answer = cosigner.add(asking(growth))
        assert answer.status == HTTPStatus.OK
        assert answer.text.startswith("\N{EM DASH} witness.example/w1 ") and answer.text.endswith("=\n")
        assert signed_at(head_of(growth) + answer.text, [cosigner.key], verify)[1] == {
            cosigner.key: int(NOON.timestamp())
        }
        assert size_of(cosigner, tmp_path) == growth.size
    again = cosigner.add(body_of(9, (), head_of(SECOND)))
    assert again.status == HTTPStatus.OK, "the same head once more, for a newer time"


def test_one_who_does_not_know_where_it_stands_is_told(cosigner: Cosigner) -> None:
    cosigner.add(asking(FIRST))
    for body in (
        body_of(0, (), head_of(SECOND)), body_of(4, (), head_of(SECOND)), body_of(0, (), head_of(FIRST)),
        body_of(6, SECOND.consistency(), head_of(SECOND)),
    ):  # fmt: skip
        answer = cosigner.add(body)
        assert (answer.status, answer.text, answer.kind) == (HTTPStatus.CONFLICT, "5\n", "text/x.tlog.size")


def test_a_fork_is_not_cosigned_whatever_is_shown(cosigner: Cosigner, tmp_path: Path) -> None:
    cosigner.add(asking(FIRST))
    cosigner.add(asking(SECOND))
    longer = Growth(OTHER.edge, LEAVES[24:30])
    for body in (
        body_of(9, (), head_of(OTHER)),  # the same size, another root
        body_of(9, longer.consistency(), head_of(longer)),
        body_of(9, (), head_of(longer)),
        body_of(9, OTHER.consistency(), head_of(longer)),
    ):
        assert refused(cosigner.add(body)) == 422
    assert cosigner.add(body_of(5, OTHER.consistency(), head_of(OTHER))).text == "9\n", "never back to before"
    assert size_of(cosigner, tmp_path) == 9
    assert cosigner.add(body_of(9, (), head_of(SECOND))).status == HTTPStatus.OK


@pytest.mark.parametrize(("status", "body"), [
    (400, b""),
    (400, b"old 0\n"),
    (400, b"\xff" + asking(FIRST)),
    (400, asking(FIRST).replace(b"old ", b"new ")),
    (400, asking(FIRST).replace(b"old 0", b"old 00")),
    (400, asking(FIRST).replace(b"old 0", b"old -1")),
    (400, asking(FIRST).replace(b"old 0", b"old  0")),
    (400, asking(FIRST).replace(b"old 0\n", b"old 0\r\n")),
    (400, b"old 0\n" + b"x\n" + asking(FIRST)[6:]),
    (400, body_of(0, [bytes(31)], head_of(FIRST))),
    (400, body_of(0, [bytes(32)] * 64, head_of(FIRST))),
    (400, asking(FIRST)[:-1]),
    (400, asking(FIRST).replace(ORIGIN.encode() + b"\n5\n", ORIGIN.encode() + b"\n")),
    (400, asking(FIRST) + b" " * MAX_BYTES),
    (400, body_of(6, (), head_of(FIRST))),
    (404, body_of(0, (), note_of(5, FIRST.root(), origin="regie.example/gm9902/2026h2"))),
    (403, body_of(0, (), note_of(5, FIRST.root(), STRANGER))),
    (403, asking(FIRST).replace(b"\n5\n", b"\n6\n")),
    (422, body_of(0, [bytes(32)], head_of(FIRST))),
    (422, body_of(0, (), note_of(0, bytes(32)))),
    (200, body_of(0, (), note_of(0, EMPTY_ROOT))),
    (200, asking(FIRST)),
    (200, body_of(0, (), note_of(5, FIRST.root(), more="an extension\n"))),
])  # fmt: skip
def test_every_answer_of_the_specification(cosigner: Cosigner, tmp_path: Path, status: int, body: bytes) -> None:
    answer = cosigner.add(body)
    assert answer.status == status, answer
    if status != HTTPStatus.OK:
        refused(answer)
        assert size_of(cosigner, tmp_path) == 0


def test_signatures_of_strangers_are_passed_over_and_not_handed_on(cosigner: Cosigner) -> None:
    stranger = note_of(5, FIRST.root(), STRANGER).splitlines()[-1] + "\n"
    body = asking(FIRST) + stranger.encode()
    answer = cosigner.add(body)
    assert answer.status == HTTPStatus.OK
    assert cosigner.newest(origin_hash(ORIGIN)) == head_of(FIRST) + answer.text
    assert cosigner.newest(origin_hash("another")) is None
    assert cosigner.newest("../witness.seed") is None


def test_a_known_key_that_fails_beside_one_that_holds_fails_the_head(cosigner: Cosigner) -> None:
    failing = note_of(6, FIRST.root()).splitlines()[-1] + "\n"
    assert refused(cosigner.add(asking(FIRST) + failing.encode())) == 403


def test_no_two_of_many_at_once_get_different_histories(cosigner: Cosigner, tmp_path: Path) -> None:
    cosigner.add(asking(FIRST))
    bodies = [asking(SECOND), asking(OTHER)] * 8
    answers: list[Answer] = []
    together = threading.Barrier(len(bodies))

    def ask(body: bytes) -> None:
        together.wait(PATIENCE)
        answers.append(cosigner.add(body))

    threads = [threading.Thread(target=ask, args=(body,)) for body in bodies]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert sorted(each.status.value for each in answers) == [200, *[409] * 15]


def test_bodies_of_chance_are_never_cosigned(cosigner: Cosigner, tmp_path: Path) -> None:
    dice, good = random.Random(7), asking(FIRST)  # noqa: S311 - a test that can be repeated
    for _ in range(400):
        at = dice.randrange(len(good))
        bad = good[:at] + bytes([good[at] ^ 1 << dice.randrange(8)]) + good[at + dice.randrange(2) :]
        if bad != good:
            try:
                read = submitted(bad)
            except ProofError:
                read = None
            answer = cosigner.add(bad)
            if answer.status == HTTPStatus.OK:  # a changed line of somebody unknown would be passed over
                assert read and (read.head.size, read.head.root) == (5, FIRST.root())
            else:
                refused(answer)
    assert size_of(cosigner, tmp_path) in (0, 5)


def test_one_torn_slot_takes_nothing_and_two_stop_it(cosigner: Cosigner, tmp_path: Path) -> None:
    state = Shelf(tmp_path / "kept").state(ORIGIN)
    cosigner.add(asking(FIRST))
    cosigner.add(asking(SECOND))
    whole = state.read_bytes()
    state.write_bytes(whole[: SLOT + 40] + b"torn" + whole[SLOT + 44 :])  # sequence 1, the step to 5
    assert cosigner.add(body_of(9, (), head_of(SECOND))).status == HTTPStatus.OK
    state.write_bytes(whole[:40] + b"torn" + whole[44:])  # sequence 2: as if the step to 9 was never answered
    assert cosigner.add(body_of(9, (), head_of(SECOND))).text == "5\n"
    state.write_bytes(bytes(2 * SLOT))
    assert cosigner.add(asking(SECOND)).status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "onleesbaar" in cosigner.check()
    state.unlink()
    assert cosigner.add(body_of(0, (), head_of(OTHER))).status == HTTPStatus.SERVICE_UNAVAILABLE


def test_a_log_that_lost_its_memory_is_not_new_again(cosigner: Cosigner, tmp_path: Path) -> None:
    cosigner.add(asking(FIRST))
    Shelf(tmp_path / "kept").state(ORIGIN).unlink()
    with pytest.raises(SettingsWrong, match="andere sleutel"):
        found_witness(tmp_path / "kept", "witness.example/w1", [Known(LOG)])
    assert not Shelf(tmp_path / "kept").state(ORIGIN).exists()


def test_founding_again_keeps_everything_and_adds_what_is_new(cosigner: Cosigner, tmp_path: Path) -> None:
    cosigner.add(asking(FIRST))
    other = VerifierKey("regie.example/gm9901/2027h1", LOG.public_key)
    key, new = found_witness(tmp_path / "kept", "witness.example/w1", [Known(LOG), Known(other)])
    assert (parse_vkey(key), new) == (cosigner.key, (other.name,))
    assert size_of(cosigner, tmp_path) == 5


# The real process.


@pytest.fixture
def observer() -> Iterator[Observer]:
    one = Observer(Path(tempfile.mkdtemp(prefix="rw")), "witness.example/w1")
    one.knows(vkey(ORIGIN, LOG.public_key))
    one.start()
    yield one
    one.kill()
    shutil.rmtree(one.folder)


@pytest.mark.faults
def test_over_http_it_answers_as_the_specification_says(observer: Observer) -> None:
    key = parse_vkey(observer.key)
    with httpx2.Client(base_url=observer.url, timeout=PATIENCE) as http:
        head = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
        assert http.get(head).status_code == 404
        answer = http.post("/add-checkpoint", content=asking(FIRST))
        assert answer.status_code == 200
        assert list(signed_at(head_of(FIRST) + answer.text, [key], verify)[1]) == [key]
        assert http.get(head).text == head_of(FIRST) + answer.text
        conflict = http.post("/add-checkpoint", content=body_of(0, (), head_of(SECOND)))
        assert (conflict.status_code, conflict.content) == (409, b"5\n")
        assert conflict.headers["content-type"] == "text/x.tlog.size"
        assert http.post("/add-checkpoint", content=body_of(5, (), head_of(SECOND))).status_code == 422
        assert http.post("/add-checkpoint", content=b"x" * 100_000).status_code == 413
        assert http.post("/add-checkpoint", content=b"x" * 2_000_000).status_code == 413
        assert http.get("/add-checkpoint").status_code == 405
        assert http.get("/witness.seed/checkpoint").status_code == 404
        assert http.get("/readyz").json()["status"] == "ok"


@pytest.mark.faults
def test_the_commands_found_and_serve_and_stop_when_asked(observer: Observer) -> None:
    assert observer.init() == f"{observer.key}\n"
    observer.kill()
    observer.serve()
    with httpx2.Client(base_url=observer.url, timeout=PATIENCE) as http:
        assert http.post("/add-checkpoint", content=asking(FIRST)).status_code == 200
    assert observer.running
    observer.running.send_signal(signal.SIGTERM)
    assert observer.ended() == 0, "a request to stop is no crash"
    observer.shelf.state(ORIGIN).unlink()
    with pytest.raises(AssertionError, match="regie init witness"):
        observer.serve()
    assert observer.ended() == 1
