"""A value that knows its place.

    suite 1 | key_id 16 | nonce 24 random | commit 32 | ciphertext | tag 16

The associated data names the place, so a moved value does not open. The AEAD does not commit to its key (one ciphertext
can be made to open under two), hence `commit`, compared before anything is decrypted. NOT stopped here: an older
envelope of the same record and version put back; the record's fence does that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from kernel.crypto.primitives import (
    KEY,
    NONCE,
    TAG,
    CannotOpen,
    aead_open,
    aead_seal,
    keyed_hash_of,
    measured,
    random_bytes,
    same,
)

KEY_ID, SALT, COMMIT = 16, 32, 32  # bytes
_PARTS = 9  # of `aad`
_TWO, _THREE = (count.to_bytes(4, "big") for count in (2, 3))  # as `pae` begins
OVERHEAD = 1 + KEY_ID + NONCE + COMMIT + TAG
MAX_PLAINTEXT = 1 << 20  # bytes; one element of one person fits a thousand times, larger things are files


@dataclass(frozen=True)
class DataKey:
    """A key of 32 bytes, its public name of 16, and the salt of 32 whose deletion shreds what was sealed with it."""

    key_id: bytes
    key: bytes = field(repr=False)
    shred_salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if (len(self.key_id), len(self.key), len(self.shred_salt)) != (KEY_ID, KEY, SALT):
            raise ValueError("a data key is 16, 32 and 32 bytes")


@dataclass(frozen=True)
class Place:
    """Where a value belongs. Raises ValueError for a version that does not fit in 64 bits."""

    tenant: str
    owner: str
    record_id: str
    version: int
    element_type: str
    schema_version: str
    klass: str

    def __post_init__(self) -> None:
        if not 0 <= self.version < 1 << 64:
            raise ValueError("a version is an unsigned number of 64 bits")

    def aad(self, suite: int, key_id: bytes) -> bytes:
        """What the tag covers beside the text."""
        front = _front(suite, self.tenant, self.owner)
        back = _back(self.version, self.element_type, self.schema_version, self.klass, key_id)
        record = self.record_id.encode()
        return b"%b%b%b%b" % (front, len(record).to_bytes(4, "big"), record, back)

    @property
    def row(self) -> tuple[bytes, bytes]:
        """Record id and u64 version."""
        return self.record_id.encode(), self.version.to_bytes(8, "big")


# The parts of `aad` around the record: the same for all that lies together. No key is in them.
@lru_cache(maxsize=8_192)
def _front(suite: int, tenant: str, owner: str) -> bytes:
    return _PARTS.to_bytes(4, "big") + measured(bytes([suite]), tenant.encode(), owner.encode())


@lru_cache(maxsize=8_192)
def _back(version: int, element_type: str, schema_version: str, klass: str, key_id: bytes) -> bytes:
    words = (element_type, schema_version, klass)
    return measured(version.to_bytes(8, "big"), *map(str.encode, words), key_id)


class Suite(Protocol):
    """One way of sealing, under a number from 1 to 255 that stands in front and in `aad`."""

    @property
    def number(self) -> int:
        """The first byte of the envelope."""

    def seal(self, key: DataKey, place: Place, aad: bytes, plaintext: bytes) -> bytes:
        """All that follows the key's id."""

    def unseal(self, key: DataKey, place: Place, aad: bytes, sealed: bytes) -> bytes:
        """The reverse. Raises CannotOpen."""


@dataclass(frozen=True)
class Suite1:
    """XChaCha20-Poly1305 under a BLAKE2b key per envelope, with a commitment to that key."""

    random: Callable[[int], bytes] = random_bytes
    number: int = 1

    def seal(self, key: DataKey, place: Place, aad: bytes, plaintext: bytes) -> bytes:
        """nonce | commit | ciphertext | tag."""
        nonce = self.random(NONCE)
        encrypting, commit = _split(key, place, nonce, aad)
        return nonce + commit + aead_seal(encrypting, nonce, plaintext, aad)

    def unseal(self, key: DataKey, place: Place, aad: bytes, sealed: bytes) -> bytes:
        """The plaintext. Raises CannotOpen."""
        nonce, commit, ciphertext = sealed[:NONCE], sealed[NONCE : NONCE + COMMIT], sealed[NONCE + COMMIT :]
        encrypting, expected = _split(key, place, nonce, aad)
        if not same(commit, expected):
            raise CannotOpen
        return aead_open(encrypting, nonce, ciphertext, aad)


SUITE_1 = Suite1()
SUITES: dict[int, Suite] = {SUITE_1.number: SUITE_1}  # what can be opened; a number is never given twice


def seal(key: DataKey, place: Place, plaintext: bytes, suite: Suite = SUITE_1) -> bytes:
    """The envelope, 89 bytes longer than the plaintext in suite 1. Raises ValueError above 1 MiB."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise ValueError("too long for an envelope")
    sealed = suite.seal(key, place, place.aad(suite.number, key.key_id), plaintext)
    return bytes([suite.number]) + key.key_id + sealed


def unseal(key: DataKey, place: Place, envelope: bytes) -> bytes:
    """The plaintext. Raises CannotOpen, whatever is wrong."""
    suite = SUITES.get(envelope[0]) if OVERHEAD <= len(envelope) <= OVERHEAD + MAX_PLAINTEXT else None
    if suite is None or not same(envelope[1 : 1 + KEY_ID], key.key_id):
        raise CannotOpen
    return suite.unseal(key, place, place.aad(suite.number, key.key_id), envelope[1 + KEY_ID :])


def _split(key: DataKey, place: Place, nonce: bytes, aad: bytes) -> tuple[bytes, bytes]:
    """K_enc and commit. The salt goes into K, so without it nothing of this key opens, however well D is known."""
    record_key = keyed_hash_of(key.key, "record", _THREE + measured(*place.row, key.shred_salt))
    both = keyed_hash_of(record_key, "split", _TWO + measured(nonce, aad), KEY + COMMIT)
    return both[:KEY], both[KEY:]
