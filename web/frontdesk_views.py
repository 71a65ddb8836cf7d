"""What the pages of the desk need. Nothing here says who the resident is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from consent.contract import ConsentView
from consent.frontdesk.contract import Conversation, Tally
from kernel.clock import moment
from web.consent_views import row
from web.frame import FieldError, Frame, Option
from web.language import N_
from web.register_words import RegisterWords
from web.views import Consent, ConsentRow

REASONS: Final[Mapping[str, str]] = {
    "kiezen": N_("De inwoner wil een vraag beantwoorden"),
    "stoppen": N_("De inwoner wil stoppen met delen"),
    "weten": N_("De inwoner wil weten wat loopt"),
    "papier": N_("De inwoner stuurde of bracht een formulier"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "balie": N_("Aan de balie"),
    "telefoon": N_("Aan de telefoon"),
    "papier": N_("Op papier"),
}
CHECKS: Final[Mapping[str, str]] = {
    "paspoort": N_("Paspoort"),
    "identiteitskaart": N_("Identiteitskaart"),
    "rijbewijs": N_("Rijbewijs"),
    "verblijfsdocument": N_("Verblijfsdocument"),
    "terugbellen": N_("Ik belde terug op een bekend nummer"),
}


WHO: Final[Mapping[str, str]] = {
    "zelf": N_("De inwoner zelf, of wie voor een volwassene mag kiezen"),
    "kind": N_("Een ouder of voogd, voor een kind onder de 16"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStart:
    """`/balie`. over: the last conversation ended. No number ever comes back to the page."""

    frame: Frame
    reasons: tuple[Option, ...]
    channels: tuple[Option, ...]
    checks: tuple[Option, ...]
    who: tuple[Option, ...]
    over: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTalk:
    """`/balie/{gesprek}`: what can be chosen or stopped; a row without recipient is of a sensitive purpose. asks:
    may ask something else; who is there for a child may not."""

    frame: Frame
    id: str
    channel: str
    until: datetime
    asks: bool
    rows: tuple[ConsentRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConsent:
    """One of them, as it is read aloud. phone: nobody can be shown a text, so there is no yes.
    child: a parent or guardian chooses."""

    frame: Frame
    talk: str
    channel: str
    until: datetime
    one: Consent
    phone: bool
    child: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLetter:
    """To print and hand over. receipt: its id; signed: SD-JWT, to be checked without us. child: a parent or guardian
    chose."""

    frame: Frame
    talk: str
    channel: str
    one: Consent
    today: date
    receipt: str
    signed: str
    child: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPlain:
    """The paper form; and what is said when something does not work. done: as in Failure."""

    frame: Frame
    done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FgTally:
    """One employee on one day."""

    employee: str
    day: date
    conversations: int
    residents: int
    idle: int
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FgDesk:
    """`/fg/balie`: the busiest first. read: when."""

    frame: Frame
    read: datetime
    rows: tuple[FgTally, ...]


def options(listed: Mapping[str, str], said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """None of them chosen beforehand."""
    return tuple(Option(value=one, text=said.say(text), chosen=one == chosen) for one, text in listed.items())


def talk_view(talk: Conversation, found: Sequence[ConsentView], said: RegisterWords, frame: Frame) -> DeskTalk:
    """Questions before answers."""
    waiting_first = sorted(found, key=lambda one: one.state != "gevraagd")
    return DeskTalk(
        frame=frame,
        id=talk.id,
        channel=said.say(CHANNELS[talk.channel]),
        until=moment(talk.until),
        asks=not talk.child,
        rows=tuple(row(one, said) for one in waiting_first),
    )


def tally(one: Tally) -> FgTally:
    """As the FG reads it."""
    return FgTally(
        employee=one.employee,
        day=date.fromisoformat(one.day),
        conversations=one.conversations,
        residents=one.residents,
        idle=one.idle,
        full=one.full,
    )
