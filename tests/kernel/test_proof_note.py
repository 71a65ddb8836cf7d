"""Notes, heads and proof files: what was signed holds, and one changed character does not."""

import base64

import pytest
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from kernel.proof.checkpoint import Checkpoint, open_checkpoint
from kernel.proof.hashes import ProofError
from kernel.proof.note import VerifierKey, key_id, open_note, parse_vkey, sign_note, vkey
from kernel.proof.notetext import MAX_SIGNATURES
from kernel.proof.tlogproof import MAX_HASHES, TlogProof

ORIGIN = "log.example/2026h2"
SEED = SigningKey(bytes(range(32)))
PUBLIC = bytes(SEED.verify_key)
HEAD = Checkpoint(ORIGIN, 5, bytes(32))
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def sign(message: bytes) -> bytes:
    return bytes(SEED.sign(message).signature)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(public_key).verify(message, signature)
    except CryptoError:
        return False
    return True


KEY = VerifierKey(ORIGIN, PUBLIC)
NOTE = sign_note(HEAD.encode(), ORIGIN, PUBLIC, sign)


def test_the_golden_head_has_these_bytes() -> None:
    assert vkey(ORIGIN, PUBLIC) == f"{ORIGIN}+ID+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4".replace(
        "ID", key_id(ORIGIN, PUBLIC).hex()
    )
    assert parse_vkey(vkey(ORIGIN, PUBLIC)) == KEY
    assert NOTE.startswith(f"{ORIGIN}\n5\n{'A' * 43}=\n\n\N{EM DASH} {ORIGIN} ")
    assert open_checkpoint(NOTE, [KEY], verify) == HEAD


def test_every_changed_character_of_a_signed_head_is_refused() -> None:
    for at, character in enumerate(NOTE):
        mutant = NOTE[:at] + ("B" if character != "B" else "C") + NOTE[at + 1 :]
        with pytest.raises(ProofError):
            open_checkpoint(mutant, [KEY], verify)
        with pytest.raises(ProofError):
            open_checkpoint(NOTE[:at] + NOTE[at + 1 :], [KEY], verify)


def stranger(n: int) -> str:
    return f"\N{EM DASH} witness{n}.example {base64.b64encode(bytes(100 + n)).decode()}\n"


def test_signatures_of_strangers_are_ignored_up_to_the_limit() -> None:
    assert open_checkpoint(NOTE + "".join(map(stranger, range(MAX_SIGNATURES - 1))), [KEY], verify) == HEAD
    with pytest.raises(ProofError):
        open_checkpoint(NOTE + "".join(map(stranger, range(MAX_SIGNATURES))), [KEY], verify)


def test_a_failing_known_key_fails_the_note_beside_one_that_holds() -> None:
    other = VerifierKey("witness.example", bytes(SigningKey(b"w" * 32).verify_key))
    bad = base64.b64encode(other.key_id + bytes(64)).decode()
    note = f"{NOTE}\N{EM DASH} witness.example {bad}\n"
    assert open_checkpoint(note, [KEY], verify) == HEAD
    with pytest.raises(ProofError, match="does not hold"):
        open_checkpoint(note, [KEY, other], verify)


def test_a_head_signed_by_another_than_its_log_is_refused() -> None:
    other = VerifierKey("witness.example", PUBLIC)
    note = sign_note(HEAD.encode(), other.name, PUBLIC, sign)
    assert open_note(note, [other], verify)[0] == HEAD.encode()
    with pytest.raises(ProofError, match="the log itself"):
        open_checkpoint(note, [other, KEY], verify)
    with pytest.raises(ProofError, match="no known key"):
        open_checkpoint(NOTE, [VerifierKey(ORIGIN, bytes(32))], verify)


@pytest.mark.parametrize("text", [
    "", "a\n1\n", f"a\n01\n{'A' * 43}=\n", f"a\n-1\n{'A' * 43}=\n", f"a\n\u0661\n{'A' * 43}=\n", f"\n1\n{'A' * 43}=\n",
    f"a\n1\n{'A' * 42}B=\n", f"a\n1\n{'A' * 42}==\n", f"a\n1\n{'A' * 43}=\nextension\n", f"a\n1\n{'A' * 43}=",
    f"a b\n1\n{'A' * 43}=\n", f"a+b\n1\n{'A' * 43}=\n",
    f"a\n{10**19}\n{'A' * 43}=\n", f"a\n{9 * 10**18 + 10**18 - 1}\n{'A' * 43}=\n",
])  # fmt: skip
def test_a_head_in_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("text", [
    "", "a", "a+b", FOO[:-1], FOO.replace("530d903a", "530D903A"), FOO.replace("530d903a", "530d903b"), f" {FOO}",
    FOO.replace("+Aek", "+Bek"), "example.com/foo+530d903a+AQ==",
])  # fmt: skip
def test_a_verifier_key_in_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        parse_vkey(text)


@pytest.mark.parametrize("note", [
    NOTE.replace("\n", "\r\n"), NOTE[:-1], NOTE + "\n", NOTE.replace("\n\n", "\n"), "\x00" + NOTE,
    NOTE + "\ud800", NOTE + "x" * 600_000,
    NOTE.replace("\N{EM DASH} ", "- "), NOTE.replace("\N{EM DASH} ", "\N{EM DASH}  "), HEAD.encode() + "\n",
])  # fmt: skip
def test_a_note_in_another_shape_is_refused(note: str) -> None:
    with pytest.raises(ProofError):
        open_note(note, [KEY], verify)


PROOF = TlogProof(3, (b"a" * 32, b"b" * 32), NOTE, b'{"a":1}')


def test_a_proof_file_is_read_as_it_was_written() -> None:
    for proof in (PROOF, TlogProof(0, (), NOTE), TlogProof(0, (b"a" * 32,) * MAX_HASHES, NOTE, b"\x00" * 5000)):
        assert TlogProof.parse(proof.encode()) == proof
    assert PROOF.encode().startswith("c2sp.org/tlog-proof@v1\nextra eyJhIjoxfQ==\nindex 3\nYWFh")


@pytest.mark.parametrize(("old", "new"), [
    ("@v1", "@v2"), ("extra ", "extra"), ("extra eyJhIjoxfQ==", "extra "), ("extra ", "Extra "),
    ("eyJhIjoxfQ==", "eyJhIjoxfQ"),
    ("index 3", "index 03"), ("index 3", "index -3"), ("index 3\n", ""), ("index 3", "index 3 "),
    ("index 3", "index 3\r"),
    ("YWFh", "YWF"), ("=\n\n", "=\n"), ("index 3\n", "index 3\nextra eyJhIjoxfQ==\n"), ("\nYWFh", "\n YWFh"),
    ("index 3\n", "index 3\n" + f"{'A' * 43}=\n" * 62),
])  # fmt: skip
def test_a_proof_file_in_another_shape_is_refused(old: str, new: str) -> None:
    text = PROOF.encode().replace(old, new, 1 if old != "=\n\n" else -1)
    assert text != PROOF.encode()
    with pytest.raises(ProofError):
        open_checkpoint(TlogProof.parse(text).checkpoint, [KEY], verify)


def test_a_proof_that_is_too_long_is_neither_written_nor_read() -> None:
    with pytest.raises(ProofError, match="too long"):
        TlogProof(0, (), NOTE, bytes(1 << 20)).encode()
    with pytest.raises(ProofError, match="too long"):
        TlogProof.parse(PROOF.encode() + "x" * (1 << 20))
