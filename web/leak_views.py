"""A breach that was confirmed: what its resident reads beside a use, and the form on which the FG decides it. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from audit.breaches.contract import Decision, Leak, Version, decided
from audit.contract import Position
from kernel.clock import moment
from kernel.numbers import has_number, without_numbers
from web.frame import FieldError, Frame
from web.language import AMSTERDAM
from web.prose import prose
from web.search_form import case_fault

NUMBER_MAX, CASE_MAX = 64, 64
FIRST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakNotice:
    """For its resident. since, until: of the breach; told: since when they read this; times: how many uses; newest: the
    last of these."""

    since: date
    until: date
    told: date
    times: int
    newest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakTold:
    """The last decision about a file. shown: residents read it. number: of its line; version: which was decided about;
    newer: it was counted again since. ap_on: when the AP was told, none while nobody said so."""

    shown: bool
    at: datetime
    number: int
    version: int
    newer: bool
    ap_on: date | None
    ap_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakTyped:
    """As it goes back to the page."""

    shown: str = ""
    ap_on: str = ""
    ap_number: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FgLeak:
    """`/fg/datalek/{id}/besluit`. number: of the newest version, which is decided about."""

    frame: Frame
    id: str
    number: int
    at_most: int
    told: LeakTold | None
    typed: LeakTyped
    errors: tuple[FieldError, ...] = ()


def notices(leaks: Sequence[Leak]) -> tuple[LeakNotice, ...]:
    """One per breach."""
    return tuple(
        LeakNotice(since=_local(one.since), until=_local(one.until), told=_local(one.told_at),
                   times=len(one.lines), newest=str(one.lines[0]))
        for one in leaks
    )  # fmt: skip


def places(leaks: Sequence[Leak]) -> frozenset[Position]:
    """All lines that one of them is about."""
    return frozenset(place for one in leaks for place in one.lines)


def about(leaks: Sequence[Leak] | None, places: Set[str]) -> tuple[LeakNotice, ...] | None:
    """Those that one of these lines is in, of a handling; None while nobody can say."""
    return None if leaks is None else notices([one for one in leaks if places & {*map(str, one.lines)}])


def told_of(versions: Sequence[Version]) -> LeakTold | None:
    """None while nobody decided."""
    last = decided(versions)
    if last is None or last.told is None:
        return None
    said = last.told.decided
    return LeakTold(
        shown=said.shown,
        at=moment(last.told.at),
        number=last.told.line.index,
        version=said.version,
        newer=last is not versions[-1],
        ap_on=date.fromisoformat(said.told_ap) if said.told_ap else None,
        ap_number=said.ap_number,
    )


def typed_of(told: LeakTold | None) -> LeakTyped:
    """What was decided last, to be changed: never the decision itself, which is taken anew each time."""
    if told is None:
        return LeakTyped()
    return LeakTyped(ap_on=told.ap_on.isoformat() if told.ap_on else "", ap_number=told.ap_number)


def read(form: Mapping[str, str]) -> LeakTyped:
    """From the fields."""
    line = {name: " ".join(prose(form.get(name, "")).split()) for name in ("ap-nummer", "zaak", "ap-dag")}
    return LeakTyped(
        shown=form.get("besluit", ""), ap_on=line["ap-dag"], ap_number=line["ap-nummer"], case=line["zaak"]
    )


def faults(typed: LeakTyped, now: datetime) -> dict[str, str]:
    """The key in `words.WRONG` by wrong field, in the order of the form."""
    found = {
        "besluit": "" if typed.shown in ("ja", "nee") else "lek-besluit",
        "ap-dag": _day_fault(typed, now.astimezone(AMSTERDAM).date()),
        "ap-nummer": _number_fault(typed.ap_number),
        "zaak": case_fault(typed.case),
    }
    return {field: wrong for field, wrong in found.items() if wrong}


def again(typed: LeakTyped) -> LeakTyped:
    """As it goes back with a fault: a number of a person never does."""
    known = typed.shown if typed.shown in ("ja", "nee") else ""
    return LeakTyped(
        shown=known,
        ap_on=without_numbers(typed.ap_on)[:NUMBER_MAX],
        ap_number=without_numbers(typed.ap_number)[: NUMBER_MAX * 2],
        case=without_numbers(typed.case)[: CASE_MAX * 2],
    )


def decision_of(typed: LeakTyped, version: int) -> Decision:
    """Of a form without faults."""
    return Decision(version=version, shown=typed.shown == "ja", told_ap=typed.ap_on, ap_number=typed.ap_number)


def _local(at: int) -> date:
    return moment(at).astimezone(AMSTERDAM).date()


def _day_fault(typed: LeakTyped, today: date) -> str:
    if not typed.ap_on:
        return "lek-dag" if typed.ap_number else ""
    try:
        day = date.fromisoformat(typed.ap_on) if len(typed.ap_on) == len("2026-01-01") else None
    except ValueError:
        day = None
    return "datum" if day is None or not FIRST <= day <= today else ""


def _number_fault(text: str) -> str:
    if len(text) > NUMBER_MAX:
        return "te-lang"
    return "bsn-in-tekst" if has_number(text) else ""
