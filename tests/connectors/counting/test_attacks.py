"""Somebody who knows all about everybody but one, and asks. With OpenDP's own noise; each attack is first shown to work
where nothing stops it."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.counting.noise import Noise, OpenDp, beyond
from connectors.counting.tabulating import Person, tabulate
from consent.contract import CountTable
from tests.connectors.counting.tables import INCOME, Silence, how, table

GROUPS = 50  # as many tries at once
COST = 600  # thousandths of epsilon
SHOWS = 15 + beyond(COST / 1_000)  # the size at which a group begins to be shown


def town(groups: int = GROUPS, cost: int = COST, **more: Any) -> CountTable:
    names = [f"g{number}" for number in range(groups)]
    side = {"gegevenselement": "bevolking.wijk", "groepen": names}
    return table(naam="proef", kolom=None, rij=side, kosten=cost, **more)


def crowd(size: int, amount: int = 0) -> list[Person]:
    return [Person((f"g{number}", ""), amount) for number in range(GROUPS) for _ in range(size)]


Told = tuple[int | None, str | None]  # count and mean


def above(told: Told) -> bool | None:
    """Whether a mean lies nearer to what it would be with the rich one."""
    return float(told[1]) > 1_600 if told[1] else None


def seen(of: CountTable, people: list[Person], noise: Noise, times: int) -> list[Told]:
    """What is told of each group, over as many tables."""
    return [
        (cell.count, cell.mean)
        for _ in range(times)
        for cell in tabulate(people, how(of, noise))
        if cell.row != "overig"
    ]


def guessed(present: Sequence[object], absent: Sequence[object]) -> float:
    """How often the best guess is right: learnt from one half of the tries, tried on the other."""
    learnt = Counter(present[::2])
    learnt.subtract(Counter(absent[::2]))
    right = sum(learnt[one] > 0 for one in present[1::2]) + sum(learnt[one] <= 0 for one in absent[1::2])
    return right / (len(present[1::2]) + len(absent[1::2]))


def at_most(epsilon: float, tries: int) -> float:
    """What epsilon allows of a guess between two equally likely worlds, and five standard deviations of chance."""
    return math.exp(epsilon) / (1 + math.exp(epsilon)) + 5 * math.sqrt(0.25 / tries)


def test_one_person_more_or_less_shows_in_no_difference_of_two_tables() -> None:
    of = town()
    for size in (15, SHOWS, 60):  # at the threshold, where the pattern of what is shown could tell, and well above it
        present, absent = seen(of, crowd(size), OpenDp(), 20), seen(of, crowd(size - 1), OpenDp(), 20)
        assert guessed(present, absent) <= at_most(COST / 1_000, len(present)), size
    # nobody noticed: without noise the same attack never fails
    assert guessed(seen(of, crowd(60), Silence(), 4), seen(of, crowd(59), Silence(), 4)) > 0.95


def test_the_richest_of_a_group_does_not_show_in_its_mean() -> None:
    of = town(cost=1_000, gemiddelde=INCOME)
    rich = [Person((f"g{number}", ""), 10_000) for number in range(GROUPS)]
    poor = [Person((f"g{number}", ""), 0) for number in range(GROUPS)]
    present, absent = (seen(of, crowd(80, 1_500) + one, OpenDp(), 20) for one in (rich, poor))
    assert guessed([above(one) for one in present], [above(one) for one in absent]) <= at_most(1.0, len(present))


@pytest.mark.parametrize("size", [0, 1, 7, 13, 14])
def test_no_group_below_the_threshold_is_ever_shown(size: int) -> None:
    of = town(cost=3_000)  # the least noise that may be had
    cells = seen(of, [*crowd(size), *(Person(("overig", "")) for _ in range(500))], OpenDp(), 40)
    assert len(cells) == GROUPS * 40
    assert [one for one in cells if one != (None, None)] == []


def test_a_total_less_its_parts_is_no_small_group() -> None:
    """Rows of one table and cells of another, without any noise: what stays hidden together is a group again."""
    wards, both = table(naam="een", kolom=None), table()
    sizes = {("Noord", "alleen"): 100, ("Noord", "paar"): 3, ("Noord", "gezin"): 90, ("Oost", "alleen"): 80,
             ("Oost", "paar"): 90, ("Oost", "gezin"): 2, ("Zuid", "alleen"): 70, ("Zuid", "paar"): 60}  # fmt: skip
    crowd_ = [Person(at) for at, size in sizes.items() for _ in range(size)]
    rows = {
        cell.row: cell.count for cell in tabulate([Person((one.at[0], "")) for one in crowd_], how(wards, Silence()))
    }
    cells = {(cell.row, cell.column): cell.count for cell in tabulate(crowd_, how(both, Silence()))}
    for row, total in rows.items():
        parts = [count for (of, _), count in cells.items() if of == row]
        left = (total or 0) - sum(count or 0 for count in parts)
        assert total is None or None not in parts or left >= 15


def test_noise_is_what_was_paid_for() -> None:
    drawn = OpenDp().added([1_000] * 4_000, 1, 0.5)
    off = [abs(one - 1_000) for one in drawn]
    # discrete Laplace with epsilon 0.5: the mean distance is 1.92, and more than m is as likely as `beyond` says
    assert 1.6 < sum(off) / len(off) < 2.3
    assert sum(one > beyond(0.5, 0.025) for one in off) / len(off) < 0.05
    assert len(set(OpenDp().added([10**11] * 50, 5_000, 0.5))) > 30
    assert OpenDp().added([], 1, 1.0) == []
