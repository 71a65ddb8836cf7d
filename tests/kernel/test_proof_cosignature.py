"""A head may carry a second signature, ML-DSA-44: checked where its key is known, passed over where it is not."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from nacl.signing import SigningKey

from kernel.crypto import verify
from kernel.proof.checkpoint import Checkpoint, open_checkpoint
from kernel.proof.cosignature import cosigned_message
from kernel.proof.hashes import ProofError
from kernel.proof.note import (
    COSIGNATURE,
    ML_DSA_44,
    VerifierKey,
    cosigned_note,
    open_note,
    parse_vkey,
    sign_note,
    signed_at,
    signed_only_by,
    vkey,
)

ORIGIN = "log.example/2026h2"
HEAD = Checkpoint(ORIGIN, 5, bytes(range(32)))
SEED = SigningKey(b"s" * 32)
KEY = VerifierKey(ORIGIN, bytes(SEED.verify_key))
SECOND = MLDSA44PrivateKey.from_seed_bytes(b"2" * 32)
SECOND_KEY = VerifierKey(ORIGIN, SECOND.public_key().public_bytes_raw(), ML_DSA_44)
NOTE = sign_note(HEAD.encode(), ORIGIN, KEY.public_key, lambda text: bytes(SEED.sign(text).signature))
AT = 1_795_312_916
BOTH = cosigned_note(NOTE, SECOND_KEY, AT, SECOND.sign)


def verify_ml_dsa(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_a_head_with_two_signatures_opens_with_either_view_of_the_keys() -> None:
    assert BOTH.startswith(NOTE) and BOTH.count("\N{EM DASH}") == 2
    text, signers = open_note(BOTH, [KEY, SECOND_KEY], verify, verify_ml_dsa)
    assert (text, signers) == (HEAD.encode(), frozenset({KEY, SECOND_KEY}))
    assert open_checkpoint(BOTH, [KEY, SECOND_KEY], verify, verify_ml_dsa) == HEAD
    assert open_checkpoint(BOTH, [KEY], verify) == HEAD, "who knows only the first key passes the other line over"
    assert open_checkpoint(NOTE, [KEY, SECOND_KEY], verify, verify_ml_dsa) == HEAD, "the slot may be empty"
    timeless = cosigned_note(NOTE, SECOND_KEY, 0, SECOND.sign)
    assert open_checkpoint(timeless, [KEY, SECOND_KEY], verify, verify_ml_dsa) == HEAD


def test_the_signed_bytes_and_the_key_id_are_those_of_the_specification() -> None:
    name = ORIGIN.encode()
    expected = (
        b"subtree/v1\n\0" + bytes([len(name)]) + name + AT.to_bytes(8, "big") + bytes([len(name)]) + name
        + bytes(8) + (5).to_bytes(8, "big") + bytes(range(32))
    )  # fmt: skip
    assert cosigned_message(ORIGIN, AT, HEAD.encode()) == expected
    assert cosigned_message(ORIGIN, AT, HEAD.encode() + "extension\n") == expected, "not part of what is signed"
    material = SECOND_KEY.public_key
    assert SECOND_KEY.key_id == hashlib.sha256(name + b"\n\x06" + material).digest()[:4]
    told = vkey(ORIGIN, material, ML_DSA_44)
    assert told == f"{ORIGIN}+{SECOND_KEY.key_id.hex()}+" + base64.b64encode(b"\x06" + material).decode()
    assert parse_vkey(told) == SECOND_KEY
    line = base64.b64decode(BOTH.splitlines()[-1].split(" ")[2])
    assert (line[:4], line[4:12], len(line)) == (SECOND_KEY.key_id, AT.to_bytes(8, "big"), 4 + 8 + 2420)
    SECOND.public_key().verify(line[12:], expected)


def changed_line(at: int) -> str:
    *above, last, end = BOTH.split("\n")
    dash, name, encoded = last.split(" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[at] ^= 1
    return "\n".join([*above, f"{dash} {name} {base64.b64encode(raw).decode()}", end])


@pytest.mark.parametrize("at", [4, 11, 12, 500, 2431], ids=["time", "time-end", "first", "middle", "last"])
def test_a_second_signature_of_a_known_key_that_fails_fails_the_note(at: int) -> None:
    with pytest.raises(ProofError, match="does not hold"):
        open_checkpoint(changed_line(at), [KEY, SECOND_KEY], verify, verify_ml_dsa)
    assert open_checkpoint(changed_line(at), [KEY], verify) == HEAD


def test_a_line_of_another_id_is_a_strangers() -> None:
    assert open_checkpoint(changed_line(0), [KEY, SECOND_KEY], verify, verify_ml_dsa) == HEAD


def test_a_known_key_that_cannot_be_checked_here_fails_the_note() -> None:
    with pytest.raises(ProofError, match="does not hold"):
        open_checkpoint(BOTH, [KEY, SECOND_KEY], verify)


def test_the_second_signature_alone_is_not_the_logs_word() -> None:
    first, second = BOTH.splitlines()[-2:]
    alone = BOTH.replace(f"{first}\n", "")
    assert alone.endswith(f"{second}\n")
    with pytest.raises(ProofError, match="the log itself"):
        open_checkpoint(alone, [KEY, SECOND_KEY], verify, verify_ml_dsa)


def test_a_cosignature_under_another_head_does_not_hold() -> None:
    other = Checkpoint(ORIGIN, 6, bytes(range(32)))
    note = sign_note(other.encode(), ORIGIN, KEY.public_key, lambda text: bytes(SEED.sign(text).signature))
    with pytest.raises(ProofError, match="does not hold"):
        open_checkpoint(f"{note}{BOTH.splitlines()[-1]}\n", [KEY, SECOND_KEY], verify, verify_ml_dsa)


@pytest.mark.parametrize(("cosigner", "at", "text"), [
    ("", 0, HEAD.encode()), ("n" * 256, 0, HEAD.encode()), (ORIGIN, 1 << 63, HEAD.encode()),
    (ORIGIN, -1, HEAD.encode()), (ORIGIN, 0, "a text\n"),
    (ORIGIN, 0, f"a\n05\n{'A' * 43}=\n"), (ORIGIN, 0, "a\n5\nAAAA\n"),
    (ORIGIN, 0, f"\n5\n{'A' * 43}=\n"),
])  # fmt: skip
def test_what_is_no_head_is_not_cosigned(cosigner: str, at: int, text: str) -> None:
    with pytest.raises(ProofError):
        cosigned_message(cosigner, at, text)


def test_a_key_of_another_length_or_kind_is_refused() -> None:
    with pytest.raises(ProofError, match="length of its kind"):
        VerifierKey(ORIGIN, KEY.public_key, ML_DSA_44)
    with pytest.raises(ProofError, match="length of its kind"):
        VerifierKey(ORIGIN, SECOND_KEY.public_key)
    with pytest.raises(ProofError, match="kind that is known"):
        parse_vkey("log.example+00000000+" + base64.b64encode(b"\x05" + bytes(32)).decode())


WITNESS = SigningKey(b"w" * 32)
WITNESS_KEY = VerifierKey("witness.example/w1", bytes(WITNESS.verify_key), COSIGNATURE)


def cosigned(at: int = AT) -> str:
    return cosigned_note(NOTE, WITNESS_KEY, at, lambda message: bytes(WITNESS.sign(message).signature))


def test_a_witness_signs_the_bytes_of_the_specification() -> None:
    line = base64.b64decode(cosigned().splitlines()[-1].split(" ")[2])
    material = bytes(WITNESS.verify_key)
    assert line[:4] == hashlib.sha256(b"witness.example/w1\n\x04" + material).digest()[:4] == WITNESS_KEY.key_id
    assert line[4:12] == AT.to_bytes(8, "big")
    WITNESS.verify_key.verify(f"cosignature/v1\ntime {AT}\n{HEAD.encode()}".encode(), line[12:])
    assert parse_vkey(vkey(WITNESS_KEY.name, material, COSIGNATURE)) == WITNESS_KEY


def test_the_time_of_a_cosignature_is_told_and_belongs_to_it() -> None:
    assert signed_at(cosigned(), [KEY, WITNESS_KEY], verify)[1] == {KEY: 0, WITNESS_KEY: AT}
    both = cosigned() + cosigned(AT + 9)[len(NOTE) :]
    assert signed_at(both, [WITNESS_KEY], verify)[1] == {WITNESS_KEY: AT + 9}, "the latest word counts"
    line = base64.b64decode(cosigned().splitlines()[-1].split(" ")[2])
    for wrong in (line[:4] + bytes(8) + line[12:], line[:4] + (AT + 1).to_bytes(8, "big") + line[12:], line[:-1]):
        changed = f"{NOTE}\N{EM DASH} {WITNESS_KEY.name} {base64.b64encode(wrong).decode()}\n"
        with pytest.raises(ProofError):
            signed_at(changed, [KEY, WITNESS_KEY], verify)
        assert signed_at(changed, [KEY], verify)[1] == {KEY: 0}, "who does not know the witness passes it over"


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    """Or a witness could make heads: the same key and name, another type."""
    own = VerifierKey(ORIGIN, KEY.public_key, COSIGNATURE)
    note = cosigned_note(NOTE, own, AT, lambda message: bytes(SEED.sign(message).signature))
    alone = signed_only_by(note, [own])
    assert signed_at(alone, [own], verify)[1] == {own: AT}
    for keys in ([own], [KEY], [KEY, own]):
        with pytest.raises(ProofError):
            open_checkpoint(alone, keys, verify)


def test_there_is_no_cosignature_without_a_time() -> None:
    for at in (0, 1 << 63):
        with pytest.raises(ProofError):
            cosigned(at)


def test_lines_of_others_can_be_left_out() -> None:
    stranger = f"\N{EM DASH} x {base64.b64encode(bytes(68)).decode()}\n"
    assert signed_only_by(cosigned() + stranger, [KEY, WITNESS_KEY]) == cosigned()
    assert signed_only_by(cosigned() + stranger, [KEY]) == NOTE
