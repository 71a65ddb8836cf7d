"""The door of uses in an emergency that wait for their review. Times in ms. Part of `consent.contract`. Role: `fg`."""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from audit.contract import Position
from consent.particulars import Words
from kernel.caller import Caller
from kernel.message import Message, Sentence, Short

PREFIX = "/intern/v1/consent/emergencies"
WHY_MAX = 1_000  # characters
Verdict = Literal["in-orde", "niet-in-orde"]


class EmergencyUse(Message):
    """A use in an emergency, without whose data it was. reason: in the words of its day. own: of a department of
    whoever reads this, who cannot review it. ended: before that nothing can be said of it."""

    line: Position
    at: int
    activity: Short
    recipient: Short
    recipient_name: Sentence = ""
    reason: Words
    own: bool
    ended: bool


class EmergencyDetail(Message):
    """The same, opened. elements: given; refused: asked and not given, with the true code. note: what the employee
    wrote; None where it cannot be opened any more."""

    use: EmergencyUse
    elements: tuple[Short, ...]
    refused: tuple[tuple[Short, Short], ...] = ()
    case: Short = ""
    note: Sentence | None = None


class Judged(Message):
    """What the FG says of it. why: the resident reads it."""

    line: Position
    verdict: Verdict
    why: Annotated[Sentence, Field(min_length=1, max_length=WHY_MAX)]


class Emergencies(Protocol):
    """Everything raises NoAccess for who is no FG, LogUnavailable and RegisterUnavailable."""

    async def waiting(self, caller: Caller) -> list[EmergencyUse]:
        """Not reviewed, oldest first, at most 200."""
        ...

    async def opened(self, caller: Caller, line: Position) -> EmergencyDetail:
        """A line `zoeking` in the resident's series first. Raises NoSuchThing, OutcomeUnknown."""
        ...

    async def review(self, caller: Caller, judged: Judged) -> Position:
        """The line `nood-nagekeken` in the resident's series. Raises NoSuchThing; NoAccess for one's own; NotNow:
        reviewed already, or still under way; BadInput; OutcomeUnknown."""
        ...


class Waiting(Message):
    """Oldest first."""

    uses: tuple[EmergencyUse, ...]
