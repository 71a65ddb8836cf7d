"""How receipts stand, two bits each, in a list of one size where most places are nobody's: Token Status List (IETF
draft-ietf-oauth-status-list). Pure.

A place that is nobody's says something too, and changes as one that is somebody's would: else whoever keeps the lists
counts the consents of a municipality, and when somebody stopped. What it says follows from the seed of its list and the
time.
"""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from struct import Struct
from typing import Any, Final

from consent.activity import ActivityVersion
from consent.difference import consents_since
from consent.standing import PERMITS
from consent.views import SHUT, as_counted, state_of_row
from kernel.crypto import keyed_hashes, measured

VALID, INVALID, SUSPENDED = 0, 1, 2
BITS: Final = 2
SIZE: Final = 1 << 15  # places of a list
ROOM: Final = 1 << 11  # of which so many are of receipts at most: among seven times as many of nobody
TTL_S: Final = 20  # how long who asks may keep one, and a cache before them: with BUSY_MS a stop is known in a minute
FRESH_MS: Final = 10_000  # how long we keep one
BUSY_MS: Final = 20_000  # and while as many as may be are being made: who asks for all of them keeps nobody from one
LIFE_S: Final = 300  # after which nobody may believe it
_YEAR, _DAY = 31_536_000, 86_400
_BEFORE, _SPAN = _YEAR, 4 * _YEAR  # a list looks a year old when it is new; after three nobody else ends
_WORDS = Struct(">16I")  # of one hash: eight places, two words each
_AT_ONCE = 8


def status_of(row: Mapping[str, Any], at: int, newest: ActivityVersion | None) -> int:
    """Of the receipts of one consent. newest: version of its activity. What does not count and may do so again is
    SUSPENDED, for INVALID has no way back; what is in doubt is too."""
    if state_of_row(row, at) in SHUT:
        return INVALID
    if newest is None or row["pending_at"] or row["version"] < consents_since(newest):
        return SUSPENDED
    return VALID if state_of_row(as_counted(row, newest), at) in PERMITS else SUSPENDED


def decoys(seed: bytes, age: int) -> bytearray:
    """What every place of a list would say if it were nobody's, one byte each. age: of the list, seconds."""
    hashed, lasting = _drawing(seed)
    said = bytearray()
    for block in range(SIZE // _AT_ONCE):
        words = _WORDS.unpack(hashed(measured(block.to_bytes(4))))
        said += bytes(_decoy(one, other, lasting, age) for one, other in zip(words[::2], words[1::2], strict=True))
    return said


def decoy(seed: bytes, place: int, age: int) -> int:
    """The same of one place."""
    hashed, lasting = _drawing(seed)
    block, within = divmod(place, _AT_ONCE)
    words = _WORDS.unpack(hashed(measured(block.to_bytes(4))))
    return _decoy(words[2 * within], words[2 * within + 1], lasting, age)


def _drawing(seed: bytes) -> tuple[Callable[[bytes], bytes], int]:
    """Words per block; and how many of 256 places never end, between 77 and 179: nobody knows what to subtract."""
    return keyed_hashes(seed, "tag", (2).to_bytes(4) + measured(b"statuslijst"), 64), 77 + seed[0] * 102 // 255


def _decoy(one: int, other: int, lasting: int, age: int) -> int:
    if other & 0xFF >= lasting and age >= one % _SPAN - _BEFORE:
        return INVALID
    if other >> 8 & 7 == 0:  # one in eight stands still for a quarter of the time, in turns of a week to ten
        turn = (7 + (other >> 11 & 63)) * _DAY
        return SUSPENDED if (age + one) % turn < turn // 4 else VALID
    return VALID


def claims(address: str, statuses: bytes, at: int) -> dict[str, object]:
    """Of the list at that address, one byte per place. at: since when this was so, ms."""
    said = {"bits": BITS, "lst": urlsafe_b64encode(zlib.compress(packed(statuses), 9)).rstrip(b"=").decode()}
    issued = at // 1000
    return {"sub": address, "iat": issued, "exp": issued + LIFE_S, "ttl": TTL_S, "status_list": said}


def packed(statuses: bytes) -> bytes:
    """Four places to a byte, the first in its lowest bits."""
    four = zip(*(statuses[number::4] for number in range(4)), strict=True)
    return bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in four)
