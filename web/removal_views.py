"""What became of data at its recipients, as residents and the FG read it. Pure; it is what recipients say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from audit.contract import Line
from connectors.lab.contract import LateSet
from connectors.removals.contract import Due, Late
from kernel.clock import moment
from web.language import AMSTERDAM
from web.register_words import RegisterWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a recipient said. gone: labels of what it removed; kept: of what it keeps, under `article`, up to and
    including `until`."""

    day: date
    gone: tuple[str, ...]
    kept: tuple[str, ...]
    article: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StillThere:
    """What should be gone, as far as anybody said. place: of the use. stopped: since a consent ended."""

    place: str
    recipient: str
    activity: str
    department: str
    labels: tuple[str, ...]
    day: date
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRow:
    """For the FG: releases of one activity that one recipient has not removed in time."""

    department: str
    purpose: str
    count: int
    oldest: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LateSetRow:
    """For the FG: a set of a data lab that should be destroyed. draft: a reason posted with an error."""

    id: str
    name: str
    department: str
    purpose: str
    day: date
    draft: str = ""


def removed_of(lines: Sequence[Line], words: RegisterWords) -> tuple[Removed, ...]:
    """Those of these lines that say so, in their order."""
    found = []
    for line in lines:
        event, said = line.event, line.event.details
        if event.kind != "gegevens-verwijderd" or line.gone:
            continue
        kept = tuple(name for name in said.get("bewaart", "").split("; ") if name)
        one = Removed(
            day=_day(said.get("verwijderdOp", "")) or moment(line.at).astimezone(AMSTERDAM).date(),
            gone=words.labels(event.elements),
            kept=words.labels(kept),
            article=said.get("artikel", ""),
            until=_day(said.get("tot", "")),
        )
        found.append(one)
    return tuple(found)


def still_there(dues: Sequence[Due], words: RegisterWords) -> tuple[StillThere, ...]:
    """What is late, the first first."""
    return tuple(
        StillThere(
            place=one.release,
            recipient=one.recipient,
            activity=one.activity,
            department=words.recipient(one.recipient, "") or one.recipient,
            labels=words.labels(one.elements),
            day=date.fromisoformat(one.day),
            stopped=one.why == "toestemming",
        )
        for one in dues
        if one.late
    )


def late_row(one: Late, words: RegisterWords) -> LateRow:
    """For the FG."""
    return LateRow(
        department=words.recipient(one.recipient, "") or one.recipient,
        purpose=words.title(one.activity) or one.activity,
        count=one.count,
        oldest=date.fromisoformat(one.oldest),
    )


def late_set(one: LateSet, words: RegisterWords, draft: str) -> LateSetRow:
    """For the FG."""
    return LateSetRow(
        id=one.id,
        name=one.name,
        department=words.recipient(one.recipient, "") or one.recipient,
        purpose=words.title(one.activity) or one.activity,
        day=_day(one.destroy_by[:10]) or date.min,
        draft=draft,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
