"""The log lived through once more: where fences, series, releases and their outcomes must stand after each line.

Owned by one check. A batch loads from the scratch file what its lines touch, and puts back what they changed.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from audit.fencemap import FenceMap, bucket_of, digest, entry
from audit.fsck.findings import Wrong
from audit.fsck.saying import Told
from audit.fsck.scratch import Row, Scratch
from audit.kinds import BEGUN, DESTROYED, RELEASES, UNKNOWN
from audit.leaf import Previous
from audit.permit import Position

ILLEGIBLE = "?"  # how a release ended, when the line that says so cannot be read any more


class Replay:
    """`wrong` is told what no honest writer would have appended."""

    def __init__(self, scratch: Scratch, wrong: Callable[[Wrong], None]) -> None:
        self.scratch, self._wrong = scratch, wrong
        self._fences: dict[Row, Row] = {}
        self._series: dict[Row, Row] = {}
        self._outcomes: dict[Row, Row] = {}
        self._destroyed: dict[Row, Row] = {}

    def take(self, batch: Sequence[Told]) -> None:
        """In the order of the log."""
        named = {(fence,) for told in batch for fence in (*told.moved, *(each.fence for each in told.requires))}
        self._fences = self.scratch.rows("fences", named)
        self._series = self.scratch.rows("series", {(told.subject,) for told in batch})
        self._outcomes = self.scratch.rows("outcomes", {_key(each) for told in batch for each in told.closes})
        going = {(told.subject, told.destroys) for told in batch if told.destroys}
        self._destroyed = self.scratch.rows("declared", going)
        for told in batch:
            self._fence(told)
            self._number(told)
            self._end(told)
            self._destroy(told)
        self.scratch.put("fences", self._fences)
        self.scratch.put("series", self._series)
        self.scratch.put("outcomes", self._outcomes)
        for name in ("destroyed", "declared"):
            self.scratch.put(name, self._destroyed)
        self._under_way(batch)

    def map_root(self) -> bytes:
        """Of all fences as they stand now: what the signer keeps beside a head."""
        standing = ((key[0], rest[0]) for key, rest in self.scratch.left("fences"))
        buckets = groupby(standing, key=lambda each: bucket_of(each[0]))
        return FenceMap().replaced({name: digest(entry(*each) for each in found) for name, found in buckets}).root

    def _fence(self, told: Told) -> None:
        if any(self._epoch(each.fence) != each.epoch for each in told.requires):
            self._wrong(Wrong("vereist", "lines", told.position))
        if any(self._epoch(fence) + 1 != epoch for fence, epoch in told.moved.items()):
            self._wrong(Wrong("verzet", "lines", told.position))
        self._fences |= {(fence,): (epoch, *_key(told.position)) for fence, epoch in told.moved.items()}

    def _epoch(self, fence: str) -> int:
        epoch: int = self._fences.get((fence,), (0,))[0]
        return epoch

    def _number(self, told: Told) -> None:
        known = self._series.get((told.subject,))
        before = Previous(known[0], Position(term=known[1], index=known[2]), known[3]) if known else None
        fits = told.n == (before.n if before else 0) + 1
        if not fits or (told.event is not None and told.previous != before):
            self._wrong(Wrong("reeks", "lines", told.position))
        self._series[told.subject,] = (told.n, *_key(told.position), told.leaf_hash)

    def _end(self, told: Told) -> None:
        """Who knows how it ended overrules the sweeper, never the reverse; what nobody can read may be either."""
        word = told.outcome or ILLEGIBLE
        for place in map(_key, told.closes):
            if ILLEGIBLE in (word, self._outcomes.get(place, ("", 0, ""))[2]):
                word = ILLEGIBLE
            if word != UNKNOWN or place not in self._outcomes:
                self._outcomes[place] = (*_key(told.position), word)

    def _destroy(self, told: Told) -> None:
        """The first line that begins it counts, and the last that says it is done."""
        owner, place = (told.subject, told.destroys), _key(told.position)
        if told.kind == BEGUN:
            self._destroyed.setdefault(owner, (told.at, *place, "", 0))
        elif told.kind == DESTROYED and owner in self._destroyed:
            self._destroyed[owner] = (*self._destroyed[owner][:3], *place)
            self.scratch.put("gone", {(*owner, first): (last,) for first, last in told.gone})
        elif told.kind == DESTROYED:
            self._wrong(Wrong("verklaring", "lines", told.position))

    def _under_way(self, batch: Sequence[Told]) -> None:
        began = {
            _key(told.position): (told.event_id, told.at, bytes.fromhex("".join(told.named)))
            for told in batch
            if told.kind in RELEASES
        }
        self.scratch.put("under_way", began)
        self.scratch.drop("under_way", [_key(place) for told in batch for place in told.closes])


def _key(place: Position) -> tuple[str, int]:
    return place.term, place.index
