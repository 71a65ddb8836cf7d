"""What the pages need on which an employee of the desk writes down what a resident asks under the AVG. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from web.claim_views import KINDS, OBJECTION, ClaimCard, kinds
from web.frame import FieldError, Frame, Option
from web.register_words import RegisterWords


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAsk:
    """`/balie/{gesprek}/verzoek`. kinds: what a resident may ask here; uses: what it may be about."""

    frame: Frame
    talk: str
    kinds: tuple[Option, ...]
    uses: tuple[Option, ...]
    text: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAsked:
    """To print and hand over: that it came in, and when the answer is due at the latest."""

    frame: Frame
    talk: str
    one: ClaimCard
    today: date


ASKED_HERE: Final = (OBJECTION, *(kind for kind in KINDS if kind not in (OBJECTION, "beperking")))


def asked_here(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """All but locking; none of them chosen beforehand."""
    objection = Option(value=OBJECTION, text=said.say(KINDS["bezwaar"]), chosen=chosen == OBJECTION)
    return (objection, *kinds(said, chosen))
