"""What the log answers to each entry of a batch, in the order in which they came, and whether fences stand. Pure.

Judged over an overlay: an entry sees what those before it in the same batch did, as if each had a transaction of its
own. Owned by the one writer that holds the head's lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from audit.contract import LogUnavailable, Overtaken, Unwitnessed
from audit.event import Entry, FenceAt, Kind, Trace
from audit.kinds import ENDED, KINDS, MOVING, OPENING, RELEASES
from audit.permit import Position
from kernel.logs import logger

DECIDED_MS = 2_000  # D of trust.md: a decision older than this is taken again
UNDER_WAY_MS = 60_000  # a release that old has no sender left; the sweeper closes it
UNDER_WAY_MAX = 5_000  # named on one line, the youngest first: the text of an act has a limit

_log = logger("audit.judging")


class Asked(NamedTuple):
    """An entry in the queue. content: keyed hash of the event as given. year: of destruction. about: whose
    line it is, where its series is not theirs. trace: under which it is recorded, when the event names none."""

    entry: Entry
    room: str
    content: bytes
    year: int
    about: str = ""
    trace: Trace | None = None


class Stand(NamedTuple):
    """Where a fence stands, and the line that moved it last."""

    epoch: int = 0
    moved_at: Position | None = None


NEVER = Stand()  # of a fence that nobody ever moved


class Sending(NamedTuple):
    """A release without outcome: 16 bytes per fence that it required."""

    position: Position
    at: int
    fences: frozenset[str]


class Draft(NamedTuple):
    """A line of this batch. moved: the new epochs."""

    asked: Asked
    position: Position
    moved: Mapping[str, int]
    under_way: tuple[Position, ...]


class Known(NamedTuple):
    """This id has a line already, with this content."""

    position: Position
    content: bytes


@dataclass(frozen=True)
class Stale:
    """Fences that stand elsewhere; none when the decision came too late. position: from which to decide anew."""

    moved: tuple[tuple[str, Stand], ...]
    position: Position


@dataclass(frozen=True)
class SetBack:
    """A fence stands below what a fact saw: no line tells of that, so nobody is overtaken, and nothing may happen."""


class Taken(NamedTuple):
    """The id belongs to other words."""

    position: Position


@dataclass(frozen=True)
class Barred:
    """A permit while permits are not written. why: the sentence."""

    why: str


Judgement = Draft | Known | Stale | SetBack | Taken | Barred


def weighed(requires: Sequence[FenceAt], stands: Mapping[str, Stand], last: Position) -> Stale | SetBack | None:
    """Do the fences stand where the facts left them? The one judge of it, for lines and for `holds`. None: they do.
    stands: of fences that ever moved. last: the newest line, where no line tells what moved."""
    found = [(each, stands.get(each.fence, NEVER)) for each in requires if each.fence in stands or each.epoch]
    if not found:
        return None
    if any(stand.epoch < each.epoch for each, stand in found):
        return SetBack()
    moved = tuple((each.fence, stand) for each, stand in found if stand.epoch != each.epoch)
    return Stale(moved, max((s.moved_at for _, s in moved if s.moved_at), key=_order, default=last)) if moved else None


def refusal(why: Stale | SetBack | Barred, kinds: Mapping[Position, Kind]) -> Overtaken | LogUnavailable:
    """What whoever asked is told. kinds: of the lines that moved these fences."""
    if isinstance(why, Barred):
        return Unwitnessed(why.why)
    if isinstance(why, SetBack):
        _log.critical("fence_set_back")
        return LogUnavailable("Het logboek spreekt zichzelf tegen. Er is niets geopend of verstuurd.")
    moved = [
        {"fence": fence, "epoch": stand.epoch, "kind": kinds[stand.moved_at]}
        for fence, stand in why.moved
        if stand.moved_at
    ]
    return Overtaken("Er is net iets veranderd.", moved=moved, position=str(why.position))


@dataclass
class Overlay:
    """The log as it stands after the entries judged so far. `at`: when this batch is logged, ms. barred: why no permit
    is written now; "" when they are."""

    term: str
    size: int
    at: int
    stands: dict[str, Stand]
    known: dict[str, Known]
    sending: dict[Position, Sending] = field(default_factory=dict)
    barred: str = ""
    last: Position = field(init=False)

    def __post_init__(self) -> None:
        self.last = Position(term=self.term, index=max(self.size - 1, 0))

    def judge(self, asked: Asked) -> Judgement:
        """One entry. A Draft counts at once."""
        event = asked.entry.event
        # 1 a retry, answered before the fences are looked at: a lost answer must not turn into a refusal
        if (known := self.known.get(event.id)) is not None:
            return known if known.content == asked.content else Taken(known.position)
        # 2 the fences stand where the facts left them
        if asked.entry.requires and (elsewhere := weighed(asked.entry.requires, self.stands, self.last)):
            return elsewhere
        # 3 and nothing expired on the way: expiry too is judged in the order of the log
        if event.kind in OPENING and self._late(event.valid_until, event.decided_at):
            return Stale((), self.last)
        # 4 and the witnesses saw the log lately, where they are asked: a restriction waits for nobody
        if self.barred and KINDS[event.kind].nature not in ("restriction", "fact"):
            return Barred(self.barred)
        return self._drafted(asked)

    def _late(self, valid_until: int, decided_at: int) -> bool:
        return bool(valid_until and self.at > valid_until) or abs(self.at - decided_at) > DECIDED_MS

    def _drafted(self, asked: Asked) -> Draft:
        entry, position = asked.entry, Position(term=self.term, index=self.size)
        self.last, self.size = position, self.size + 1
        moved = {fence: self.stands.get(fence, NEVER).epoch + 1 for fence in entry.advances}
        if moved:
            self.stands |= {fence: Stand(epoch, position) for fence, epoch in moved.items()}
        self.known[entry.event.id] = Known(position, asked.content)
        for closed in entry.event.closes if entry.event.kind == ENDED else ():
            self.sending.pop(closed, None)
        if entry.event.kind in RELEASES:
            self.sending[position] = Sending(position, self.at, frozenset(named_fences(entry)))
        return Draft(asked, position, moved, self._under_way(frozenset(moved)) if moved else ())

    def _under_way(self, moved: frozenset[str]) -> tuple[Position, ...]:
        young = (each for each in self.sending.values() if self.at - each.at <= UNDER_WAY_MS)
        found = sorted((each.position for each in young if each.fences & moved), key=_order)
        return tuple(found[-UNDER_WAY_MAX:])


def _order(position: Position) -> tuple[str, int]:
    return position.term, position.index


def named_fences(entry: Entry) -> list[str]:
    """Of a release: the fences whose restriction names it while it is under way. None of one that its resident may not
    see yet: the line of a restriction would tell them of it, and of its hour."""
    return [] if entry.event.withheld_until or entry.event.covert else [each.fence for each in entry.requires]


def moves_fences(asked: Asked) -> bool:
    """Whether this entry asks which releases are under way."""
    return KINDS[asked.entry.event.kind].nature in MOVING
