"""What the FG typed about a breach: checked all at once, and turned into a question to the log. Pure.

Times are those of the clock in the Netherlands, to the minute. An hour that comes twice counts from its first to its
last: nobody is missing for want of an hour. A number that was typed never goes back to the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from audit.breaches.contract import BEFORE, WINDOW, Part, Window, read_key
from kernel.clock import millis, moment
from kernel.errors import BadInput
from kernel.numbers import has_number, without_numbers
from web.language import AMSTERDAM
from web.prose import draft, prose, text_fault
from web.search_form import case_fault
from web.words import SEARCH_REASONS

SUMMARY_MAX, NAME_MAX, KEY_MAX, MOMENT_MAX = 500, 200, 64, 19
MINUTE_MS: Final = 60_000
FIRST, LAST = datetime(2000, 1, 1, tzinfo=AMSTERDAM), datetime(2200, 1, 1, tzinfo=AMSTERDAM)
BREACH: Final = "datalek"  # the reason that these forms begin with


@dataclass(frozen=True)
class Typed:
    """As it goes back to the page. Moments as the field of a browser writes them."""

    reason: str = BREACH
    case: str = ""
    recipient: str = ""
    application: str = ""
    actor: str = ""
    key: str = ""
    since: str = ""
    until: str = ""
    discovered: str = ""
    summary: str = ""


@dataclass(frozen=True)
class PeopleTyped:
    """What was typed for the file with people."""

    reason: str = BREACH
    case: str = ""
    part: Part = WINDOW
    key: str = ""


def read(form: Mapping[str, str]) -> Typed:
    """From the fields."""
    said = {name: _line(form, name) for name in ("zaak", "gebruiker", "sleutel")}
    return Typed(
        reason=form.get("reden", ""),
        case=said["zaak"],
        recipient=form.get("ontvanger", "")[:NAME_MAX],
        application=form.get("toepassing", "")[:NAME_MAX],
        actor=said["gebruiker"],
        key=said["sleutel"],
        since=form.get("van", "").strip(),
        until=form.get("tot", "").strip(),
        discovered=form.get("ontdekt", "").strip(),
        summary=prose(form.get("samenvatting", "")),
    )


def faults(
    typed: Typed, recipients: Mapping[str, str], applications: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """The key in `words.WRONG` by wrong field, in the order of the form. now: what is still to come was not open."""
    since, until = _moment(typed.since), _moment(typed.until, last=True)
    whose = typed.recipient or typed.application or typed.actor or typed.key
    found = {
        "reden": "" if typed.reason in SEARCH_REASONS else "reden",
        "zaak": case_fault(typed.case),
        "ontvanger": _listed(typed.recipient, recipients, "ontvanger") if whose else "lek-wie",
        "toepassing": _listed(typed.application, applications, "toepassing"),
        "gebruiker": _name_fault(typed.actor),
        "sleutel": _name_fault(typed.key),
        "van": _past(since, now),
        "tot": "moment" if until is None else "einde-voor-begin" if since and until < since else "",
        "ontdekt": _past(_moment(typed.discovered), now) if typed.discovered else "",
        "samenvatting": text_fault(typed.summary, "", SUMMARY_MAX),
    }
    return {field: wrong for field, wrong in found.items() if wrong}


def window_of(typed: Typed) -> Window:
    """The question, of a form without faults. Raises ValueError for another."""
    since, until, discovered = _moment(typed.since), _moment(typed.until, last=True), _moment(typed.discovered)
    if since is None or until is None:
        raise ValueError("a window has two ends")
    return Window(
        recipient=typed.recipient,
        application=typed.application,
        actor=typed.actor,
        key=typed.key,
        since=millis(since),
        until=millis(until) + MINUTE_MS - 1,
        discovered=millis(discovered) if discovered else 0,
        summary=typed.summary,
    )


def again(window: Window) -> Typed:
    """The same question, to be asked once more."""
    return Typed(
        recipient=window.recipient,
        application=window.application,
        actor=window.actor,
        key=window.key,
        since=_field(window.since),
        until=_field(window.until),
        discovered=_field(window.discovered) if window.discovered else "",
        summary=window.summary,
    )


def shown_again(typed: Typed, wrong: Mapping[str, str]) -> Typed:
    """What was typed, short and without numbers, to be mended. What is not in a list is no choice of it."""
    return Typed(
        reason=typed.reason,
        case=_short(typed.case),
        recipient="" if "ontvanger" in wrong else typed.recipient,
        application="" if "toepassing" in wrong else typed.application,
        actor=_short(typed.actor),
        key=_short(typed.key),
        since=_short(typed.since),
        until=_short(typed.until),
        discovered=_short(typed.discovered),
        summary=draft(typed.summary, SUMMARY_MAX),
    )


def read_people(form: Mapping[str, str]) -> PeopleTyped:
    """From the fields of the other form."""
    part: Part = BEFORE if form.get("deel") == BEFORE else WINDOW
    # a key is often pasted with its lines
    key = "".join(form.get("sleutel", "").split())[: KEY_MAX * 2]
    return PeopleTyped(form.get("reden", ""), _line(form, "zaak"), part, key)


def people_faults(typed: PeopleTyped) -> dict[str, str]:
    """As `faults`."""
    found = {
        "reden": "" if typed.reason in SEARCH_REASONS else "reden",
        "zaak": case_fault(typed.case),
        "sleutel": "" if _is_key(typed.key) else "publieke-sleutel",
    }
    return {field: wrong for field, wrong in found.items() if wrong}


def people_again(typed: PeopleTyped) -> PeopleTyped:
    """As `shown_again`."""
    return PeopleTyped(typed.reason, _short(typed.case), typed.part, without_numbers(typed.key))


def _line(form: Mapping[str, str], name: str) -> str:
    return " ".join(prose(form.get(name, "")).split())


def _short(text: str) -> str:
    return without_numbers(text)[: NAME_MAX * 2]


def _listed(chosen: str, known: Mapping[str, str], wrong: str) -> str:
    return wrong if chosen and chosen not in known else ""


def _name_fault(text: str) -> str:
    if len(text) > NAME_MAX:
        return "te-lang"
    # it goes into the line of the search, which looks at it by the same rule
    return "bsn-in-tekst" if has_number(text) else ""


def _past(at: datetime | None, now: datetime) -> str:
    return "moment" if at is None else "nog-niet" if at > now else ""


def _is_key(text: str) -> bool:
    try:
        read_key(text)
    except BadInput:
        return False
    return len(text) <= KEY_MAX


def _moment(text: str, last: bool = False) -> datetime | None:
    """last: of an hour that comes twice, the second."""
    try:
        found = datetime.fromisoformat(text) if len(text) <= MOMENT_MAX else None
    except ValueError:
        return None
    if found is None or found.tzinfo is not None:
        return None
    local = found.replace(tzinfo=AMSTERDAM, fold=int(last), second=0, microsecond=0)
    return local.astimezone(UTC) if FIRST <= local <= LAST else None


def _field(at: int) -> str:
    return moment(at).astimezone(AMSTERDAM).strftime("%Y-%m-%dT%H:%M")
