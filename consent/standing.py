"""How a consent stands for one element at one moment. Pure; also what the pages call its state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.contract import FenceAt
from consent.decision import Code
from consent.terms import DAY

PERMITS = frozenset({"gegeven", "vernieuwd"})
_SAID: dict[str, Code] = {
    "ingetrokken": "toestemming-ingetrokken",
    "verlopen": "toestemming-verlopen",
    "gepauzeerd": "gepauzeerd",
}
_OPEN = frozenset({"gevraagd", "vervallen"})  # says nothing of what was before


def last_moment(consent: Mapping[str, Any], period: int) -> int:
    """Until when the yes of a row counts, ms; 0 is no end. period: of the newest version, in days: a yes to an older
    one lasts no longer than the newest lets anybody look."""
    longest = consent["decided_at"] + period * DAY if period and consent["decided_at"] else 0
    return min((end for end in (consent["valid_until"], longest) if end), default=0)


@dataclass(frozen=True)
class Standing:
    """A consent of this resident to this recipient for this activity. Times in ms; valid_until 0 is no end. spent: it
    had a number of releases, and they are used up."""

    id: str
    status: str
    elements: tuple[str, ...]
    case: str
    asked_at: int
    valid_until: int
    fence: FenceAt
    revision: int
    spent: bool = False


def state_of(consents: tuple[Standing, ...], element: str, case: str, at: int) -> tuple[Standing | None, Code | None]:
    """The consent that permits the element with None; or nothing, with the reason.

    A consent counts for exactly its elements and, if it names one, its case. Of several that permit the last-ending
    one counts; of several that do not, the newest that was answered.
    """
    about = [one for one in consents if element in one.elements and one.case in ("", case)]
    standing = [one for one in about if one.status in PERMITS and not _over(one, at)]
    permitting = [one for one in standing if not one.spent]
    if standing and not permitting:
        return None, "te-vaak"
    if permitting:
        return max(permitting, key=lambda one: (one.valid_until == 0, one.valid_until, one.id)), None
    answered = [one for one in about if one.status not in _OPEN]
    if not answered:
        return None, "geen-toestemming"
    newest = max(answered, key=lambda one: (one.asked_at, one.id))
    ended = newest.status in PERMITS or (newest.status == "gepauzeerd" and _over(newest, at))
    return None, "toestemming-verlopen" if ended else _SAID.get(newest.status, "geen-toestemming")


def _over(consent: Standing, at: int) -> bool:
    return bool(consent.valid_until) and at > consent.valid_until
