"""What goes over the wire to the log and back, besides the messages of its contract."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from audit.contract import Count, Heard, Query, Reason, System, Verdict
from audit.event import Entry, FenceAt, Outcome
from audit.permit import Position, Receipt
from kernel.errors import Problem
from kernel.message import Message, Sentence, Short, Text

ENTRIES_MAX = 500
COUNTS = 500
FENCES_MAX = 5_000  # a hundred permits at once, and of each the fences of what it opens


class Entries(Message):
    """The arguments of `record`."""

    entries: Annotated[tuple[Entry, ...], Field(max_length=ENTRIES_MAX)]


class Told(Message):
    """A Problem as a value."""

    code: Short
    detail: Sentence = ""
    members: dict[str, Any] = Field(default_factory=dict)


class Judged(Message):
    """One verdict: exactly one of the two."""

    receipt: Receipt | None = None
    problem: Told | None = None

    def verdict(self) -> Verdict:
        """As it was on the other side. Raises ValueError for neither."""
        if self.receipt is not None:
            return self.receipt
        if self.problem is None:
            raise ValueError("a verdict is a receipt or a problem")
        return Problem.revive(self.problem.code, self.problem.detail, self.problem.members)


class Verdicts(Message):
    """The answer of `record`."""

    verdicts: tuple[Judged, ...]


def told(verdicts: Sequence[Verdict]) -> Verdicts:
    """Verdicts for the wire."""
    return Verdicts(verdicts=tuple(map(_judged, verdicts)))


def _judged(verdict: Verdict) -> Judged:
    if isinstance(verdict, Problem):
        return Judged(problem=Told(code=verdict.code, detail=verdict.detail, members=verdict.members))
    return Judged(receipt=verdict)


class Required(Message):
    """The arguments of `holds`."""

    requires: Annotated[tuple[FenceAt, ...], Field(max_length=FENCES_MAX)]


class Place(Message):
    """A position, or none."""

    position: Position | None


class Places(Message):
    """Positions."""

    positions: Annotated[tuple[Position, ...], Field(max_length=1_000)]


class Outcomes(Message):
    """How releases ended."""

    outcomes: tuple[Outcome | Literal[""], ...]


class MovesAfter(Message):
    """The arguments of `moves`."""

    after: Position | None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class LinesOf(Message):
    """The arguments of `lines`."""

    subject: Short
    before: Position | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class OneText(Message):
    """A proof or a checkpoint."""

    text: Text


class Nothing(Message):
    """No arguments."""


class Counts(Message):
    """The arguments of `count`."""

    counts: Annotated[tuple[Count, ...], Field(max_length=COUNTS)]


class Numbers(Message):
    """The answer of `count`."""

    numbers: tuple[int, ...]


class Systems(Message):
    """The arguments of `heard`."""

    systems: Annotated[tuple[System, ...], Field(max_length=200)]


class HeardAll(Message):
    """The answer of `heard`."""

    heard: tuple[Heard, ...]


class Lift(Message):
    """The arguments of `lift`."""

    place: Position
    reason: Reason


class Searched(Message):
    """The arguments of `search`."""

    query: Query
    reason: Reason
