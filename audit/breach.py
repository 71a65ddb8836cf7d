"""Who was affected by a breach, and by which elements (AVG 33 and 34): pure, over rows that the database has grouped.

A row is one resident's releases, or uses that another system reported, under one label with one outcome. A release
whose outcome nobody wrote may have arrived, so it counts as possible; one that was never opened did not leave the house
and does not count. Who got in may also find what the recipient still held: releases of before, within their term.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Literal

from pydantic import Field

from audit.contract import Plain
from audit.event import Outcome
from audit.label import Label
from audit.permit import Position
from kernel.message import Message, Short

Millis = Annotated[int, Field(ge=0)]
SENT: Outcome = "geleverd"
KEPT: Outcome = "niet-geopend"
# Before a letter goes to an address: nobody may know it, nobody could say, or ("") Regie knows of nothing.
Warned = Literal["geheim-of-veilig-adres", "niet-nagegaan", ""]
MARKED: Warned = "geheim-of-veilig-adres"
UNASKED: Warned = "niet-nagegaan"
Part = Literal["tijdvak", "eerder"]  # of a file: what went in the window, and what the recipient still had from before
WINDOW: Part = "tijdvak"
BEFORE: Part = "eerder"
FOR_THE_AP_MS = 72 * 3_600_000  # AVG 33(1)


class Window(Message):
    """What was open to others, and when, in ms. At least one of the four is said. key: the kid of an application's key.
    discovered: when it was known (AVG 33: 72 hours), 0 while unsaid."""

    recipient: Short = ""
    application: Short = ""
    actor: Short = ""
    key: Short = ""
    since: Millis
    until: Millis
    discovered: Millis = 0
    summary: Plain = ""

    @property
    def names_recipient(self) -> bool:
        """Whether it says whose systems were open: only then there is something that those held."""
        return bool(self.recipient or self.application)

    @property
    def due(self) -> int:
        """Until when the AP must be told, ms; 0 while nobody said when it was discovered."""
        return self.discovered + FOR_THE_AP_MS if self.discovered else 0


@dataclass(frozen=True)
class Page:
    """People after a pseudonym, of one part of a file."""

    after: str = ""
    part: Part = WINDOW


@dataclass(frozen=True, slots=True)
class Row:
    """certain: the outcome says that it arrived."""

    subject: str
    label: Label
    certain: bool
    lines: int
    first: int
    last: int


@dataclass(frozen=True)
class Affected:
    """One resident. possible: releases of which nobody knows whether they arrived. Times in ms. warned: UNASKED until
    somebody asked."""

    subject: str
    lines: int
    possible: int
    first: int
    last: int
    elements: tuple[str, ...]
    warned: Warned = UNASKED


class ElementCount(Message):
    """How far one element went."""

    element: Short
    residents: int
    lines: int
    first: int
    last: int


class Tally(Message):
    """All together. certain: residents of whom at least one release surely arrived. endless: lines of which nobody said
    in days how long the recipient keeps them. destroyed: lines of the period of which nobody can say any more what they
    were."""

    residents: int = 0
    certain: int = 0
    lines: int = 0
    possible: int = 0
    endless: int = 0
    first: int = 0
    last: int = 0
    destroyed: int = 0
    elements: tuple[ElementCount, ...] = ()


class Decision(Message):
    """What the FG decides about a file that was read in this version. shown: residents read beside their lines that
    what was given there may be in it (AVG 34). told_ap: the day on which the AP was told (AVG 33), "" while nobody said
    so, and the number that it gave."""

    version: int
    shown: bool
    told_ap: Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""
    ap_number: Annotated[Plain, Field(max_length=64)] = ""


class Told(Message):
    """A decision as it is kept. at: ms; line: that says so."""

    decided: Decision
    at: int
    line: Position


class Leak(Message):
    """A breach as somebody in it may know it. Times in ms; told_at: since when residents read it. lines: theirs, of
    which what was given may be in it; newest first."""

    since: int
    until: int
    told_at: int
    lines: tuple[Position, ...]


class Version(Message):
    """One version of a file on a breach, as it is kept. line: of the search that made it. keep_until: the calendar year
    of destruction. held: what the recipient still had from before the window when that began; None when no recipient or
    application was named. reached: residents of either; 0 in files from before this was counted. told: this version is
    a decision about the counting of the one before it."""

    id: Short
    version: int
    made_at: int
    line: Position
    keep_until: int
    window: Window
    tally: Tally
    held: Tally | None = None
    reached: int = 0
    told: Told | None = None

    @property
    def at_least(self) -> int:
        """Residents of whom something surely went in the window."""
        return self.tally.certain

    @property
    def at_most(self) -> int:
        """All residents who are counted, in the window or in what was still held."""
        return self.reached or self.tally.residents


@dataclass
class _Counting:
    lines: int = 0
    residents: set[str] = field(default_factory=set)
    first: int = 0
    last: int = 0

    def add(self, row: Row) -> None:
        self.lines += row.lines
        self.residents.add(row.subject)
        self.first, self.last = _span(self.first, self.last, row.first, row.last)


class Tallying:
    """Counts rows as they come, in any order; holds pseudonyms and no rows."""

    def __init__(self) -> None:
        self._all, self._by_element = _Counting(), dict[str, _Counting]()
        self._certain, self._possible, self._endless = set[str](), 0, 0

    def add(self, row: Row) -> None:
        """One more."""
        self._all.add(row)
        self._endless += 0 if row.label.kept_days else row.lines
        if row.certain:
            self._certain.add(row.subject)
        else:
            self._possible += row.lines
        for name in row.label.elements:
            self._by_element.setdefault(name, _Counting()).add(row)

    @property
    def residents(self) -> set[str]:
        """Pseudonyms of all so far."""
        return self._all.residents

    def result(self) -> Tally:
        """Of all so far."""
        return Tally(
            residents=len(self._all.residents),
            certain=len(self._certain),
            lines=self._all.lines,
            possible=self._possible,
            endless=self._endless,
            first=self._all.first,
            last=self._all.last,
            elements=tuple(_element(name, self._by_element[name]) for name in sorted(self._by_element)),
        )


def decided(versions: Iterable[Version]) -> Version | None:
    """The version with the last decision: what was counted since is not decided about."""
    return next((one for one in sorted(versions, key=attrgetter("version"), reverse=True) if one.told), None)


def people(rows: Iterable[Row]) -> Iterator[Affected]:
    """One per resident; rows come in the order of their subjects."""
    for subject, group in groupby(rows, key=attrgetter("subject")):
        theirs = list(group)
        yield Affected(
            subject,
            sum(row.lines for row in theirs),
            sum(row.lines for row in theirs if not row.certain),
            min(row.first for row in theirs),
            max(row.last for row in theirs),
            tuple(sorted({name for row in theirs for name in row.label.elements})),
        )


def kinds_of_data(version: Version, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Kinds of the elements that could be had, as the form of the AP groups them; "overig" for one that has none."""
    held = version.held.elements if version.held else ()
    return tuple(sorted({kinds.get(one.element, "overig") for one in (*version.tally.elements, *held)}))


def _element(name: str, counted: _Counting) -> ElementCount:
    return ElementCount(
        element=name,
        residents=len(counted.residents),
        lines=counted.lines,
        first=counted.first,
        last=counted.last,
    )


def _span(first: int, last: int, new_first: int, new_last: int) -> tuple[int, int]:
    return min(first or new_first, new_first), max(last, new_last)
