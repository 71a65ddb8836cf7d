"""How long a resident lets somebody look: the last days that a page offers, and what a form sent. Pure.

A last day ends at midnight in the Netherlands, whatever the clock did in between; the register keeps the moment.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from kernel.clock import millis, moment
from web.frame import Option
from web.language import AMSTERDAM, N_, Language, format_day, translations

DAYS: Final = (1, 7, 30, 91, 182, 365)
LAST_DAY: Final = N_("Tot en met %(datum)s")
LONGEST: Final = N_("Zo lang als het mag: tot en met %(datum)s")
NO_END: Final = N_("Tot u stopt")


def last_day(milliseconds: int) -> date:
    """The local day in which this moment lies."""
    return moment(milliseconds).astimezone(AMSTERDAM).date()


def end_of_day(day: date) -> int:
    """The last millisecond of that local day: 23, 24 or 25 hours after it began."""
    return millis(datetime.combine(day + timedelta(days=1), time(), AMSTERDAM)) - 1


def earlier(now: datetime, until: int, language: Language) -> tuple[Option, ...]:
    """Last days before `until` (ms, 0: no end) that can be chosen now, none of them chosen."""
    today = now.astimezone(AMSTERDAM).date()
    days: Iterable[date] = (today + timedelta(days=number) for number in DAYS)
    say = translations(language).gettext
    return tuple(
        Option(value=day.isoformat(), text=say(LAST_DAY) % {"datum": format_day(day, language)})
        for day in days
        if not until or end_of_day(day) < until
    )


def longest(until: int, language: Language) -> Option:
    """What a yes means when nothing else is chosen."""
    say = translations(language).gettext
    text = say(LONGEST) % {"datum": format_day(last_day(until), language)} if until else say(NO_END)
    return Option(value="", text=text)


def chosen_end(sent: str) -> int:
    """ms; 0 for none, and for what is no day of ours: the register judges the rest."""
    try:
        return end_of_day(date.fromisoformat(sent)) if len(sent) == 10 else 0
    except (ValueError, OverflowError):
        return 0
