"""From people to a table, without noise; and what noise may not change."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.counting.contract import Cell
from connectors.counting.grouping import group, groups
from connectors.counting.noise import beyond
from connectors.counting.tabulating import PER_PLACE, Person, person, tabulate
from consent.contract import Axis
from tests.connectors.counting.tables import INCOME, ONE_SIDE, SQUARES, WARDS, Silence, how, people, table

TODAY = date(2026, 9, 1)
CLEAR = 15 + beyond(1.0)


def axis(**said: Any) -> Axis:
    return Axis.model_validate({"gegevenselement": "bevolking.x", **said})


def shown(cells: tuple[Cell, ...]) -> dict[str, int | None]:
    return {cell.row: cell.count for cell in cells}


AGES = axis(indeling="leeftijd", grenzen=(18, 65))
PAY = axis(indeling="klasse", grenzen=(1_500, 3_000))
SPOT = axis(indeling="vak")
KNOWN = [
    (AGES, "2008-09-01", "18-64"), (AGES, "2008-09-02", "0-17"), (AGES, "1950-01-01", "65+"),
    (AGES, {"type": "JaarDatum", "jaar": 1950}, "65+"), (AGES, {"type": "JaarDatum", "jaar": 2008}, None),
    (AGES, "2030-01-01", None), (AGES, "1 mei", None), (AGES, 1950, None), (AGES, None, None),
    (PAY, "1499.99", "0-1499"), (PAY, "1500.00", "1500-2999"), (PAY, 3_000, "3000+"), (PAY, "-1", None),
    (PAY, "veel", None), (PAY, True, None),
    (SPOT, {"x": 109_999.9, "y": 490_000}, "E109800N490000"), (SPOT, {"x": 110_000, "y": 490_199}, "E110000N490000"),
    (SPOT, {"x": 4.9, "y": 52.3}, None), (SPOT, {"x": True, "y": 490_000}, None), (SPOT, {"x": 110_000}, None),
    (SPOT, {"x": float("nan"), "y": 490_000}, None), (SPOT, {"x": float("inf"), "y": 490_000}, None),
    (axis(groepen=("ja", "nee")), True, "ja"), (axis(groepen=("ja", "nee")), False, "nee"),
    (axis(groepen=("Noord",)), "Ergens", "overig"), (axis(groepen=("2",)), 2, "2"), (axis(groepen=("a",)), {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("side", "value", "expected"), KNOWN)
def test_a_value_puts_somebody_in_one_group_or_in_none(side: Axis, value: Any, expected: str | None) -> None:
    assert group(side, value, TODAY) == expected
    assert expected is None or side.by == "vak" or expected in groups(side)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=100)
@given(JSON)
def test_whatever_a_register_says_is_a_group_that_was_named_or_none(value: Any) -> None:
    for side in (AGES, PAY, SPOT, axis(groepen=("ja", "nee"))):
        assert group(side, value, TODAY) in (None, *groups(side))


def test_every_group_is_listed_whoever_is_in_it() -> None:
    cells = tabulate(people(Noord=60), how(ONE_SIDE, Silence()))
    assert [cell.row for cell in cells] == [*WARDS, "overig"]
    # the other half of the total is empty: with it alone withheld, everybody would be known to live there
    assert shown(cells) == dict.fromkeys([*WARDS, "overig"])


def test_a_group_is_shown_when_it_clears_the_threshold_by_more_than_noise() -> None:
    sizes = {"Noord": CLEAR, "Oost": CLEAR - 1, "Zuid": 100, "West": 200}
    assert shown(tabulate(people(**sizes), how(ONE_SIDE, Silence()))) == {
        "Noord": None,  # the least of those that could be shown goes with the others
        "Oost": None,
        "Zuid": 100,
        "West": 200,
        "overig": None,
    }


def test_noise_that_lifts_a_small_group_does_not_show_it() -> None:
    class Lift(Silence):
        def added(self, values: Any, reach: int, epsilon: float) -> list[int]:
            return [value + 1_000 for value in values]

    assert set(shown(tabulate(people(Noord=14, Oost=0, Zuid=1), how(ONE_SIDE, Lift()))).values()) == {None}


def test_one_shelter_does_not_make_a_square() -> None:
    def living(east: int, homes: int, each: int) -> list[Person]:
        square = f"E{east:06d}N490000"
        return [Person((square, ""), place=(east + home, 490_000)) for home in range(homes) for _ in range(each)]

    crowd = living(110_000, 1, 80) + living(110_200, 40, 2) + living(110_400, 50, 2) + living(110_600, 60, 9)
    cells = tabulate(crowd, how(SQUARES, Silence()))
    # the shelter of 80 counts as a home of four; the smallest that could be shown goes along; nine at a door are four
    assert shown(cells) == {"E110400N490000": 100, "E110600N490000": 60 * PER_PLACE}


def test_a_mean_is_bounded_and_takes_half_of_the_cost() -> None:
    noise = Silence()
    wide = table(naam="inkomen", kolom=None, gemiddelde=INCOME)
    crowd = [Person((row, ""), amount) for row in WARDS for amount in (1_000, 2_000) for _ in range(100)]
    crowd += [Person(("overig", ""), 10_000) for _ in range(100)]
    cells = tabulate(crowd, how(wide, noise))
    assert {cell.row: cell.mean for cell in cells} == dict.fromkeys(WARDS, "1500.00") | {"overig": "10000.00"}
    assert noise.asked == [(1, 0.5), (5_000, 0.5)]


def test_an_amount_beyond_its_bounds_weighs_no_more_than_the_bound() -> None:
    wide = table(naam="inkomen", kolom=None, gemiddelde={**INCOME, "hoogste": 5_000})
    found = person(wide, {"bevolking.wijk": "Noord", "bevolking.inkomenPerMaand": "999999.00"}, TODAY)
    assert found == Person(("Noord", ""), 5_000)
    assert person(wide, {"bevolking.wijk": "Noord"}, TODAY) is None, "unknown is no zero"
    assert person(wide, {"bevolking.inkomenPerMaand": "1.00"}, TODAY) is None
