"""A question about a resident that releases nothing, and its answer. Pure."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from audit.contract import Receipt
from consent.contract import Decision, Refused, ResidentRef
from kernel.errors import BadInput

EnrolAt = Callable[[Sequence[int]], Awaitable[Sequence[ResidentRef]]]
"""Makes known who stand at these places of the list of questions, each named by a number."""


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


Told = Explained | BadInput
"""A BadInput, without a line, where the question itself was wrong: that says nothing of anybody."""
