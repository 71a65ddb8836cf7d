"""What the pages about values that somebody doubts need. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from audit.contract import RELEASES, Line
from connectors.correcting.contract import RESIDENT, Passed, Report
from web.frame import FieldError, Frame, Option
from web.language import AMSTERDAM, N_
from web.register_words import RegisterWords

STATUS: Final = {
    "ontvangen": N_("Gemeld"),
    "in-onderzoek": N_("Wordt nagekeken"),
    "gecorrigeerd": N_("Verbeterd"),
    "geen-wijziging": N_("Blijft zoals het is"),
    "verlopen": N_("Niet op tijd nagekeken"),
}
OPEN: Final = frozenset({"ontvangen", "in-onderzoek"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """One report. department: who reported it, "" for the resident. heard: departments that have the old value and
    were told that it is corrected."""

    label: str
    department: str
    status: str
    open: bool
    forwarded: bool
    reason: str
    expected: str
    filed: date
    answer: str
    heard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubting:
    """`/gebruik/{id}/fout`. known: the session holds the number that a report needs. elements: what was given."""

    frame: Frame
    id: str
    known: bool
    elements: tuple[Option, ...]
    reason: str = ""
    expected: str = ""
    errors: tuple[FieldError, ...] = ()


def doubted_of(report: Report, passed: Sequence[Passed], said: RegisterWords) -> Doubted:
    """As its resident reads it."""
    name = "" if report.reporter == RESIDENT else said.recipient(report.reporter, report.reporter_name)
    return Doubted(
        label=said.label(report.element),
        department=name,
        status=said.say(STATUS[report.status]),
        open=report.status in OPEN,
        forwarded=report.forwarded,
        reason=report.reason,
        expected=report.expected or "",
        filed=datetime.fromisoformat(report.filed_at).astimezone(AMSTERDAM).date(),
        answer=report.answer or "",
        heard=tuple(sorted(said.recipient(one.recipient, one.name) for one in passed if one.report == report.id)),
    )


def elements_of(line: Line, said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    """What this line gave, to choose from; none when it gave nothing."""
    refused = dict(line.event.refused)
    given = [one for one in line.event.elements if one not in refused] if may_doubt(line) else []
    return tuple(Option(value=one, text=said.label(one), chosen=one == chosen) for one in given)


def may_doubt(line: Line) -> bool:
    """Whether something was given under this line, or may have been."""
    return line.event.kind in RELEASES and not line.gone and line.outcome in ("", "geleverd", "onbekend")
