"""Names of terms: the half-years into which a log is cut (trust.md 4.5). Pure; the signer knows them too.

A term is a name that comes after the one before: after a stolen key it begins early.
"""

from datetime import datetime


def half_year(now: datetime) -> str:
    """`2026h2`."""
    return f"{now.year}h{1 if now.month <= 6 else 2}"


def term_of(origin: str) -> str:
    """The last part of `<host>/<tenant>/<term>`."""
    return origin.rpartition("/")[2]


def term_after(term: str) -> str:
    """The next one by name."""
    year, _, half = term.partition("h")
    return f"{year}h2" if half == "1" else f"{int(year) + 1}h1"


def origin_in(origin: str, term: str) -> str:
    """The same log in another term."""
    return f"{origin.rpartition('/')[0]}/{term}"


class TermMoved(Exception):
    """Others write in a later term by now; origin: of that one. Nothing was written: `join`, and once more."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin
