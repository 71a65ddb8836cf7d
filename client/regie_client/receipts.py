"""Whether the log holds the line of a release. Offline: with the keys of the log as they were pinned, and no network.

The proofs themselves are read by `regie_verify`, the municipality's own verifier, which shares no code with Regie.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from regie_client.errors import NoReceipt, NotConfigured
from regie_client.messages import LineRef, Receipt
from regie_verify import CannotCheck, check_item, read_keys

KIND, EMERGENCY = "verstrekking", "noodverstrekking"
SKEW = 300.0  # seconds that two clocks may differ
# One Idempotency-Key is kept for a day; a decision is taken anew a few times at most, when something moves meanwhile.
ATTEMPTS, BULK_ATTEMPTS, ROUNDS = 200, 2_000, 4


@dataclass(frozen=True)
class Wanted:
    """The line that a release says it has. key, client: of who asked, for its id follows from both. since, until:
    seconds since 1970 between which it was asked. kind: of the line; one in an emergency has its own."""

    release_id: str
    key: str
    client: str
    line: LineRef
    since: float
    until: float
    kind: str = KIND

    def names(self) -> Iterator[str]:
        """The names that the line of a release can have, by attempt and round, as the log derives them."""
        return _names(self.release_id, ATTEMPTS)

    def ours(self) -> bool:
        """As the release desk takes our key."""
        return follows(self.release_id, self.key, self.client)


@dataclass(frozen=True)
class WantedInBulk:
    """The line of one resident of a job; nr: their place in the order. Its id follows from both."""

    release_id: str
    job: str
    nr: int
    line: LineRef
    since: float
    until: float
    kind: ClassVar[str] = KIND

    def names(self) -> Iterator[str]:
        """As for one release; a part is tried for a day, a minute apart at most."""
        return _names(self.release_id, BULK_ATTEMPTS)

    def ours(self) -> bool:
        """Whether it is that of this resident in our own job."""
        return _number(self.release_id) == int(_ordered(self.job, str(self.nr)), 16)


@dataclass(frozen=True)
class WantedTable:
    """The line of a run. release_id: of the table. A table that is given again has the line of the first time."""

    release_id: str
    key: str
    client: str
    line: LineRef
    until: float
    since: float = 0.0
    kind: ClassVar[str] = "statistiek"

    def names(self) -> Iterator[str]:
        """One."""
        yield _derived(self.release_id, self.kind)

    def ours(self) -> bool:
        """As for one release: an older table, or another office's, is no answer to this question."""
        return follows(self.release_id, self.key, self.client)


class Receipts:
    """Keys of the log, one C2SP vkey a line, pinned. A new half-year has a new log with a new key: by then the file
    needs a line more. Get it by another way than the answers, and read it out to each other."""

    def __init__(self, keys: Path) -> None:
        """Raises NotConfigured."""
        try:
            self._keys = read_keys(keys)
        except CannotCheck as trouble:
            raise NotConfigured(f"the keys of the log: {trouble}") from None
        if not self._keys:
            raise NotConfigured("the keys of the log: there is none in the file")

    def demand(self, proof: str, wanted: Wanted | WantedInBulk | WantedTable) -> Receipt:
        """Raises NoReceipt."""
        # 1 a line is in the log under a head that the log signed
        line = check_item(proof, self._keys)
        if line.trouble is not None:
            raise NoReceipt(str(line.trouble), wanted.release_id, wanted.line)
        # 2 it is the place that the answer names
        if (line.origin, line.index) != (wanted.line.log, wanted.line.index):
            raise NoReceipt("the proof is of another line", wanted.release_id, wanted.line)
        # 3 it is a release, or a count; of a covert one only the place is told, and that could be anybody's
        if line.act.get("soort") != wanted.kind:
            raise NoReceipt("the proof does not say that this was a release", wanted.release_id, wanted.line)
        # 4 it is this release: an older receipt never covers a new answer
        if not any(line.act.get("gebeurtenis") == name for name in wanted.names()):
            raise NoReceipt("the line belongs to another release", wanted.release_id, wanted.line)
        # 5 it is the release that we asked for: one line is shown for one question
        if not wanted.ours():
            raise NoReceipt("the release is that of another question", wanted.release_id, wanted.line)
        # 6 it was written when we asked
        at = _seconds(line.act.get("tijd"))
        if not wanted.since - SKEW <= at <= wanted.until + SKEW:
            raise NoReceipt("the line was not written when this was asked", wanted.release_id, wanted.line)
        return Receipt(wanted.line, at, proof)


def follows(id_: str, key: str, client: str) -> bool:
    """Whether the 74 bits of a UUIDv7 that tell no time are those of this key of this application."""
    said, digest = _number(id_), bytes.fromhex(_derived(key, client))
    return (said >> 64 & 0xFFF) << 62 | said & (1 << 62) - 1 == int.from_bytes(digest) % (1 << 74)


def time_of(id_: str) -> float:
    """Of a UUIDv7: seconds since 1970."""
    return (_number(id_) >> 80) / 1_000


def _names(release_id: str, attempts: int) -> Iterator[str]:
    for attempt in range(1, attempts + 1):
        for round_ in range(ROUNDS):
            yield _ordered(release_id, f"{attempt}/{round_}" if round_ else str(attempt))


def _derived(origin: str, what: str) -> str:
    """BLAKE2b-128 of an id and a word, as the log derives ids."""
    return blake2b(f"{len(origin)}:{origin}{what}".encode(), digest_size=16).hexdigest()


def _ordered(origin: str, what: str) -> str:
    """The same, in the order of time: its first 10 digits are those of the id that it follows from."""
    return origin.replace("-", "")[:10] + _derived(origin, what)[10:]


def _number(said: str) -> int:
    """Of a UUID; -1 for anything else."""
    try:
        return UUID(said).int
    except ValueError:
        return -1


def _seconds(said: object) -> float:
    """From milliseconds in digits; -1 for anything else."""
    return int(said) / 1_000 if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 15 else -1.0
