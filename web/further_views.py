"""What the pages need on which somebody who acts sees uses, and asks something, for somebody else. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from audit.contract import Line
from consent.mandates.contract import BY_AUTHORITY, Reach
from web.claim_views import ClaimCard, grounds, kinds, purposes, scopes, uses
from web.frame import Coverage, FieldError, Frame, Option, Pager
from web.language import AMSTERDAM
from web.line_views import LineViews, handlings
from web.register_words import RegisterWords
from web.session import Acting
from web.views import Facts, UseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirUse:
    """One handling, with its six facts."""

    row: UseRow
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirDay:
    """One Dutch day."""

    day: date
    uses: tuple[TheirUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirUses:
    """`/namens/gebruik`. chosen_only: only uses that rest on a choice are here. more: older ones were not looked at."""

    frame: Frame
    who: str
    periods: tuple[Option, ...]
    filtered: bool
    found: int
    days: tuple[TheirDay, ...]
    pager: Pager
    coverage: Coverage
    more: bool
    chosen_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirClaims:
    """`/namens/verzoeken`. cards: what was asked by who looks. asks: they may ask, not only look. The rest as of
    `web.claim_views.Claims`, cut to what may be asked for this person."""

    frame: Frame
    who: str
    asks: bool
    cards: tuple[ClaimCard, ...]
    purposes: tuple[Option, ...]
    kinds: tuple[Option, ...]
    scopes: tuple[Option, ...]
    grounds: tuple[Option, ...]
    uses: tuple[Option, ...]
    objection: str = ""
    restriction: str = ""
    request: str = ""
    saved: bool = False
    errors: tuple[FieldError, ...] = ()


def their_uses(lines: Sequence[Line], told: LineViews) -> tuple[TheirUse, ...]:
    """One per handling, newest first, with the facts of all its lines."""
    return tuple(
        TheirUse(row=row, facts=told.facts(_whole(group)))
        for row, group in zip(told.rows(lines), handlings(lines), strict=True)
    )


def by_day(found: Sequence[TheirUse]) -> tuple[TheirDay, ...]:
    """The order stays."""
    days: dict[date, list[TheirUse]] = {}
    for one in found:
        days.setdefault(one.row.moment.astimezone(AMSTERDAM).date(), []).append(one)
    return tuple(TheirDay(day=day, uses=tuple(listed)) for day, listed in days.items())


def chosen_only(acting: Acting) -> bool:
    """Of whom a parent or guardian acts for."""
    return acting.ground.relation in BY_AUTHORITY


def choices_of(reach: Reach, said: RegisterWords, form: dict[str, str]) -> dict[str, tuple[Option, ...]]:
    """What the forms offer, by field of `TheirClaims`: about one use within reach, never about all."""

    def within(options: Sequence[Option]) -> tuple[Option, ...]:
        return tuple(one for one in options if one.value in reach.activities)

    return {
        "purposes": within(purposes(said, form.get("doel", ""))),
        "scopes": within(scopes(said, form.get("bereik", ""))),
        "uses": within(uses(said, form.get("waarover", ""))),
        "grounds": grounds(said, form.get("aanleiding", "")),
        "kinds": kinds(said, form.get("soort", "")),
    }


def _whole(group: Sequence[Line]) -> Line:
    """The newest of a handling, with the data of all."""
    events = [line.event for line in group]
    elements = tuple(dict.fromkeys(name for one in events for name in one.elements))
    classes = tuple(dict(pair for one in events for pair in one.classes).items())
    event = events[0].model_copy(update={"elements": elements, "classes": classes})
    return group[0].model_copy(update={"event": event})
