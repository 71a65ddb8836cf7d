"""How far back a decision lets anybody look: by the date of a value, and of each entry of a list that has dates."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import JsonValue

from connectors.catalogue import CatalogueWrong, catalogue, read
from connectors.window import Window
from kernel.clock import millis
from vault.contract import Value

DECIDED = datetime(2026, 9, 1, 12, tzinfo=UTC)
YEARS: list[JsonValue] = [{"waarde": year, "peildatum": f"{year}-01-01"} for year in (2026, 2024, 2025)]


def value(said: JsonValue = "1500.00", **ago: int) -> Value:
    at = millis(DECIDED) - sum(n * {"days": 86_400_000, "ms": 1}[name] for name, n in ago.items())
    return Value.model_validate(
        {"element": "woz.waarde", "value": said, "source": "woz", "as_of": at, "origin": "bron"}
    )


def left(days: int, earlier: bool, said: JsonValue) -> list[int]:
    seen: Any = Window(days, earlier, DECIDED).seen(value(said), "peildatum")
    return [one["waarde"] for one in seen.value] if seen else []


@pytest.mark.parametrize(
    ("days", "age", "seen"),
    [(0, {"days": 4_000}, True), (90, {"days": 90}, True), (90, {"days": 90, "ms": 1}, False), (1, {}, True)],
)
def test_a_value_counts_until_the_last_moment_of_its_window(days: int, age: dict[str, int], seen: bool) -> None:
    for earlier in (True, False):
        assert (Window(days, earlier, DECIDED).seen(value(**age), "") is not None) == seen


def test_of_a_list_with_dates_only_what_is_in_force_or_what_lies_inside_is_left() -> None:
    assert left(0, False, YEARS) == [2026]
    assert left(700, True, YEARS) == [2026, 2025]
    assert left(366, True, YEARS) == [2026]
    assert left(30, False, YEARS) == left(30, True, YEARS) == [], "in force, but older than a yes lets anybody look"
    assert left(40_000, True, YEARS) == [2026, 2024, 2025]


def test_an_entry_without_a_date_that_can_be_read_or_of_a_day_to_come_is_left_out() -> None:
    strange: list[JsonValue] = [
        {"waarde": 1},
        {"waarde": 2, "peildatum": "vorig jaar"},
        "niets",
        {"waarde": 3, "peildatum": 7},
    ]
    assert left(0, False, strange) == left(40_000, True, strange) == []
    assert left(0, False, [*strange, {"waarde": 4, "peildatum": "2027-01-01"}, *YEARS]) == [2026]
    partly: JsonValue = {"waarde": 5, "peildatum": {"type": "JaarDatum", "jaar": 2025}}
    assert left(600, True, [partly]) == [], "it may be of the first of January"
    assert left(700, True, [partly]) == [5]


def test_the_day_is_that_of_the_netherlands() -> None:
    late = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)  # 00:30 on the first of September there
    today: JsonValue = [{"waarde": 1, "peildatum": "2026-09-01"}]
    assert Window(0, False, late).seen(value(today), "peildatum") is not None
    assert Window(0, False, late.replace(hour=21)).seen(value(today), "peildatum") is None


def test_the_catalogue_says_where_an_entry_has_its_date_and_shows_one() -> None:
    assert catalogue()["woz.waarde"].described.dated == "peildatum"
    wrong = '{"woz.waarde": {"nl": "x", "en": "x", "gegevenssoort": "woning", "dpv": "HouseOwned", "gevoeligheid":' \
            ' "gewoon", "bron": "woz", "peilveld": "peildatum", "voorbeeld": [{"waarde": 1}]}}'  # fmt: skip
    with pytest.raises(CatalogueWrong, match="no list of entries"):
        read(wrong)
