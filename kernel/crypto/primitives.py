"""The few primitives. What outsiders verify uses SHA-256, HMAC-SHA-256 and Ed25519: browsers have no BLAKE2b."""

import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Sequence
from typing import Literal, get_args

# The same function of libsodium as in nacl.bindings, whose looking at its arguments took longer than the sealing, twice
# per line of the log: lengths are looked at below, and cffi takes nothing but bytes.
from nacl._sodium import ffi, lib  # type: ignore[import-not-found]  # a library of C, without words on its types
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

KEY, NONCE, TAG = 32, 24, 16  # bytes; XChaCha20-Poly1305-IETF: 24 random bytes may be drawn for ever without a meeting
Person = Literal["record", "split", "row", "pseudo", "fence", "event", "tag", "wrap"]
_U32 = struct.Struct(">I").pack
_PERSONS: dict[str, bytes] = {name: f"regie/{name}/1".encode() for name in get_args(Person)}


class CannotOpen(Exception):
    """Changed, moved, cut, another key, no such key any more: one error on purpose, which tells an attacker nothing."""

    def __init__(self) -> None:
        super().__init__("does not open with this key in this place")


def pae(parts: Sequence[bytes]) -> bytes:
    """u32 count, then u32 length and bytes per part, big-endian: no two lists of parts have the same bytes."""
    return _U32(len(parts)) + measured(*parts)


def measured(*parts: bytes) -> bytes:
    """What `pae` says of some of its parts: for who knows most of a list beforehand and puts it together."""
    told = []
    # a dozen times per line of the log: the plain loop takes half as long as the short ways to say it
    for part in parts:
        told.append(_U32(len(part)))
        told.append(part)
    return b"".join(told)


def sha256(message: bytes) -> bytes:
    """32 bytes (FIPS 180-4)."""
    return hashlib.sha256(message).digest()


def hmac_sha256(key: bytes, *chunks: bytes) -> bytes:
    """32 bytes (RFC 2104). Chunks run together without a mark: the caller puts the separator, or gives one `pae`."""
    if len(key) < KEY:
        raise ValueError("a MAC key has at least 32 bytes")
    return hmac.digest(key, b"".join(chunks), "sha256")


def keyed_hash(key: bytes, person: Person, parts: Sequence[bytes], size: int = 32) -> bytes:
    """BLAKE2b (RFC 7693) of `size` bytes, 64 at most; `person` keeps one key's uses apart. Raises ValueError."""
    return keyed_hash_of(key, person, pae(parts), size)


def keyed_hash_of(key: bytes, person: Person, encoded: bytes, size: int = 32) -> bytes:
    """The same of what `pae` gave."""
    return _keyed(key, person, encoded, size).digest()


def keyed_hashes(key: bytes, person: Person, begin: bytes, size: int = 32) -> Callable[[bytes], bytes]:
    """`keyed_hash_of` for many that begin alike, told what comes after `begin`. Raises ValueError."""
    common = _keyed(key, person, begin, size)

    def hashed(end: bytes) -> bytes:
        one = common.copy()
        one.update(end)
        return one.digest()

    return hashed


def _keyed(key: bytes, person: Person, begin: bytes, size: int) -> hashlib.blake2b:
    if len(key) != KEY or person not in _PERSONS:
        raise ValueError("a key has 32 bytes (an empty one makes a hash that anyone can compute), and a known use")
    return hashlib.blake2b(begin, digest_size=size, key=key, person=_PERSONS[person])


def random_bytes(count: int) -> bytes:
    """From the operating system; fit for keys, salts and nonces."""
    return os.urandom(count)


def same(one: bytes, other: bytes) -> bool:
    """Whether both are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def aead_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Ciphertext and tag, 16 bytes longer than the plaintext. A nonce used twice under one key breaks both texts."""
    if len(key) != KEY or len(nonce) != NONCE:
        raise ValueError("a key has 32 bytes and a nonce 24")
    sealed = ffi.new("unsigned char[]", len(plaintext) + TAG)
    texts = (plaintext, len(plaintext), aad, len(aad))
    if lib.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, ffi.NULL, *texts, ffi.NULL, nonce, key):
        raise ValueError("libsodium does not seal this")
    return bytes(ffi.buffer(sealed))


def aead_open(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """The plaintext. Raises CannotOpen. NOT promised: that only one key opens it; the envelope's commitment does."""
    if len(ciphertext) < TAG:
        raise CannotOpen
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, aad, nonce, key)
    except CryptoError:
        raise CannotOpen from None


class Signer:
    """An Ed25519 key (RFC 8032) from its seed of 32 bytes. Shows nothing of the seed when printed."""

    __slots__ = ("_key",)

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)

    @property
    def public(self) -> bytes:
        """The half that may be given away, 32 bytes."""
        return bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the same message always gets the same signature."""
        return bytes(self._key.sign(message).signature)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is this key's word on exactly this message; a key or signature of a wrong size is a no."""
    try:
        VerifyKey(public).verify(message, signature)
    except CryptoError:
        return False
    return True


def seal_for(public: bytes, plaintext: bytes) -> bytes:
    """A libsodium sealed box (X25519, XSalsa20-Poly1305) for the holder of the private half. Nobody knows who wrote it.
    Raises ValueError for a key that is none."""
    try:
        return bytes(SealedBox(PublicKey(public)).encrypt(plaintext))
    except (CryptoError, TypeError):
        raise ValueError("not an X25519 public key") from None
