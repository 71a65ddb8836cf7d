"""The signer's memory: two slots, no way back, no second try."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from audit.signer import Elsewhere, Fork, LogSigner, SignedHead, newest_signed
from audit.slots import EXIT, SLOT, StateLost
from kernel.crypto import KeyUnavailable, verify
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.hashes import EMPTY_ROOT
from kernel.proof.note import parse_vkey
from kernel.proof.tree import Edge, Growth
from tests.patience import PATIENCE

ORIGIN = "regie.example/gm9901/2026h2"
FIRST = Growth(Edge(), [bytes([number]) * 32 for number in range(5)])
SECOND = Growth(FIRST.edge, [bytes([number]) * 32 for number in range(5, 9)])


@pytest.fixture
def signer(tmp_path: Path) -> LogSigner:
    made = LogSigner(tmp_path / "signer", ORIGIN)
    made.found()
    return made


def signed(signer: LogSigner, growth: Growth) -> SignedHead | Elsewhere:
    return signer.sign(growth.size, growth.root(), growth.old.size, growth.consistency())


def test_head_is_signed_under_the_published_key_and_remembered_by_the_next_process(signer: LogSigner) -> None:
    head = signed(signer, FIRST)
    assert isinstance(head, SignedHead)
    assert open_checkpoint(head.note, [parse_vkey(signer.vkey)], verify).size == 5
    again = LogSigner(signer._folder, ORIGIN)
    again.open()
    assert signed(again, FIRST) == head, "the same head gets the same bytes"
    assert isinstance(signed(again, SECOND), SignedHead)
    assert signed(again, FIRST) == signed(again, SECOND), "a larger head stands for a smaller one"


def test_another_root_and_an_unshown_step_are_forks(signer: LogSigner) -> None:
    signed(signer, FIRST)
    with pytest.raises(Fork):
        signer.sign(5, EMPTY_ROOT, 0, ())
    with pytest.raises(Fork):
        signer.sign(9, SECOND.root(), 5, ())
    with pytest.raises(Fork):
        signer.sign(9, EMPTY_ROOT, 5, SECOND.consistency())
    assert signer.sign(9, SECOND.root(), 4, ()) == Elsewhere(5)
    assert signer.remembered().size == 5


def test_a_key_without_its_memory_is_not_founded_again(signer: LogSigner) -> None:
    """From nothing it would sign any head under the published key; a restored backup has keys and never states."""
    signed(signer, FIRST)
    (state,) = signer._folder.glob("*.state")
    state.unlink()
    with pytest.raises(StateLost):
        signer.found()
    assert not state.exists()


def test_a_memory_without_its_key_gets_no_new_one_and_a_founding_that_was_broken_off_goes_on(signer: LogSigner) -> None:
    (seed,) = signer._folder.glob("*.seed")
    before = seed.read_bytes()
    seed.unlink()
    signer.found()
    assert seed.read_bytes() != before, "nothing was signed yet"
    signed(signer, FIRST)
    seed.unlink()
    with pytest.raises(KeyUnavailable):
        signer.found()
    assert not seed.exists()


def test_what_is_known_of_fences_is_not_forgotten_at_a_larger_size(signer: LogSigner) -> None:
    signer.sign(5, FIRST.root(), 0, (), b"f" * 32)
    with pytest.raises(Fork):
        signed(signer, SECOND)
    assert signer.remembered().size == 5
    assert isinstance(signer.sign(5, FIRST.root(), 5, ()), SignedHead), "the same head again may say nothing"


def test_torn_slot_was_never_answered_and_both_torn_is_lost(signer: LogSigner) -> None:
    signed(signer, FIRST)
    (state,) = signer._folder.glob("*.state")
    whole = state.read_bytes()
    slot = signer.remembered().sequence % 2
    state.write_bytes(whole[: slot * SLOT + 30] + b"\xff" + whole[slot * SLOT + 31 :])
    assert signer.remembered().size == 0
    state.write_bytes(bytes(2 * SLOT))
    with pytest.raises(StateLost):
        signer.sign(9, SECOND.root(), 5, SECOND.consistency())


def test_founding_again_keeps_key_and_memory_and_a_lost_key_is_not_made_anew(signer: LogSigner) -> None:
    signed(signer, FIRST)
    key = signer.public_key
    signer.found()
    assert (signer.public_key, signer.remembered().size) == (key, 5)
    (seed,) = signer._folder.glob("*.seed")
    assert seed.stat().st_mode & 0o777 == 0o400
    seed.unlink()
    with pytest.raises(KeyUnavailable):
        LogSigner(signer._folder, ORIGIN).open()


def test_state_that_cannot_be_reached_is_told_and_ends_nothing(signer: LogSigner, tmp_path: Path) -> None:
    signed(signer, FIRST)
    (state,) = signer._folder.glob("*.state")
    away = state.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        signed(signer, SECOND)
    state.symlink_to(away)
    with pytest.raises(OSError, match="symbolic"):
        signed(signer, SECOND)
    state.unlink()
    state.mkdir()
    with pytest.raises(StateLost):
        signer.remembered()
    with pytest.raises((StateLost, OSError)):  # what cannot be read is no sign that nothing was signed
        newest_signed(signer._folder, "gm9901")
    state.rmdir()
    away.rename(state)
    assert isinstance(signed(signer, SECOND), SignedHead)
    assert newest_signed(signer._folder, "gm9902") is None


FAILING = """
import resource, signal, sys
from pathlib import Path
from audit.signer import LogSigner
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
signer = LogSigner(Path(sys.argv[1]), sys.argv[2])
signer.open()
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    signer.sign(1, bytes(32), 0, ())
finally:
    print("went on")
"""


def test_state_that_cannot_be_written_ends_the_process(signer: LogSigner) -> None:
    assert resource.RLIMIT_FSIZE and signal.SIGXFSZ
    command = [sys.executable, "-c", FAILING, str(signer._folder), ORIGIN]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (EXIT, "")
    assert signer.remembered().size == 0
