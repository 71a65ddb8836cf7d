"""Spans of the calendar, in milliseconds. Of recipients in UTC: none is sooner in its right than by two hours."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from consent.activity import ActivityVersion, Frequency
from consent.holidays import is_working
from kernel.clock import millis, moment

DAY = 86_400_000  # ms
HERE: Final = ZoneInfo("Europe/Amsterdam")
ANSWER_DAYS = 28  # how long a consent request waits; long enough for a holiday
OPEN_MOST = 5_000  # requests of one recipient, with all its applications, that nobody took up
QUESTION_DAYS = 5  # working days until the answer on a resident's question is due


def running(frequency: Frequency, at: int) -> tuple[int, int]:
    """Begin and end of the running day, month or year; (0, 0) when the case itself is the term."""
    now = moment(at)
    match frequency.per:
        case "dag":
            begin = datetime(now.year, now.month, now.day, tzinfo=UTC)
            return millis(begin), millis(begin) + DAY
        case "maand":
            ahead = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
            return millis(datetime(now.year, now.month, 1, tzinfo=UTC)), millis(ahead)
        case "jaar":
            ahead = datetime(now.year + 1, 1, 1, tzinfo=UTC)
            return millis(datetime(now.year, 1, 1, tzinfo=UTC)), millis(ahead)
    return 0, 0


def working_days(at: int, days: int) -> int:
    """The same hour, so many working days later, on the clock of the Netherlands."""
    when = moment(at).astimezone(HERE)
    while days:
        when += timedelta(days=1)
        days -= is_working(when.date())
    return millis(when)


def destruction_year(at: int, years: int) -> int:
    """The calendar year in which a line goes that is kept for so many years."""
    return moment(at).year + years


def covert(version: ActivityVersion) -> Literal["", "ja"]:
    """Whether a resident may not know that there are lines of this activity, until people lift them."""
    return "ja" if version.secrecy and version.secrecy.class_ == "heimelijk" else ""


def withheld_until(version: ActivityVersion, at: int) -> int:
    """Until when a line of this activity is not shown to its resident, ms; 0 when it is shown at once."""
    return version.secrecy.until if version.secrecy and version.secrecy.until > at else 0
