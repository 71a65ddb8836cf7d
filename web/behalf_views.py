"""What the pages need on which somebody acts for somebody else, or lets somebody act. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, cast

from consent.contract import ActivityVersion, ConsentView, State
from consent.mandates.contract import Mandate
from web.frame import FieldError, Frame, Option
from web.language import N_
from web.line_views import local_day
from web.register_words import RegisterWords
from web.session import Acting, Answer
from web.views import ConsentRow, Facts, UseRow

RELATIONS: Final = {
    "ouder": N_("kind, u bent de ouder"),
    "voogd": N_("kind, u bent de voogd"),
    "machtiging": N_("koos u zelf uit"),
    "curator": N_("u bent de curator: %(waarover)s"),
    "bewindvoerder": N_("bewind: alleen geld"),
    "mentor": N_("u bent de mentor: alleen zorg"),
    "executeur": N_("overleden, u bent de executeur: alleen kijken en stoppen"),
}
MATTERS: Final[Mapping[tuple[str, ...], str]] = {
    ("geld",): N_("alleen geld"),
    ("zorg",): N_("alleen zorg"),
    ("geld", "zorg"): N_("geld en zorg"),
    ("nalatenschap",): N_("de erfenis"),
}
APPOINTED: Final = {
    "curator": N_("Uw curator"),
    "bewindvoerder": N_("Wie uw geld regelt (bewind)"),
    "mentor": N_("Wie uw zorg regelt (mentor)"),
    "executeur": N_("Wie later de erfenis regelt (executeur)"),
}
STATUS: Final = {
    "aangeboden": N_("Nog niet aangenomen"),
    "geldig": N_("Kijkt voor u"),
    "beeindigd": N_("Gestopt"),
    "verlopen": N_("Voorbij"),
}
MONTHS: Final = {"31": N_("1 maand"), "92": N_("3 maanden"), "183": N_("6 maanden"), "365": N_("1 jaar")}  # in days
LEVELS: Final = {"zien": N_("Alleen kijken"), "kiezen": N_("Kijken, en voor mij kiezen en vragen")}
OPEN: Final = frozenset({"aangeboden", "geldig"})
VAULT: Final = "regie-kluis"
Ended = Literal["voorbij", "nakijken", "buiten", "alleen-zien", "stil"]
ONLY: Final = {
    "bewindvoerder": N_("U regelt alleen geldzaken voor %(naam)s."),
    "mentor": N_("U regelt alleen de zorg voor %(naam)s."),
    "executeur": N_("U regelt alleen de erfenis van %(naam)s."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to act for. until: the last day. source: the document that says so, for who was appointed."""

    key: str
    name: str
    relation: str
    until: date
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behalf:
    """`/namens`. asked: the BRP was asked about this person's children; down: it did not answer. shut: a page about
    oneself was asked for while acting; code: what was typed; errors: of `wie` or `code`."""

    frame: Frame
    people: tuple[Person, ...]
    asked: bool
    down: bool
    shut: bool = False
    code: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody may do for somebody else. appointed: as what, by a court or a will, which nobody ends here;
    source: the document that says so. last: what they did last, and when."""

    id: str
    name: str
    titles: tuple[str, ...]
    decides: bool
    until: date
    status: str = ""
    open: bool = False
    since: date | None = None
    ended: date | None = None
    appointed: str = ""
    source: str = ""
    last: str = ""
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What a code would let one do, before it is accepted."""

    frame: Frame
    code: str
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """N3, N6, and E2 where the source of the authority is silent. reason: why it may not, in one word. who: for whom.
    until: the last day, of what ended by itself. only: what it was about."""

    frame: Frame
    reason: Ended
    who: str = ""
    until: date | None = None
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirConsents:
    """`/namens/toestemmingen`. rows: those that wait first."""

    frame: Frame
    who: str
    rows: tuple[ConsentRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirConsent:
    """`/namens/toestemmingen/{id}`. decides: not only sees. stops: may stop, whatever else.
    yields: somebody was appointed to say the yes; theirs is the no."""

    frame: Frame
    id: str
    who: str
    decides: bool
    stops: bool
    yields: bool
    state: State
    recipient: str
    facts: Facts
    limits: tuple[str, ...]
    ends: tuple[Option, ...]
    after_stop: str
    consequence: str
    kept: Answer | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """`/namens/gemachtigden`: whom the resident let act. code: of the one that was just offered. whole: all lines of a
    year were looked at, so that who is in none of them did nothing."""

    frame: Frame
    helpers: tuple[Terms, ...]
    purposes: tuple[Option, ...]
    levels: tuple[Option, ...]
    months: tuple[Option, ...]
    label: str = ""
    code: str = ""
    whole: bool = True
    errors: tuple[FieldError, ...] = ()


def person(key: str, acting: Acting, said: RegisterWords, held: Mandate | None = None) -> Person:
    """A child, or (held) whoever chose this person, or for whom they were appointed."""
    about = matters(held, said) if held else ""
    relation = said.say(RELATIONS[acting.ground.relation]) % {"waarover": about}
    source = held.source if held else ""
    return Person(key=key, name=acting.name, relation=relation, until=local_day(acting.until - 1), source=source)


def matters(one: Mandate, said: RegisterWords) -> str:
    """What somebody was appointed for, in one phrase."""
    return said.say(MATTERS[one.matters]) if one.matters else ""


def over(frame: Frame, reason: str, acting: Acting, said: RegisterWords, now: int) -> Over:
    """Why a page is not shown. now: ms."""
    only = ONLY.get(acting.ground.relation, "")
    return Over(
        frame=frame,
        reason=cast("Ended", reason),
        who=acting.name,
        until=local_day(acting.until - 1) if now >= acting.until else None,
        only=said.say(only) % {"naam": acting.name} if only else "",
    )


def terms(one: Mandate, said: RegisterWords, done: UseRow | None = None) -> Terms:
    """For the giver with the name that they chose, for the holder with the giver's. done: what was done last by it."""
    titles = [said.title(slug) or slug for slug in one.activities] or [matters(one, said)]
    return Terms(
        id=one.id,
        name=one.label or one.name,
        titles=tuple(titles),
        decides=one.decides,
        until=local_day(one.until),
        status=said.say(STATUS[one.status]),
        open=one.status in OPEN,
        since=local_day(one.accepted_at) if one.accepted_at else None,
        ended=local_day(one.ended_at) if one.ended_at else None,
        appointed=said.say(APPOINTED[one.relation]) if one.relation in APPOINTED else "",
        source=one.source,
        last=done.act if done else "",
        last_at=done.moment if done else None,
    )


def purposes(said: RegisterWords, chosen: Sequence[str]) -> tuple[Option, ...]:
    """The activities in force in which something may be chosen; what is in the vault is nobody else's."""
    listed = sorted((said.chosen(one.title), one.slug) for one in said.activities.values() if _optional(one))
    listed = [one for one in listed if one[1] != VAULT]
    return tuple(Option(value=slug, text=title, chosen=slug in chosen) for title, slug in listed)


def options(listed: dict[str, str], said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """None of them chosen beforehand."""
    return tuple(Option(value=one, text=said.say(text), chosen=one == chosen) for one, text in listed.items())


def waiting_first(found: Sequence[ConsentView]) -> list[ConsentView]:
    """Questions before answers; the order stays."""
    return sorted(found, key=lambda one: one.state != "gevraagd")


def grouped(code: str) -> str:
    """Easier to read out and to type."""
    return " ".join(code[begin : begin + 4] for begin in range(0, len(code), 4))


def _optional(one: ActivityVersion) -> bool:
    return any(used.class_ == "C" for used in one.elements)
