"""Terms and steps of what a resident asks. Pure.

    ingediend -> in-behandeling -> gegrond | ongegrond
    ingediend, in-behandeling   -> ingetrokken

The term is one month, with a reason two months longer (AVG 12(3)). It ends on the same day of the month, or on its last
day where there is no such day (Regulation 1182/71 article 3), at the end of the day in the Netherlands. A term that
ends in a weekend is not made longer: the resident is never promised less than the law says.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from consent.contract import NotNow
from consent.rights.contract import Step
from kernel.clock import millis, moment

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONTHS, LONGER = 1, 2
DRAFT, FILED, TAKEN, LAPSED = "concept", "ingediend", "in-behandeling", "vervallen"
OPEN = frozenset({FILED, TAKEN})
STANDS = frozenset({*OPEN, "gegrond"})  # an objection in one of these suspends
BECOMES: Mapping[Step, str] = {
    "in-behandeling": TAKEN, "gegrond": "gegrond", "ongegrond": "ongegrond", "intrekken": "ingetrokken",
}  # fmt: skip
_FROM: Mapping[Step, frozenset[str]] = {
    "in-behandeling": frozenset({FILED}),
    "verlengen": OPEN,
    "gegrond": frozenset({TAKEN}),
    "ongegrond": frozenset({TAKEN}),
    "intrekken": OPEN,
}
NO_RIGHT = (
    "Tegen dit gebruik kunt u geen bezwaar maken. Het moet van de wet, of u kiest er zelf voor: dan kunt u stoppen."
)


def months_after(at: int, months: int) -> int:
    """The last second of the term that begins at a moment in ms."""
    day = moment(at).astimezone(AMSTERDAM).date()
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = date(year, month, min(day.day, monthrange(year, month)[1]))
    return millis(datetime.combine(last, time(23, 59, 59), AMSTERDAM))


def due(filed_at: int, extended_at: int) -> int:
    """When the answer is due, ms. extended_at: 0 when it was not."""
    return months_after(filed_at, MONTHS + LONGER if extended_at else MONTHS)


def may(status: str, step: Step, filed_at: int, extended_at: int, at: int) -> None:
    """Raises NotNow when this step is not open; an extension is told within the first month, and once."""
    if status not in _FROM[step]:
        taken = "Dit verzoek wordt al behandeld." if status == TAKEN else "Neem dit eerst in behandeling."
        raise NotNow(taken if status in OPEN else "Dit verzoek is al afgehandeld.")
    if step == "verlengen" and (extended_at or at > due(filed_at, 0)):
        raise NotNow("De termijn kan niet meer langer.")
