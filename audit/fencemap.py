"""A digest of where all fences stand, so that no row of theirs can be set back alone (trust.md 4.6). Pure.

    bucket  SHA-256 of its sorted (fence 16 | epoch u64), one of 65,536 by the first two bytes of the fence
    page    SHA-256 of 256 buckets        map root  SHA-256 of 256 pages

Only fences that ever moved count: one that stands at 0 is in no bucket. Two megabytes in memory, whatever the log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from kernel.crypto import sha256

PAGES = BUCKETS = 256
DIGITS = 4  # of a fence, in hexadecimal: those of its bucket
_DIGEST = 32

Standing = Mapping[str, int]
"""Fences of one bucket and their epochs."""


def entry(fence: str, epoch: int) -> bytes:
    """24 bytes."""
    return bytes.fromhex(fence) + epoch.to_bytes(8, "big")


def digest(entries: Iterable[bytes]) -> bytes:
    """Of one bucket."""
    return sha256(b"".join(sorted(entries)))


EMPTY = digest(())
_NOTHING = EMPTY * BUCKETS


def bucket_of(fence: str) -> str:
    """The name of its bucket: four hexadecimal digits."""
    return fence[:DIGITS]


@dataclass(frozen=True)
class FenceMap:
    """pages: 256 times the digests of 256 buckets, one after the other. digests: of the pages."""

    pages: tuple[bytes, ...] = (_NOTHING,) * PAGES
    digests: tuple[bytes, ...] = (sha256(_NOTHING),) * PAGES

    @property
    def root(self) -> bytes:
        """32 bytes: what the signer keeps."""
        return sha256(b"".join(self.digests))

    def moved(self, fences: Iterable[str]) -> set[str]:
        """Buckets of these fences in which anything ever moved. In the others all stand at 0, whatever a row says."""
        return {bucket for bucket in map(bucket_of, fences) if self._digest(bucket) != EMPTY}

    def holds(self, bucket: str, standing: Standing) -> bool:
        """Whether these are its fences, all of them. What cannot be a fence or an epoch is none."""
        try:
            return self._digest(bucket) == _digest_of(standing)
        except (ValueError, OverflowError):
            return False

    def changed(self, buckets: Mapping[str, Standing]) -> "FenceMap":
        """The map with these buckets in place of what they were."""
        return self.replaced({bucket: _digest_of(standing) for bucket, standing in buckets.items()})

    def replaced(self, fresh: Mapping[str, bytes]) -> "FenceMap":
        """The same, from digests."""
        pages, digests = list(self.pages), list(self.digests)
        for number, named in groupby(sorted(fresh), key=lambda bucket: int(bucket[:2], 16)):
            page = bytearray(pages[number])
            for bucket in named:
                at = int(bucket[2:], 16) * _DIGEST
                page[at : at + _DIGEST] = fresh[bucket]
            pages[number] = bytes(page)
            digests[number] = sha256(pages[number])
        return FenceMap(tuple(pages), tuple(digests))

    def _digest(self, bucket: str) -> bytes:
        at = int(bucket[2:], 16) * _DIGEST
        return self.pages[int(bucket[:2], 16)][at : at + _DIGEST]


def _digest_of(standing: Standing) -> bytes:
    return digest(entry(fence, epoch) for fence, epoch in standing.items() if epoch)
