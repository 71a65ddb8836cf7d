"""What the pages need on which owners handle requests. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from consent.contract import RightsRequest
from web.claim_views import ClaimCard, card
from web.consent_views import Tab
from web.frame import FieldError, Frame
from web.language import N_
from web.register_words import RegisterWords

HOME: Final = "/beheer/verzoeken"
FILTERS: Final = {
    "open": N_("Wacht op antwoord"),
    "te-laat": N_("Te laat"),
    "klaar": N_("Afgehandeld"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """A request in a list. late: its answer is."""

    id: str
    kind: str
    purpose: str
    status: str
    due: date
    late: bool
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerClaims:
    """`/beheer/verzoeken`: what is due first stands first. everything: the FG, who sees all of them. many: there may
    be more than these."""

    frame: Frame
    tabs: tuple[Tab, ...]
    rows: tuple[ClaimRow, ...]
    everything: bool
    many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerClaim:
    """One of them. An error's id is `brief` or `reden`. elsewhere: only the FG decides this, on another page. rejects:
    who looks may say no to it too."""

    frame: Frame
    one: ClaimCard
    elsewhere: bool
    rejects: bool
    saved: bool = False
    errors: tuple[FieldError, ...] = ()


def belongs(one: ClaimCard, chosen: str) -> bool:
    """Whether it stands in this list."""
    return one.late if chosen == "te-laat" else one.open if chosen == "open" else not one.open


def listed(found: Sequence[RightsRequest], said: RegisterWords, now: datetime, chosen: str) -> tuple[ClaimRow, ...]:
    """Of one list: what is due first; what is done, the last first."""
    cards = [card(one, said, now) for one in found]
    mine = sorted((one for one in cards if belongs(one, chosen)), key=lambda one: one.due, reverse=chosen == "klaar")
    return tuple(
        ClaimRow(
            id=one.id,
            kind=one.kind,
            purpose=one.purpose,
            status=one.status,
            due=one.due,
            late=one.late,
            open=one.open,
        )
        for one in mine
    )


def tabs(found: Sequence[RightsRequest], said: RegisterWords, now: datetime, chosen: str) -> tuple[Tab, ...]:
    """The lists as links, with how many stand there."""
    cards = [card(one, said, now) for one in found]
    return tuple(
        Tab(
            place=f"{HOME}?{urlencode({'soort': name})}",
            text=said.say(text),
            count=sum(belongs(one, name) for one in cards),
            current=name == chosen,
        )
        for name, text in FILTERS.items()
    )
