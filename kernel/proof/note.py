"""Signed notes (C2SP signed-note) with Ed25519 signatures of type 0x01."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kernel.proof.encoding import base64_of, bytes_of
from kernel.proof.hashes import ProofError

ED25519 = b"\x01"
PUBLIC_KEY_BYTES, SIGNATURE_BYTES, KEY_ID_BYTES = 32, 64, 4
MAX_SIGNATURES = 64  # 16 must be accepted; room for a log, its witnesses and their successors
MAX_NOTE_BYTES = 512 * 1024  # 64 post-quantum signatures of 5 kB in base64 fit in it

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) -> whether the signature is that key's word on exactly this message."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 key that is trusted under this name; `name` and `key_id` together say which key a line is from."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise ProofError("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """Four bytes: a name tag for the key, not a proof of anything."""
        return key_id(self.name, self.public_key)


def key_id(name: str, public_key: bytes) -> bytes:
    """SHA-256(name || 0A || 01 || public key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_ID_BYTES]


def vkey(name: str, public_key: bytes) -> str:
    """`<name>+<hex key id>+<base64 of 01 and the key>`, as it may be published."""
    key = VerifierKey(name, public_key)
    return f"{key.name}+{key.key_id.hex()}+{base64_of(ED25519 + public_key)}"


def parse_vkey(text: str) -> VerifierKey:
    """The key that `vkey` wrote. Raises ProofError, also for other kinds of keys and for an id that does not fit."""
    name, *rest = text.split("+", 2)  # a name has no plus; base64 may have
    material = bytes_of(rest[1]) if len(rest) == 2 else b""
    if material[:1] != ED25519:
        raise ProofError("this is not an Ed25519 verifier key")
    key = VerifierKey(name, material[1:])
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


def open_note(note: str, keys: Iterable[VerifierKey], verify: Verify) -> tuple[str, frozenset[VerifierKey]]:
    """The text and which of `keys` signed it, at least one. Signatures of other keys are ignored.

    Raises ProofError, also when a known key's signature fails beside one that holds: then somebody is tampering.
    """
    text, signatures = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    signers = set()
    for name, signature in signatures:
        key = known.get((name, signature[:KEY_ID_BYTES]))
        if key is None:
            continue
        raw = signature[KEY_ID_BYTES:]
        if len(raw) != SIGNATURE_BYTES or not verify(key.public_key, text.encode(), raw):
            raise ProofError("the signature of a known key does not hold")
        signers.add(key)
    if not signers:
        raise ProofError("no known key signed this note")
    return text, frozenset(signers)


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
