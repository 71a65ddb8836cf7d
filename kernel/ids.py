"""Names for things: random ones, ordered ones, and one derived from another."""

import hashlib
import secrets
from uuid import UUID

_TIME = 10  # hexadecimal digits: the first 40 of the 48 bits that are milliseconds; 88 remain that are derived


def random_id() -> str:
    """128 random bits as 32 hexadecimal digits: event ids, nonces."""
    return secrets.token_hex(16)


def derived_id(origin: str, what: str) -> str:
    """BLAKE2b-128 of another id and a word: the same act always has the same event id (trust.md 2.2, 2.5)."""
    text = f"{len(origin)}:{origin}{what}".encode()
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def ordered_id(origin: str, what: str) -> str:
    """As `derived_id`, but its first 10 digits of 32 are those of `origin`, an id that begins with digits itself: of a
    UUIDv7 they are its time, in quarters of a second. What was asked together lies together in an index then; ids
    without order cost the log a page of its own for each line."""
    return origin.replace("-", "")[:_TIME] + derived_id(origin, what)[_TIME:]


def uuid7(milliseconds: int, follows: str = "") -> str:
    """RFC 9562 section 5.7: ordered by time, and 74 bits that are random, or follow from a derived id. `milliseconds`
    comes from the caller's clock."""
    tail = int(follows, 16) % (1 << 74) if follows else secrets.randbits(74)
    high = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (tail >> 62) << 64
    return str(UUID(int=high | 0b10 << 62 | tail & ((1 << 62) - 1)))
