"""A question about a resident that releases nothing, and its answer. Pure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from audit.contract import Receipt
from consent.contract import Decision, Question, Refused, ResidentRef


@dataclass(frozen=True)
class Asked:
    """A question, and how to enrol whom it is about where they are not known yet: as a release would."""

    question: Question
    enrol: Callable[[], Awaitable[ResidentRef]] | None = None


@dataclass(frozen=True)
class Explained:
    """An answer with its line. classes: of the asked elements that are in the activity, public in its version."""

    decision: Decision
    refused: tuple[Refused, ...]
    classes: tuple[tuple[str, str], ...]
    receipt: Receipt

    @property
    def allowed(self) -> tuple[str, ...]:
        """What a release would bring, if its sources have it."""
        return tuple(one.element for one in self.decision.toegestaan)
