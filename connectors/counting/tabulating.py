"""From people to a table: bounded, noised, and no cell below the threshold. Pure but for the noise that is handed in.

The order is what makes it safe. Noise comes first; which cells are shown follows from noised counts alone, so that the
pattern of what is withheld tells no more of one person than the numbers do. A group has to clear the threshold by more
than noise ever adds (but once in a million); that the true count reaches it as well is the second lock on that door.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from pydantic import JsonValue

from connectors.answers import Unknown
from connectors.counting.contract import Cell
from connectors.counting.grouping import group, groups, spot, whole
from connectors.counting.noise import Noise, beyond
from connectors.counting.withholding import At, hidden
from consent.contract import CountTable

PER_PLACE = 4  # of one address in a square: a home counts, and a shelter does not stand out
ONCE_IN_TWENTY = 0.05


@dataclass(frozen=True)
class Counting:
    """How a table is counted. epsilon: what it costs."""

    table: CountTable
    smallest: int
    noise: Noise

    @property
    def epsilon(self) -> float:
        """All of it."""
        return self.table.cost / 1_000

    @property
    def for_counts(self) -> float:
        """A mean takes the other half."""
        return self.epsilon / 2 if self.table.mean else self.epsilon

    @property
    def off_by(self) -> int:
        """How far a count may be off, once in twenty times at most: to both sides."""
        return beyond(self.for_counts, ONCE_IN_TWENTY / 2)


@dataclass(frozen=True)
class Person:
    """What one person adds. amount: of a mean, bounded. place: the home, of a square."""

    at: At
    amount: int = 0
    place: tuple[int, int] = (0, 0)


def person(table: CountTable, values: dict[str, JsonValue], today: date) -> Person | None:
    """None: something is unknown, and then this person is in no group."""
    if table.row is None:
        return None
    row = group(table.row, values.get(table.row.element), today)
    column = group(table.column, values.get(table.column.element), today) if table.column else ""
    if row is None or column is None:
        return None
    try:
        place = spot(values.get(table.row.element)) if table.row.by == "vak" else (0, 0)
        mean = table.mean
        amount = min(max(whole(values.get(mean.element)), mean.lowest), mean.highest) if mean else 0
    except Unknown:
        return None
    return Person((row, column), amount, place)


def tabulate(people: Sequence[Person], how: Counting) -> tuple[Cell, ...]:
    """The table. Cells of squares that are not shown are left out; others say null."""
    table = how.table
    if table.row is None:
        return ()
    squares = table.row.by == "vak"
    counted = _per_place(people) if squares else people
    true = Counter(one.at for one in counted)
    rows = tuple(sorted({row for row, _ in true})) if squares else groups(table.row)
    columns = groups(table.column) if table.column else ("",)
    every = tuple(product(rows, columns))
    noised = dict(zip(every, how.noise.added([true[at] for at in every], 1, how.for_counts), strict=True))
    clear = how.smallest + beyond(how.for_counts)
    small = {at for at in every if noised[at] < clear or true[at] < how.smallest}
    # as if there always is a small square: else what is withheld beside it shows that one person came or went
    nowhere: set[At] = {("", column) for column in columns} if squares else set()
    gone = hidden({**noised, **dict.fromkeys(nowhere, 0)}, small | nowhere)
    means = _means(counted, every, noised, how)
    cells = (_cell(at, None if at in gone else noised[at], means.get(at)) for at in every)
    return tuple(cell for cell in cells if cell.count is not None or not squares)


def _cell(at: At, count: int | None, mean: str | None) -> Cell:
    return Cell(row=at[0], column=at[1] or None, count=count, mean=None if count is None else mean)


def _per_place(people: Sequence[Person]) -> list[Person]:
    """At most so many of one place: then one person more moves the count of a square by one at most, as before."""
    seen: Counter[tuple[int, int]] = Counter()
    kept = []
    for one in people:
        seen[one.place] += 1
        if seen[one.place] <= PER_PLACE:
            kept.append(one)
    return kept


def _means(people: Sequence[Person], every: Sequence[At], noised: dict[At, int], how: Counting) -> dict[At, str]:
    """Sums of what is above or below the middle: one person moves them by half the width at most."""
    if (mean := how.table.mean) is None:
        return {}
    middle = (mean.lowest + mean.highest) // 2
    reach = max(mean.highest - middle, middle - mean.lowest)
    sums = dict.fromkeys(every, 0)
    for one in people:
        sums[one.at] += one.amount - middle
    off = how.noise.added(list(sums.values()), reach, how.epsilon / 2)
    found = {}
    for at, total in zip(every, off, strict=True):
        if noised[at] > 0:
            found[at] = f"{min(max(middle + total / noised[at], mean.lowest), mean.highest):.2f}"
    return found
