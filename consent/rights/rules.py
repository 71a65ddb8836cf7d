"""Terms and steps of what a resident asks. Pure.

    ingediend -> in-behandeling -> gegrond | ongegrond
    ingediend, in-behandeling   -> ingetrokken

What stands still by a restriction goes on only after a notice to the resident (AVG 18(3)), and a week in which they can
say something about it; or when they say so themselves, at any time.

The term is one month, with a reason two months longer (AVG 12(3)). It ends on the same day of the month, or on its last
day where there is no such day, and where that is no working day with the next one (Regulation 1182/71 article 3), at
the end of the day in the Netherlands.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from consent.contract import NotNow
from consent.holidays import working_from
from consent.rights.contract import Step
from consent.terms import DAY
from kernel.clock import millis, moment

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONTHS, LONGER = 1, 2
NOTICE_MS = 7 * DAY  # the law names no time; in a week somebody reads their post
AT_ONCE = frozenset({"juistheid", "bezwaar"})  # AVG 18(1)(a) and (d): while it is looked at
DRAFT, FILED, TAKEN, LAPSED = "concept", "ingediend", "in-behandeling", "vervallen"
OPEN = frozenset({FILED, TAKEN})
STANDS = frozenset({*OPEN, "gegrond"})  # an objection in one of these suspends
BECOMES: Mapping[Step, str] = {
    "in-behandeling": TAKEN, "gegrond": "gegrond", "ongegrond": "ongegrond", "intrekken": "ingetrokken",
}  # fmt: skip
LIFTING = frozenset({"ongegrond", "opheffen", "intrekken"})  # what ends a restriction that stands
_FROM: Mapping[Step, frozenset[str]] = {
    "in-behandeling": frozenset({FILED}),
    "verlengen": OPEN,
    "gegrond": frozenset({TAKEN}),
    "ongegrond": frozenset({TAKEN}),
    "intrekken": OPEN,
}
_FROM_RESTRICTION: Mapping[Step, frozenset[str]] = {
    **_FROM,
    "intrekken": STANDS,
    "aankondigen": frozenset({TAKEN, "gegrond"}),
    "opheffen": frozenset({"gegrond"}),
}
NO_RIGHT = (
    "Tegen dit gebruik kunt u geen bezwaar maken. Het moet van de wet, of u kiest er zelf voor: dan kunt u stoppen."
)
NOT_STANDING = "Dit gebruik kiest u zelf. U kunt het stoppen bij uw toestemmingen."
NO_OBJECTION = "Zeg eerst dat u het niet eens bent met een gebruik. Dan kan dit ook."


def months_after(at: int, months: int) -> int:
    """The last second of the term that begins at a moment in ms."""
    day = moment(at).astimezone(AMSTERDAM).date()
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = date(year, month, min(day.day, monthrange(year, month)[1]))
    return millis(datetime.combine(working_from(last), time(23, 59, 59), AMSTERDAM))


def due(filed_at: int, extended_at: int) -> int:
    """When the answer is due, ms. extended_at: 0 when it was not."""
    return months_after(filed_at, MONTHS + LONGER if extended_at else MONTHS)


def may(status: str, step: Step, filed_at: int, extended_at: int, at: int, kind: str = "") -> None:
    """Raises NotNow when this step is not open; an extension is told within the first month, and once."""
    if status not in (_FROM_RESTRICTION if kind == "beperking" else _FROM).get(step, frozenset()):
        taken = "Dit verzoek wordt al behandeld." if status == TAKEN else "Neem dit eerst in behandeling."
        raise NotNow(taken if status in OPEN else "Dit verzoek is al afgehandeld.")
    if step == "verlengen" and (extended_at or at > due(filed_at, 0)):
        raise NotNow("De termijn kan niet meer langer.")


def may_lift(step: Step, announced_at: int, at: int) -> None:
    """Of a restriction that stands, at a moment in ms. Raises NotNow before its resident was told, and had a week."""
    if step in ("aankondigen", "intrekken"):
        return
    if not announced_at:
        raise NotNow("Vertel het de inwoner eerst, met de reden.")
    if at < announced_at + NOTICE_MS:
        raise NotNow("De inwoner is ingelicht. Wacht tot de week voorbij is.")
