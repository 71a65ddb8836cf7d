"""Signed notes (C2SP signed-note): a log's Ed25519 signature, type 01, and cosignatures of heads, types 04 and 06."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from kernel.proof import cosignature
from kernel.proof.encoding import base64_of, bytes_of
from kernel.proof.hashes import ProofError
from kernel.proof.notetext import KEY_ID_BYTES, require_name, split_note

ED25519, COSIGNATURE, ML_DSA_44 = b"\x01", b"\x04", b"\x06"
_TIME = cosignature.TIME_BYTES
_PUBLIC_KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: cosignature.PUBLIC_KEY_BYTES}
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: _TIME + 64, ML_DSA_44: _TIME + cosignature.SIGNATURE_BYTES}

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) -> whether the signature is that key's word on exactly this message."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key that is trusted under this name; `name` and `key_id` together say which key a line is from."""

    name: str
    public_key: bytes
    kind: bytes = ED25519

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != _PUBLIC_KEY_BYTES[self.kind]:
            raise ProofError("a public key has not the length of its kind")

    @property
    def key_id(self) -> bytes:
        """Four bytes: a name tag for the key, not a proof of anything."""
        return key_id(self.name, self.public_key, self.kind)


def key_id(name: str, public_key: bytes, kind: bytes = ED25519) -> bytes:
    """SHA-256(name || 0A || kind || public key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public_key).digest()[:KEY_ID_BYTES]


def vkey(name: str, public_key: bytes, kind: bytes = ED25519) -> str:
    """`<name>+<hex key id>+<base64 of kind and key>`, as it may be published."""
    key = VerifierKey(name, public_key, kind)
    return f"{key.name}+{key.key_id.hex()}+{base64_of(kind + public_key)}"


def parse_vkey(text: str) -> VerifierKey:
    """The key that `vkey` wrote. Raises ProofError, also for other kinds of keys and for an id that does not fit."""
    name, *rest = text.split("+", 2)  # a name has no plus; base64 may have
    material = bytes_of(rest[1]) if len(rest) == 2 else b""
    if material[:1] not in _PUBLIC_KEY_BYTES:
        raise ProofError("this is not a verifier key of a kind that is known here")
    key = VerifierKey(name, material[1:], material[:1])
    if key.key_id.hex() != rest[0]:
        raise ProofError("the id of the verifier key does not belong to its name and key")
    return key


def sign_note(text: str, name: str, public_key: bytes, sign: Sign) -> str:
    """The note with one signature line. `sign` is asked once, for the bytes of `text`. Raises ProofError."""
    key = _own(name, public_key)
    if not text.endswith("\n"):
        raise ProofError("the text of a note ends with a newline")
    note = f"{text}\n\N{EM DASH} {name} {base64_of(key + sign(text.encode()))}\n"
    split_note(note)
    return note


@lru_cache(maxsize=64)  # a log signs all day under one name
def _own(name: str, public_key: bytes) -> bytes:
    return VerifierKey(name, public_key).key_id


def cosigned_note(note: str, key: VerifierKey, at: int, sign: Sign) -> str:
    """The head with one more line, of a key of type 04 or 06, at this POSIX time. Raises ProofError."""
    text, _ = split_note(note)
    signed = note + cosignature_line(text, key, at, sign)
    split_note(signed)
    return signed


def cosignature_line(text: str, key: VerifierKey, at: int, sign: Sign) -> str:
    """The line alone, as a witness answers it, under the head in `text`. Raises ProofError."""
    signature = at.to_bytes(_TIME, "big") + sign(_cosigned(key, at, text))
    return f"\N{EM DASH} {key.name} {base64_of(key.key_id + signature)}\n"


def open_note(
    note: str, keys: Iterable[VerifierKey], verify: Verify, verify_ml_dsa: Verify | None = None
) -> tuple[str, frozenset[VerifierKey]]:
    """The text and which of `keys` signed it, at least one. Signatures of other keys are ignored.

    Raises ProofError, also when a known key's signature fails beside one that holds: then somebody is tampering; and
    when the signature of a known key cannot be checked here.
    """
    text, signed = signed_at(note, keys, verify, verify_ml_dsa)
    return text, frozenset(signed)


def signed_at(
    note: str, keys: Iterable[VerifierKey], verify: Verify, verify_ml_dsa: Verify | None = None
) -> tuple[str, dict[VerifierKey, int]]:
    """As `open_note`, with when each key cosigned: POSIX seconds, the latest; 0 where a signature tells no time."""
    text, signatures = split_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    signed: dict[VerifierKey, int] = {}
    for name, signature in signatures:
        key = known.get((name, signature[:KEY_ID_BYTES]))
        if key is None:
            continue
        at = _verified(key, text, signature[KEY_ID_BYTES:], verify_ml_dsa if key.kind == ML_DSA_44 else verify)
        signed[key] = max(at, signed.get(key, 0))
    if not signed:
        raise ProofError("no known key signed this note")
    return text, signed


def signed_only_by(note: str, keys: Iterable[VerifierKey]) -> str:
    """The note with the lines of these keys alone, unchecked; without any it ends where lines may follow."""
    text, signatures = split_note(note)
    known = {(key.name, key.key_id) for key in keys}
    theirs = ((name, signed) for name, signed in signatures if (name, signed[:KEY_ID_BYTES]) in known)
    return f"{text}\n" + "".join(f"\N{EM DASH} {name} {base64_of(signed)}\n" for name, signed in theirs)


def _verified(key: VerifierKey, text: str, signature: bytes, verify: Verify | None) -> int:
    """When it was made. Raises ProofError unless it holds."""
    at, message, given = 0, text.encode(), signature
    if key.kind != ED25519:
        at, given = int.from_bytes(signature[:_TIME], "big"), signature[_TIME:]
        message = _cosigned(key, at, text)
    if len(signature) != _SIGNATURE_BYTES[key.kind] or not (verify and verify(key.public_key, message, given)):
        raise ProofError("the signature of a known key does not hold")
    return at


def _cosigned(key: VerifierKey, at: int, text: str) -> bytes:
    if key.kind == COSIGNATURE:
        return cosignature.timed_message(at, text)
    return cosignature.cosigned_message(key.name, at, text)
