"""What the pages about requests of residents need: their own, and all of them for the FG. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from consent.contract import RightKind, RightsRequest
from web.frame import FieldError, Frame, Option
from web.language import N_
from web.line_views import local_day
from web.register_words import RegisterWords

OBJECTION: Final = "bezwaar"
KINDS: Final[dict[RightKind, str]] = {
    "bezwaar": N_("Ik ben het niet eens met een gebruik"),
    "inzage": N_("Ik wil weten wat u van mij heeft"),
    "rectificatie": N_("Er klopt iets niet"),
    "wissing": N_("Haal gegevens van mij weg"),
    "overdracht": N_("Ik wil mijn gegevens meenemen"),
    "menselijke-blik": N_("Ik wil dat een mens opnieuw kijkt"),
}
STATUS: Final = {
    "ingediend": N_("Ontvangen"),
    "in-behandeling": N_("Wordt bekeken"),
    "gegrond": N_("Gelijk gekregen"),
    "ongegrond": N_("Geen gelijk gekregen"),
    "ingetrokken": N_("Ingetrokken"),
}
OPEN: Final = frozenset({"ingediend", "in-behandeling"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCard:
    """One request. taken: somebody is looking at it. longer: it may still be extended. late: its answer is."""

    id: str
    kind: str
    purpose: str
    status: str
    open: bool
    taken: bool
    text: str
    filed: date
    due: date
    late: bool
    longer: bool
    extended: str
    decided: date | None
    answer: str
    suspends: bool
    pending: bool
    draft: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`/verzoeken` of a resident. purposes: what they may object to. saved: what they just did is done."""

    frame: Frame
    cards: tuple[ClaimCard, ...]
    purposes: tuple[Option, ...]
    kinds: tuple[Option, ...]
    objection: str = ""
    request: str = ""
    saved: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FgClaims:
    """`/fg/verzoeken`: those that wait first. An error's id is `brief-{id}` or `reden-{id}`."""

    frame: Frame
    cards: tuple[ClaimCard, ...]
    saved: bool = False
    errors: tuple[FieldError, ...] = ()


def card(one: RightsRequest, said: RegisterWords, today: date, draft: str = "") -> ClaimCard:
    """As a page shows it; the status in words."""
    due = local_day(one.due_at)
    return ClaimCard(
        id=one.id,
        kind=said.say(KINDS[one.kind]),
        purpose=(said.title(one.activity) or one.activity) if one.activity else "",
        status=said.say(STATUS[one.status]),
        open=one.status in OPEN,
        taken=one.status == "in-behandeling",
        text=one.text,
        filed=local_day(one.filed_at),
        due=due,
        late=one.status in OPEN and due < today,
        longer=one.status in OPEN and not one.extended and today <= due,
        extended=one.extended,
        decided=local_day(one.decided_at) if one.decided_at else None,
        answer=one.answer,
        suspends=one.suspends,
        pending=one.pending,
        draft=draft,
    )


def purposes(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """The activities in force of which a part rests on a ground that one may object to."""
    listed = [(said.chosen(one.title), one.slug) for one in said.activities.values() if one.objectable]
    return tuple(Option(value=slug, text=title, chosen=slug == chosen) for title, slug in sorted(listed))


def kinds(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """All but objecting, which has a form of its own."""
    listed = [(kind, text) for kind, text in KINDS.items() if kind != OBJECTION]
    return tuple(Option(value=kind, text=said.say(text), chosen=kind == chosen) for kind, text in listed)
