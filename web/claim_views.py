"""What the pages about requests of residents need: their own, and all of them for the FG. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from consent.contract import ActivityVersion, RightKind, RightsRequest
from kernel.clock import millis
from web.correction_views import Doubted
from web.frame import FieldError, Frame, Option
from web.language import AMSTERDAM, N_
from web.line_details import WHO
from web.line_views import local_day
from web.register_words import RegisterWords

OBJECTION, RESTRICTION, ALL = "bezwaar", "beperking", "alles"
KINDS: Final[dict[RightKind, str]] = {
    "bezwaar": N_("Ik ben het niet eens met een gebruik"),
    "beperking": N_("Zet mijn gegevens op slot"),
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
# Why somebody wants their data locked (AVG 18(1)(a) to (d)); the first and the last lock it at once.
GROUNDS: Final[dict[str, str]] = {
    "juistheid": N_("De gegevens kloppen niet"),
    "onrechtmatig": N_("De gemeente mag dit niet, maar ik wil niet dat u de gegevens wist"),
    "rechtsvordering": N_("Ik heb de gegevens nodig voor een zaak bij de rechter"),
    "bezwaar": N_("Ik zei dat ik het niet eens ben, en u kijkt daar nog naar"),
}
ROLES: Final = {
    "ouder": N_("een ouder met gezag"),
    "voogd": N_("de voogd"),
    "machtiging": N_("iemand die de inwoner zelf koos"),
    "curator": N_("de curator"),
    "bewindvoerder": N_("de bewindvoerder"),
    "mentor": N_("de mentor"),
    "": N_("iemand anders"),
}
EVERYTHING: Final = N_("Alles wat ik niet zelf koos")
OPEN: Final = frozenset({"ingediend", "in-behandeling"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCard:
    """One request. taken: somebody is looking at it. longer: it may still be extended. late: its answer is. Of a
    restriction: locks, its ground, the notice with the first day on which it may end, and whether that is here. Of an
    objection: objects, and despite, why the use goes on until it is weighed. by: who filed it for the resident, as they
    read it; role: the same, for staff."""

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
    locks: bool = False
    objects: bool = False
    ground: str = ""
    notice: str = ""
    lifts: date | None = None
    may_lift: bool = False
    despite: str = ""
    by: str = ""
    role: str = ""
    draft: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`/verzoeken` of a resident. purposes: what they may object to. scopes, grounds: what they may have locked, and
    why. uses: what another request may be about. reports: of values of theirs that somebody doubts. saved: what they
    just did is done."""

    frame: Frame
    cards: tuple[ClaimCard, ...]
    purposes: tuple[Option, ...]
    kinds: tuple[Option, ...]
    scopes: tuple[Option, ...] = ()
    grounds: tuple[Option, ...] = ()
    uses: tuple[Option, ...] = ()
    objection: str = ""
    restriction: str = ""
    request: str = ""
    reports: tuple[Doubted, ...] = ()
    saved: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FgClaims:
    """`/fg/verzoeken`: those that wait first. An error's id is `brief-{id}`, `reden-{id}` or `nota-{id}`."""

    frame: Frame
    cards: tuple[ClaimCard, ...]
    saved: bool = False
    errors: tuple[FieldError, ...] = ()


def card(one: RightsRequest, said: RegisterWords, now: datetime, draft: str = "") -> ClaimCard:
    """As a page shows it; the status in words."""
    due, today, locks = local_day(one.due_at), now.astimezone(AMSTERDAM).date(), one.kind == RESTRICTION
    purpose = (said.title(one.activity) or one.activity) if one.activity else ""
    purpose = said.label(one.element) if one.element else purpose
    return ClaimCard(
        id=one.id,
        kind=said.say(KINDS[one.kind]),
        purpose=said.say(EVERYTHING) if locks and not purpose else purpose,
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
        locks=locks,
        objects=one.kind == OBJECTION,
        ground=said.say(GROUNDS[one.ground]) if one.ground else "",
        notice=one.notice,
        lifts=local_day(one.lifts_at) if one.lifts_at else None,
        may_lift=bool(one.lifts_at) and millis(now) >= one.lifts_at,
        despite=_despite(one, said),
        by=said.say(WHO.get(one.filed_as, WHO[""])) if one.filed_as else "",
        role=said.say(ROLES.get(one.filed_as, ROLES[""])) if one.filed_as else "",
        draft=draft,
    )


def purposes(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """The activities in force of which a part rests on a ground that one may object to."""
    listed = [(said.chosen(one.title), one.slug) for one in said.activities.values() if one.objectable]
    return tuple(Option(value=slug, text=title, chosen=slug == chosen) for title, slug in sorted(listed))


def _despite(one: RightsRequest, said: RegisterWords) -> str:
    """Why a use goes on while an objection to it is weighed; "" when it stands still."""
    active = said.activities.get(one.activity)
    waits = one.kind == OBJECTION and one.status in OPEN and not one.suspends
    return said.chosen(active.despite_objection) if waits and active and active.despite_objection else ""


def scopes(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """All that is not by choice, or one activity of which a part is not."""
    listed = [(said.chosen(one.title), one.slug) for one in said.activities.values() if not _chosen(one)]
    everything = Option(value=ALL, text=said.say(EVERYTHING), chosen=chosen == ALL)
    return (everything, *(Option(value=slug, text=text, chosen=slug == chosen) for text, slug in sorted(listed)))


def uses(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """All activities in force."""
    listed = [(said.chosen(one.title), one.slug) for one in said.activities.values()]
    return tuple(Option(value=slug, text=text, chosen=slug == chosen) for text, slug in sorted(listed))


def _chosen(one: ActivityVersion) -> bool:
    return all(used.class_ == "C" and used.choice == "toestemming" for used in one.elements)


def grounds(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """Why somebody wants their data locked."""
    return tuple(Option(value=one, text=said.say(text), chosen=one == chosen) for one, text in GROUNDS.items())


def kinds(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """All but objecting and locking, which have a form of their own."""
    listed = [(kind, text) for kind, text in KINDS.items() if kind not in (OBJECTION, RESTRICTION)]
    return tuple(Option(value=kind, text=said.say(text), chosen=kind == chosen) for kind, text in listed)
