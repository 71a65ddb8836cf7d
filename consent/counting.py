"""Tables that an activity may count, and what must be said of them before it is published. Pure.

A table is asked for by name and nothing else, so what leaves is fixed here. Groups are named beforehand: a list that
followed from the data would tell by its length that somebody is there. Squares are the exception, for there are too
many; a square that is not shown is then simply absent.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from itertools import pairwise

from audit.contract import SYSTEM
from consent.activity import ActivityVersion
from consent.article30 import Fault
from consent.decision import Question
from consent.labs import lab_faults
from consent.particulars import Axis, CountTable, Statistics
from kernel.clock import moment

AREAS = ("gemeente", "wijk", "buurt", "vak")  # from coarse to fine
CELLS_MOST = 2_000
YEARS_LEAST, OLDEST = 5, 120  # a class of ages is no birthday
SQUARE = "vak"
PROMISE_YEARS = 5  # who may put it off for longer, promises nothing


def wanted(question: Question, activity: ActivityVersion | None) -> tuple[str, ...]:
    """The elements that a question is about. A table that is not there is refused under its own name."""
    if not question.table:
        return question.elements
    statistics = activity.statistics if activity else None
    table = statistics.table(question.table) if statistics else None
    rows = statistics.set_of(question.table) if statistics else None
    found = table.elements if table else rows.elements if rows else ()
    return found or (question.table,)


def of_a_set(question: Question, activity: ActivityVersion | None) -> bool:
    """Whether this is about somebody in a set of rows, who is given and not only counted."""
    statistics = activity.statistics if activity else None
    return bool(statistics and statistics.set_of(question.table)) and not about_nobody(question)


def about_nobody(question: Question) -> bool:
    """Whether a table is asked for, and not yet whether somebody may be in it."""
    return bool(question.table) and question.resident.subject == SYSTEM


def faults(version: ActivityVersion, at: int) -> Iterator[Fault]:
    """What is wrong with the statistics of a version, at a moment in ms."""
    if (statistics := version.statistics) is None:
        return
    if version.case == "verplicht":
        yield "/zaak", "past-niet", "Een tabel hoort bij geen zaak."
    if version.secrecy is not None:
        yield "/openbaarheid", "past-niet", "Wie meetelt, mag dat weten."
    if not statistics.population:
        yield "/statistiek/bevolking", "ontbreekt", "Welke bron zegt wie er worden geteld?"
    yield from lab_faults(version, statistics)
    yield from _promise(statistics, moment(at).date())
    names = [table.name for table in statistics.tables]
    for number, table in enumerate(statistics.tables):
        place = f"/statistiek/tabellen/{number}"
        if names.index(table.name) < number:
            yield f"{place}/naam", "dubbel", "Deze tabel staat er twee keer."
        if table.cost > statistics.budget:
            yield f"{place}/kosten", "past-niet", "Dit kost meer dan het budget."
        yield from _table(place, table, statistics, {one.name for one in version.elements})


def _promise(statistics: Statistics, today: date) -> Iterator[Fault]:
    """A day that has passed is none to refuse: the next version of what is public already names it too."""
    if not statistics.public:
        return
    place, day = "/statistiek/publicatiedag", None
    with suppress(ValueError):
        day = date.fromisoformat(statistics.public)
    if day is None:
        yield place, "past-niet", "Deze dag is er niet."
    elif day.year > today.year + PROMISE_YEARS:
        yield place, "te-ver", f"Publiceer binnen {PROMISE_YEARS} jaar."
    if not statistics.tables:
        yield place, "past-niet", "Er is geen tabel om te publiceren."


def _table(place: str, table: CountTable, statistics: Statistics, known: set[str]) -> Iterator[Fault]:
    for element in table.elements:
        if element not in known:
            yield place, "buiten-doel", f"{element} is geen gegeven van dit doel."
    if table.row is None:
        yield f"{place}/rij", "ontbreekt", "Waarop worden mensen ingedeeld?"
        return
    for side, axis in (("rij", table.row), ("kolom", table.column)):
        if axis is not None:
            yield from _axis(f"{place}/{side}", axis, statistics)
    yield from _whole(place, table, table.row)


def _whole(place: str, table: CountTable, row: Axis) -> Iterator[Fault]:
    column, mean = table.column, table.mean
    if column is not None and column.by == SQUARE:
        yield f"{place}/kolom", "past-niet", "Vakken staan in de rijen."
    if row.by == SQUARE and (column is not None or mean is not None):
        yield f"{place}/rij", "past-niet", "In vakken tellen wij alleen mensen."
    if mean is not None and mean.lowest >= mean.highest:
        yield f"{place}/gemiddelde", "past-niet", "De laagste waarde is lager dan de hoogste."
    if _size(row) * (_size(column) if column else 1) > CELLS_MOST:
        yield place, "te-veel", f"Een tabel heeft hoogstens {CELLS_MOST} cellen."


def _axis(place: str, axis: Axis, statistics: Statistics) -> Iterator[Fault]:
    fine = SQUARE if axis.by == SQUARE else axis.element.rpartition(".")[2]
    if fine in AREAS and AREAS.index(fine) > AREAS.index(statistics.area):
        yield place, "te-fijn", "Dit gebied is fijner dan dit doel nodig heeft."
    if bool(axis.groups) != (axis.by == "waarde") or len(set(axis.groups)) != len(axis.groups):
        yield f"{place}/groepen", "past-niet", "Noem de groepen vooraf, elk een keer; alleen bij losse waarden."
    if bool(axis.bounds) != (axis.by in ("klasse", "leeftijd")):
        yield f"{place}/grenzen", "past-niet", "Noem waar elke klasse begint; alleen bij klassen."
    least = YEARS_LEAST if axis.by == "leeftijd" else 1
    if any(later - sooner < least for sooner, later in pairwise(axis.bounds)):
        yield f"{place}/grenzen", "te-fijn", f"Een klasse is minstens {least} breed; de grenzen lopen op."
    if axis.by == "leeftijd" and axis.bounds and not (axis.bounds[0] >= YEARS_LEAST and axis.bounds[-1] <= OLDEST):
        yield f"{place}/grenzen", "past-niet", f"Leeftijden liggen tussen {YEARS_LEAST} en {OLDEST} jaar."


def _size(axis: Axis) -> int:
    """Groups on this side; squares are not known beforehand and count by themselves."""
    return 1 if axis.by == SQUARE else len(axis.groups) + 1 if axis.groups else len(axis.bounds) + 1
