"""How a consent stands for one element at one moment. Pure; also what the pages call its state."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from consent.decision import Code
from consent.terms import DAY

PERMITS = frozenset({"gegeven", "vernieuwd"})
_SAID: dict[str, Code] = {
    "ingetrokken": "toestemming-ingetrokken",
    "verlopen": "toestemming-verlopen",
    "gepauzeerd": "gepauzeerd",
}
_OPEN = frozenset({"gevraagd", "vervallen"})  # says nothing of what was before


class Fenced(Protocol):
    """A fence and where it stood: `audit.contract.FenceAt`, or `Stood`."""

    @property
    def fence(self) -> str:
        """Which one, 32 hexadecimal digits."""

    @property
    def epoch(self) -> int:
        """How often it had moved."""


class Stood(NamedTuple):
    """As it was read from a checked row or derived from our own key: nothing is left to look at, and a bulk makes forty
    thousand of them."""

    fence: str
    epoch: int


def last_moment(consent: Mapping[str, Any], period: int) -> int:
    """Until when the yes of a row counts, ms; 0 is no end. period: of the newest version, in days: a yes to an older
    one lasts no longer than the newest lets anybody look."""
    longest = consent["decided_at"] + period * DAY if period and consent["decided_at"] else 0
    until: int = consent["valid_until"]
    return min(until, longest) if until and longest else until or longest


class Standing(NamedTuple):
    """A consent of this resident to this recipient for this activity. Times in ms; valid_until 0 is no end. spent: it
    had a number of releases, and they are used up. pauses_at: since when it stands still, 0 is
    never. activity: where words about several are weighed together. history: days that it lets anybody look back, 0: as
    the activity says. limit: (how many releases, since when in ms), where its lines are counted; 0 is no limit."""

    id: str
    status: str
    elements: tuple[str, ...]
    case: str
    asked_at: int
    valid_until: int
    fence: Fenced
    revision: int
    spent: bool = False
    pauses_at: int = 0
    activity: str = ""
    history: int = 0
    limit: tuple[int, int] = (0, 0)

    def said(self, at: int) -> str:
        """The status, or what a birthday made of it."""
        return "gepauzeerd" if self.status in PERMITS and 0 < self.pauses_at <= at else self.status


def reach(history: int, chosen: bool, consents: Sequence[Standing]) -> dict[str, str]:
    """How far back an element may be looked at, as a decision says it; a yes to it may narrow it and never widen it.
    history: of the activity, days, 0 is the value in force only. chosen: it rests on a yes; else the consents only say
    what the resident said elsewhere."""
    narrowed = min((one.history for one in consents if chosen and one.history), default=0)
    if not history:
        return {"terug": str(narrowed)} if narrowed else {}
    return {"terug": str(min(history, narrowed or history)), "eerder": "ja"}


def numbered(chosen: Iterable[Standing]) -> tuple[tuple[str, str, str], ...]:
    """Of the consents that something rests on, those for so many releases, as a decision says it."""
    limited = (one for one in chosen if one.limit[0])
    return tuple(dict.fromkeys((one.fence.fence, str(one.limit[0]), str(one.limit[1])) for one in limited))


def state_of(consents: tuple[Standing, ...], element: str, case: str, at: int) -> tuple[Standing | None, Code | None]:
    """The consent that permits the element with None; or nothing, with the reason.

    A consent counts for exactly its elements and, if it names one, its case. Of several that permit the last-ending
    one counts; of several that do not, the newest that was answered.
    """
    about = [one for one in consents if element in one.elements and one.case in ("", case)]
    if not about:
        return None, "geen-toestemming"
    standing = [one for one in about if one.said(at) in PERMITS and not _over(one, at)]
    permitting = [one for one in standing if not one.spent]
    if standing and not permitting:
        return None, "te-vaak"
    if permitting:
        return max(permitting, key=lambda one: (one.valid_until == 0, one.valid_until, one.id)), None
    answered = [one for one in about if one.status not in _OPEN]
    if not answered:
        return None, "geen-toestemming"
    newest = max(answered, key=lambda one: (one.asked_at, one.id))
    said = newest.said(at)
    ended = said in PERMITS or (said == "gepauzeerd" and _over(newest, at))
    return None, "toestemming-verlopen" if ended else _SAID.get(said, "geen-toestemming")


def _over(consent: Standing, at: int) -> bool:
    return bool(consent.valid_until) and at > consent.valid_until
