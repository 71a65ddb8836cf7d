"""Search tags beside what the lines say, without sorting either: sums of keyed hashes in buckets of lines.

Both sides add up the hashes of (tag, line, hour); equal sums are equal sets, for whoever does not know the key, and it
is drawn anew for each check. Where a bucket differs its lines are read once more. Memory: a number per bucket.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from secrets import token_bytes
from typing import Any

BUCKETS = 65_536
_MASK = (1 << 128) - 1
Tag = tuple[bytes, int]  # the tag and logged_at, at one line


class TagSums:
    """Of a log of `size` lines. Lines whose body cannot be read are left out on both sides: nobody knows their tags."""

    def __init__(self, size: int, buckets: int = BUCKETS) -> None:
        self.width = max(1, -(-size // buckets))
        self.size = size
        self._sums = [0] * (size // self.width + 1)
        self._closed = bytearray(size // 8 + 1)
        self._key = token_bytes(32)
        self.outside = 0  # rows at lines that do not exist

    def leave_out(self, index: int) -> None:
        """Nobody can say which tags this line has."""
        self._closed[index >> 3] |= 1 << (index & 7)

    def expect(self, index: int, tags: Iterable[Tag]) -> None:
        """From the line."""
        self._add(index, tags, 1)

    def stored(self, rows: Iterable[Sequence[Any]]) -> None:
        """From the table: (tag, idx, logged_at)."""
        for tag, index, at in rows:
            if not 0 <= index < self.size:
                self.outside += 1
            elif self.readable(index):
                self._add(index, ((tag, at),), -1)

    def differing(self) -> list[range]:
        """The stretches of lines whose tags are not what they should be."""
        wide = self.width
        return [range(at * wide, min(at * wide + wide, self.size)) for at, value in enumerate(self._sums) if value]

    def readable(self, index: int) -> bool:
        """Whether its tags are judged."""
        return not self._closed[index >> 3] >> (index & 7) & 1

    def _add(self, index: int, tags: Iterable[Tag], sign: int) -> None:
        total = 0
        for tag, at in tags:
            told = index.to_bytes(8, "big") + at.to_bytes(8, "big", signed=True) + bytes(tag)
            total += int.from_bytes(blake2b(told, digest_size=16, key=self._key).digest(), "big")
        bucket = index // self.width
        self._sums[bucket] = (self._sums[bucket] + sign * total) & _MASK
