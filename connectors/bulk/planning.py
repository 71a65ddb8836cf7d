"""Whose turn it is, and how a job is cut. Pure.

Turns go round by municipality, then within it by job: who waits longest for a turn has the next one, however long the
lists of others are. A small job of one is done after as many turns of others as there are others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.bulk.contract import State
from connectors.catalogue import VAULT, catalogue

NEXT: dict[State, frozenset[State]] = {
    "wacht": frozenset(("loopt", "geannuleerd", "verlopen")),
    "loopt": frozenset(("klaar", "geannuleerd", "verlopen")),
    "klaar": frozenset(("geannuleerd", "verlopen")),
    "geannuleerd": frozenset(),
    "verlopen": frozenset(),
}
WORKING: tuple[State, ...] = ("wacht", "loopt")
ENDED: tuple[State, ...] = ("geannuleerd", "verlopen")
REMEMBERED = 10_000
FAR = 100  # residents of a part that another source is asked about: it must be done while its permits live
FEW = 15  # elements: of more, what is kept of a large part does not fit in its envelope, nor its fences in one question
PATIENCE_MS = (1_000, 60_000)  # a part that failed waits so long at first, and at most


@dataclass(frozen=True)
class Waiting:
    """A job with a part that nobody holds."""

    tenant: str
    job: str


@dataclass
class Turns:
    """Who had a turn when, in this process. Owned by its workers, who ask between two awaits."""

    _turn: int = 0
    _had: dict[tuple[str, str], int] = field(default_factory=dict)

    def next(self, waiting: Iterable[Waiting]) -> Waiting | None:
        """Who has the next turn; None when nobody waits. New ones come before all that had a turn, in order."""
        chosen = min(waiting, key=self._since, default=None)
        if chosen is not None:
            self._turn += 1
            self._had[chosen.tenant, ""] = self._had[chosen.tenant, chosen.job] = self._turn
        return chosen

    def tidy(self, alive: Iterable[Waiting]) -> None:
        """Jobs that have ended need no memory, once there are many. Who is forgotten too early comes first again."""
        if len(self._had) > REMEMBERED:
            kept = {(one.tenant, name) for one in alive for name in ("", one.job)}
            self._had = {key: turn for key, turn in self._had.items() if key in kept}

    def _since(self, one: Waiting) -> tuple[int, int, str]:
        return self._had.get((one.tenant, ""), 0), self._had.get((one.tenant, one.job), 0), one.job


def size_of(elements: Sequence[str], most: int) -> int:
    """Residents of a part: `most` where all that is asked lies in the vault, and it is not much."""
    known = [catalogue().get(name) for name in elements]
    near = all(one is not None and {VAULT} == {source for source, _ in one.element.inputs} for one in known)
    return most if near and len(elements) <= FEW else min(most, FAR)


def cut(count: int, size: int) -> list[range]:
    """The numbers of each part's residents."""
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


def demand_step(now: State, wanted: State) -> None:
    """Raises ValueError for a step that a job never takes."""
    if wanted not in NEXT[now]:
        raise ValueError(f"a job goes from {now} to {sorted(NEXT[now])}")


def patience(attempt: int) -> int:
    """How long a part waits after its so-many-th attempt failed, ms."""
    first, most = PATIENCE_MS
    return min(first << min(attempt, 16), most)
