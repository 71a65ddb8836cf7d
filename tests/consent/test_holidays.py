"""On which days a term of the law does not end."""

from datetime import date, datetime

import pytest

from consent.holidays import easter, holidays, is_working, working_from
from consent.terms import working_days
from kernel.clock import instant, millis


@pytest.mark.parametrize(
    "day",
    ["1961-04-02", "2000-04-23", "2008-03-23", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25",
     "2049-04-18", "2076-04-19", "2285-03-22"],
)  # fmt: skip
def test_easter_falls_where_the_almanacs_have_it(day: str) -> None:
    assert easter(int(day[:4])) == date.fromisoformat(day)


def test_the_holidays_of_a_year_are_those_of_the_law() -> None:
    said = ("01-01", "04-06", "04-27", "05-05", "05-14", "05-25", "12-25", "12-26")
    assert sorted(holidays(2026)) == [date.fromisoformat(f"2026-{day}") for day in said]
    assert is_working(date(2026, 4, 3)), "Good Friday is one for another law"


def test_on_a_sunday_the_birthday_of_the_king_is_a_day_sooner() -> None:
    assert date(2031, 4, 26) in holidays(2031) and date(2031, 4, 27) not in holidays(2031)
    assert date(2025, 4, 27).weekday() == 6 and date(2025, 4, 26) in holidays(2025)


@pytest.mark.parametrize(
    ("ends", "becomes"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-21", "2026-11-23"),  # a Saturday
        ("2026-11-22", "2026-11-23"),
        ("2026-12-25", "2026-12-28"),  # Friday, and then a Saturday that is one too
        ("2027-12-25", "2027-12-27"),
        ("2026-04-04", "2026-04-07"),  # Easter
        ("2028-12-30", "2029-01-02"),  # over the end of the year
        ("2026-05-14", "2026-05-15"),
    ],
)
def test_a_term_ends_on_a_working_day(ends: str, becomes: str) -> None:
    assert working_from(date.fromisoformat(ends)) == date.fromisoformat(becomes)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-02T00:30:00+01:00", "2026-11-08T23:30:00Z"),  # a Monday here, a Sunday in Greenwich
        ("2026-11-06T23:30:00+01:00", "2026-11-13T22:30:00Z"),
        ("2026-10-22T12:00:00+02:00", "2026-10-29T11:00:00Z"),  # the same hour in winter
        ("2026-12-22T12:00:00+01:00", "2026-12-30T11:00:00Z"),
    ],
)
def test_five_working_days_are_those_of_the_calendar_here(asked: str, due: str) -> None:
    assert instant(working_days(millis(datetime.fromisoformat(asked)), 5)) == due
