"""Days on which a term of the law does not end, in the Netherlands. Pure; days are those of the Dutch calendar.

Algemene termijnenwet article 3(1) names the public holidays. Good Friday, which 3(2) puts beside them for that law
alone, and days that a minister puts there, are working days here: the terms that count here are of the AVG, and of
those Regulation 1182/71 says that a term that ends on a public holiday, a Saturday or a Sunday ends with the next
working day (article 3(4)). In doubt so, who asked has an answer a day sooner.
"""

from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
EASTER_MONDAY, ASCENSION, WHIT_MONDAY = 1, 39, 50  # days after Easter


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar; what each step stands for is in the computus of Meeus and Butcher."""
    golden, century, of_century = year % 19, year // 100, year % 100
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moon + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(year: int) -> frozenset[date]:
    """Those of a year."""
    king = date(year, 4, 27)
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 5), (12, 25), (12, 26))}
    moving = {easter(year) + days * DAY for days in (EASTER_MONDAY, ASCENSION, WHIT_MONDAY)}
    # on a Sunday his birthday is celebrated the day before
    return frozenset(fixed | moving | {king - DAY if king.weekday() == SUNDAY else king})


def is_working(day: date) -> bool:
    """No Saturday, Sunday or public holiday."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def working_from(day: date) -> date:
    """This day, or the first working day after it."""
    while not is_working(day):
        day += DAY
    return day
