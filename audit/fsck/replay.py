"""The log lived through once more: where fences, series, releases and their outcomes must stand after each line.

Owned by one check. A batch loads from the scratch file what its lines touch, and puts back what they changed.
"""

from collections.abc import Callable, Sequence

from audit.fsck.findings import Wrong
from audit.fsck.saying import Told
from audit.fsck.scratch import Row, Scratch
from audit.kinds import RELEASE, UNKNOWN
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

    def take(self, batch: Sequence[Told]) -> None:
        """In the order of the log."""
        named = {(fence,) for told in batch for fence in (*told.moved, *(each.fence for each in told.requires))}
        self._fences = self.scratch.rows("fences", named)
        self._series = self.scratch.rows("series", {(told.subject,) for told in batch})
        self._outcomes = self.scratch.rows("outcomes", {_key(each) for told in batch for each in told.closes})
        for told in batch:
            self._fence(told)
            self._number(told)
            self._end(told)
        self.scratch.put("fences", self._fences)
        self.scratch.put("series", self._series)
        self.scratch.put("outcomes", self._outcomes)
        self._under_way(batch)

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

    def _under_way(self, batch: Sequence[Told]) -> None:
        began = {
            _key(told.position): (told.event_id, told.at, b"".join(bytes.fromhex(each.fence) for each in told.requires))
            for told in batch
            if told.kind == RELEASE
        }
        self.scratch.put("under_way", began)
        self.scratch.drop("under_way", [_key(place) for told in batch for place in told.closes])


def _key(place: Position) -> tuple[str, int]:
    return place.term, place.index
