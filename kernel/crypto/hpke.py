"""HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. Anybody seals; only who has
the private half opens, and nobody can tell who sealed. An own ephemeral key each time, so there is no nonce to keep."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from kernel.crypto.primitives import CannotOpen

OVERHEAD = 48  # bytes: the ephemeral public half, and the tag
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def public_half(private: bytes) -> bytes:
    """32 bytes. Raises ValueError."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def hpke_seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """48 bytes longer than the plaintext. info: what it belongs to; it opens under the same only. Raises ValueError for
    a key that is none."""
    return bytes(_SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info))


def hpke_open(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Raises CannotOpen, whatever is wrong with it."""
    try:
        return bytes(_SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info))
    except (InvalidTag, ValueError):
        raise CannotOpen from None
