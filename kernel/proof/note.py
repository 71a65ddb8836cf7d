"""Signed notes (C2SP signed-note): Ed25519 of type 01, and beside it ML-DSA-44 of type 06 for heads."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kernel.proof import cosignature
from kernel.proof.encoding import base64_of, bytes_of
from kernel.proof.hashes import ProofError

ED25519, ML_DSA_44 = b"\x01", b"\x06"
KEY_ID_BYTES = 4
_PUBLIC_KEY_BYTES = {ED25519: 32, ML_DSA_44: cosignature.PUBLIC_KEY_BYTES}
_SIGNATURE_BYTES = {ED25519: 64, ML_DSA_44: cosignature.TIME_BYTES + cosignature.SIGNATURE_BYTES}
MAX_SIGNATURES = 64  # 16 must be accepted; room for a log, its witnesses and their successors
MAX_NOTE_BYTES = 512 * 1024  # 64 post-quantum signatures of 5 kB in base64 fit in it

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


def require_name(name: str) -> None:
    """Raises ProofError for what C2SP forbids in the name of a key: a second word, a plus, a control character."""
    if not name or "+" in name or any(each.isspace() or each < " " or "\ud800" <= each <= "\udfff" for each in name):
        raise ProofError("the name of a key is empty, or has a space, a plus or a control character")


def sign_note(text: str, name: str, public_key: bytes, sign: Sign) -> str:
    """The note with one signature line. `sign` is asked once, for the bytes of `text`. Raises ProofError."""
    key = VerifierKey(name, public_key)
    if not text.endswith("\n"):
        raise ProofError("the text of a note ends with a newline")
    note = f"{text}\n\N{EM DASH} {name} {base64_of(key.key_id + sign(text.encode()))}\n"
    _split(note)
    return note


def cosigned_note(note: str, key: VerifierKey, at: int, sign: Sign) -> str:
    """The head with one more line, of an ML-DSA-44 key, at this POSIX time (0: at none). Raises ProofError."""
    text, _ = _split(note)
    signature = at.to_bytes(cosignature.TIME_BYTES, "big") + sign(cosignature.cosigned_message(key.name, at, text))
    signed = f"{note}\N{EM DASH} {key.name} {base64_of(key.key_id + signature)}\n"
    _split(signed)
    return signed


def open_note(
    note: str, keys: Iterable[VerifierKey], verify: Verify, verify_ml_dsa: Verify | None = None
) -> tuple[str, frozenset[VerifierKey]]:
    """The text and which of `keys` signed it, at least one. Signatures of other keys are ignored.

    Raises ProofError, also when a known key's signature fails beside one that holds: then somebody is tampering; and
    when the signature of a known key cannot be checked here.
    """
    text, signatures = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    signers = set()
    for name, signature in signatures:
        key = known.get((name, signature[:KEY_ID_BYTES]))
        if key is None:
            continue
        if not _holds(key, text, signature[KEY_ID_BYTES:], verify if key.kind == ED25519 else verify_ml_dsa):
            raise ProofError("the signature of a known key does not hold")
        signers.add(key)
    if not signers:
        raise ProofError("no known key signed this note")
    return text, frozenset(signers)


def _holds(key: VerifierKey, text: str, signature: bytes, verify: Verify | None) -> bool:
    if verify is None or len(signature) != _SIGNATURE_BYTES[key.kind]:
        return False
    if key.kind == ED25519:
        return verify(key.public_key, text.encode(), signature)
    at, signature = int.from_bytes(signature[: cosignature.TIME_BYTES], "big"), signature[cosignature.TIME_BYTES :]
    return verify(key.public_key, cosignature.cosigned_message(key.name, at, text), signature)


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text with its last newline, and (name, key id and signature) per line under the last empty line."""
    try:
        too_long = len(note.encode()) > MAX_NOTE_BYTES
    except UnicodeEncodeError:
        raise ProofError("the note is not valid UTF-8") from None
    if too_long or any(each < " " and each != "\n" for each in note):
        raise ProofError("the note is too long, or has control characters")
    text, blank, signed = note.rpartition("\n\n")
    *lines, rest = signed.split("\n")
    if not blank or rest or not 0 < len(lines) <= MAX_SIGNATURES:
        raise ProofError("the note does not end with an empty line and its signatures")
    return f"{text}\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = line.split(" ") if line.count(" ") == 2 else ("", "", "")
    if dash != "\N{EM DASH}":
        raise ProofError("a signature line is not: dash, name, signature")
    require_name(name)
    signature = bytes_of(encoded)
    if len(signature) <= KEY_ID_BYTES:
        raise ProofError("a signature is empty")
    return name, signature
