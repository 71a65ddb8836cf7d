"""What the FG typed into the search form: checked all at once, and turned into a question to the log. Pure.

The number is looked at here and handed on as Bsn; it never goes back to the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, cast, get_args

from kernel.clock import millis
from kernel.numbers import has_number
from vault.contract import Bsn
from web.frame import FieldError
from web.language import AMSTERDAM
from web.register_words import RegisterWords
from web.words import SEARCH_REASONS, WRONG

By = Literal["inwoner", "ontvanger", "tijd"]
WAYS = get_args(By)
CASE_MAX = 64
MONTH = timedelta(days=31)  # the log looks through no longer period of everybody


@dataclass(frozen=True)
class Asked:
    """A search, read from the form. by: None while nothing says on what; "tijd" is everybody in a period. bsn, since,
    until: None where they do not hold. tail: the last three digits, for who is shown afterwards. activity, element: ""
    for all."""

    reason: str
    case: str
    by: By | None
    bsn: Bsn | None
    tail: str
    recipient: str
    since: date | None
    until: date | None
    activity: str = ""
    element: str = ""

    @property
    def period(self) -> tuple[int, int]:
        """From the first midnight to the one after the last day, Dutch time, in ms. Raises ValueError without days."""
        if self.since is None or self.until is None:
            raise ValueError("a period has two days")
        return _midnight(self.since), _midnight(self.until + timedelta(days=1)) - 1


def read(form: Mapping[str, str], today: date) -> Asked:
    """From the fields. No days: the last year, of everybody the last month. No kind: what was filled in, if that is one
    thing."""
    number, recipient, kind = form.get("bsn", "").strip(), form.get("ontvanger", ""), form.get("soort", "")
    if kind not in WAYS and bool(number) != bool(recipient):
        kind = "inwoner" if number else "ontvanger"
    return Asked(
        reason=form.get("reden", ""),
        case=form.get("zaak", "").strip(),
        by=cast("By", kind) if kind in WAYS else None,
        bsn=_bsn(number),
        tail=number[-3:] if _bsn(number) else "",
        recipient=recipient,
        since=_day(form.get("van", ""), today - (timedelta(days=30) if kind == "tijd" else timedelta(days=365))),
        until=_day(form.get("tot", ""), today),
        activity=form.get("doel", ""),
        element=form.get("gegeven", ""),
    )


def faults(asked: Asked, recipients: Mapping[str, str], said: RegisterWords) -> tuple[FieldError, ...]:
    """Every wrong field, in the order of the form."""
    found = {
        "reden": "" if asked.reason in SEARCH_REASONS else "reden",
        "zaak": case_fault(asked.case),
        "soort": "" if asked.by else "soort",
        "bsn": "bsn" if asked.by == "inwoner" and asked.bsn is None else "",
        "ontvanger": "ontvanger" if asked.by == "ontvanger" and asked.recipient not in recipients else "",
        "van": "" if asked.since else "datum",
        "tot": _until(asked),
        "doel": "welk-doel" if asked.activity and asked.activity not in said.activities else "",
        "gegeven": "welk-gegeven" if asked.element and asked.element not in said.elements else "",
    }
    return tuple(FieldError(id=field, text=said.say(WRONG[wrong])) for field, wrong in found.items() if wrong)


def case_fault(case: str) -> str:
    """The key in `words.WRONG` of what is wrong with the number of a case; "" for nothing."""
    if not case:
        return "zaak"
    if len(case) > CASE_MAX:
        return "te-lang"
    # it goes into the search's own line, which looks at it by the same rule
    return "bsn-in-tekst" if has_number(case) else ""


def _until(asked: Asked) -> str:
    if asked.until is None:
        return "datum"
    if asked.since and asked.since > asked.until:
        return "volgorde"
    return "maand" if asked.by == "tijd" and asked.since and asked.until - asked.since >= MONTH else ""


def _bsn(text: str) -> Bsn | None:
    try:
        return Bsn(text)
    except ValueError:
        return None


def _day(text: str, otherwise: date) -> date | None:
    if not text:
        return otherwise
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= date(2200, 1, 1) else None


def _midnight(day: date) -> int:
    return millis(datetime.combine(day, time(), AMSTERDAM))
