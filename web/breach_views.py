"""What the pages of the FG about breaches show: from a version of a file to words and numbers. Pure.

Nobody's name or number is in it, and no pseudonym of a resident. What is counted and what is a guess stays apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from audit.breaches.contract import ElementCount, Tally, Version, Window, kinds_of_data
from audit.contract import SPECIAL_DATA
from kernel.clock import millis, moment
from web.breach_form import PeopleTyped, Typed
from web.frame import FieldError, Frame, Option
from web.language import N_
from web.leak_views import LeakTold
from web.own_data_views import KINDS, OTHER
from web.register_words import RegisterWords

HOUR_MS = 3_600_000
ACTOR, KEY = N_("Een medewerker"), N_("Een sleutel van een toepassing")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachClock:
    """The 72 hours. due: none while nobody said when it was discovered; hours: whole ones that are left, late: none."""

    due: datetime | None
    hours: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRow:
    """A file in the list, by its newest version."""

    id: str
    who: str
    since: datetime
    until: datetime
    made: datetime
    at_least: int
    at_most: int
    clock: BreachClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """How far one element went."""

    label: str
    kind: str
    special: bool
    residents: int
    lines: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Of the window, or of what was still held. possible: lines of which nobody knows whether they arrived; endless: of
    which nobody said how long they are kept."""

    residents: int
    certain: int
    lines: int
    possible: int
    endless: int
    first: datetime | None
    last: datetime | None
    rows: tuple[Went, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The form of the AP, as far as the log or the FG said it. estimate: more went perhaps than surely."""

    follow_up: bool
    summary: str
    discovered: datetime | None
    since: datetime
    until: datetime
    at_least: int
    at_most: int
    kinds: tuple[str, ...]
    special: tuple[str, ...]
    estimate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version in the list of all; here: the one on the page."""

    number: int
    made: datetime
    at_least: int
    at_most: int
    lines: int
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A file with people that can be taken away, under this token of the session. line: number of the search. more: the
    people go on in a next file."""

    token: str
    count: int
    line: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FgBreach:
    """`/fg/datalek/{id}`. whose: what was open. destroyed: lines of the window of which only the number is left.
    number: of the version shown, which is the newest where `newest`. ready: a file that was just made.
    told: the last decision about it."""

    frame: Frame
    id: str
    number: int
    newest: bool
    made: datetime
    receipt: int
    keep_until: int
    whose: tuple[str, ...]
    clock: BreachClock
    fields: Fields
    window: Counted
    held: Counted | None
    destroyed: int
    versions: tuple[VersionRow, ...]
    letter: str
    told: LeakTold | None
    reasons: tuple[Option, ...]
    people: PeopleTyped
    ready: Ready | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FgBreachForm:
    """`/fg/datalek/nieuw`. file_id: of which it becomes a new version, "" for a new file."""

    frame: Frame
    reasons: tuple[Option, ...]
    recipients: tuple[Option, ...]
    applications: tuple[Option, ...]
    typed: Typed
    file_id: str = ""
    errors: tuple[FieldError, ...] = ()


def clock_of(window: Window, now: datetime) -> BreachClock:
    """How long is left to tell the AP."""
    if not window.due:
        return BreachClock(due=None)
    left = window.due - millis(now)
    return BreachClock(due=moment(window.due), hours=max(0, left // HOUR_MS), late=left < 0)


def whose_of(window: Window, said: RegisterWords) -> tuple[str, ...]:
    """What was open, each in words. A pseudonym and a kid are shown as they were typed."""
    named = (
        (said.recipient(window.recipient, "") or window.recipient, ""),
        (applications_of(said).get(window.application, window.application), ""),
        (said.say(ACTOR), window.actor),
        (said.say(KEY), window.key),
    )
    asked = (window.recipient, window.application, window.actor, window.key)
    return tuple(
        f"{words}: {typed}" if typed else words for (words, typed), one in zip(named, asked, strict=True) if one
    )


def recipients_of(said: RegisterWords) -> dict[str, str]:
    """Names by slug, blocked ones too: a breach may be why."""
    return {slug: said.recipient(slug, "") for slug in sorted(said.recipients)}


def applications_of(said: RegisterWords) -> dict[str, str]:
    """Names by client id, with those of their recipients."""
    return {
        one.client_id: f"{one.name or one.client_id} ({said.recipient(slug, '')})"
        for slug, party in sorted(said.recipients.items())
        for one in party.applications
    }


def row_of(version: Version, said: RegisterWords, now: datetime) -> BreachRow:
    """For the list."""
    window = version.window
    return BreachRow(
        id=version.id,
        who=", ".join(whose_of(window, said)),
        since=moment(window.since),
        until=moment(window.until),
        made=moment(version.made_at),
        at_least=version.at_least,
        at_most=version.at_most,
        clock=clock_of(window, now),
    )


def version_row(version: Version, shown: int) -> VersionRow:
    """For the list of versions."""
    return VersionRow(
        number=version.version,
        made=moment(version.made_at),
        at_least=version.at_least,
        at_most=version.at_most,
        lines=version.tally.lines,
        here=version.version == shown,
    )


def counted(tally: Tally, kinds: Mapping[str, str], said: RegisterWords) -> Counted:
    """One part of a file, special kinds first."""
    rows = tuple(_went(one, kinds, said) for one in tally.elements)
    return Counted(
        residents=tally.residents,
        certain=tally.certain,
        lines=tally.lines,
        possible=tally.possible,
        endless=tally.endless,
        first=moment(tally.first) if tally.first else None,
        last=moment(tally.last) if tally.last else None,
        rows=tuple(sorted(rows, key=lambda one: (not one.special, one.label))),
    )


def fields_of(version: Version, kinds: Mapping[str, str], said: RegisterWords) -> Fields:
    """The form of the AP."""
    window, found = version.window, kinds_of_data(version, kinds)
    held = version.held.lines if version.held else 0
    return Fields(
        follow_up=version.version > 1,
        summary=window.summary,
        discovered=moment(window.discovered) if window.discovered else None,
        since=moment(window.since),
        until=moment(window.until),
        at_least=version.at_least,
        at_most=version.at_most,
        kinds=tuple(kind_words(one, said) for one in found if one not in SPECIAL_DATA),
        special=tuple(kind_words(one, said) for one in found if one in SPECIAL_DATA),
        estimate=bool(version.tally.possible or version.tally.destroyed or held),
    )


def could_be_had(version: Version, said: RegisterWords) -> tuple[str, ...]:
    """Labels of all elements, in the window or still held, each once."""
    held = version.held.elements if version.held else ()
    return tuple(sorted(said.labels(one.element for one in (*version.tally.elements, *held))))


def kind_words(kind: str, said: RegisterWords) -> str:
    """What a kind of data is called."""
    return said.say(KINDS.get(kind, KINDS[OTHER]))


def _went(one: ElementCount, kinds: Mapping[str, str], said: RegisterWords) -> Went:
    kind = kinds.get(one.element, OTHER)
    return Went(
        label=said.label(one.element),
        kind=kind_words(kind, said),
        special=kind in SPECIAL_DATA,
        residents=one.residents,
        lines=one.lines,
        first=moment(one.first),
        last=moment(one.last),
    )
