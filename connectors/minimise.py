"""Nothing beyond the decision passes. Yes/no answers are made here, from values that stay here. Pure.

Unknown is no answer, never `false`: a person whose date of birth is unknown is not a minor.
"""

import json
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from audit.contract import Ground
from connectors.contract import NotDelivered, NotDeliveredCode, Released
from kernel.clock import moment
from vault.contract import Value, Values

HERE = ZoneInfo("Europe/Amsterdam")  # a birthday begins at midnight in the Netherlands
ADULT, PERCENT = 18, 110  # BW 1:233; the border of the scheme
_REASONS: dict[NotDeliveredCode, str] = {
    "bron-niet-bereikbaar": "De bron antwoordt nu niet. Probeer het later opnieuw.",
    "niet-bekend": "De bron heeft dit gegeven niet.",
}


@dataclass(frozen=True)
class Facts:
    """What answers are made with besides values: today, the code of the municipality, the norm in cents a month."""

    today: date
    municipality: str
    norm: int


@dataclass(frozen=True)
class Norms:
    """A dated table of the social minimum, cents a month."""

    rows: tuple[tuple[date, int], ...]

    @classmethod
    def read(cls, text: str) -> "Norms":
        """Raises ValueError, KeyError."""
        said = json.loads(text)["sociaalMinimum"]
        return cls(tuple(sorted((date.fromisoformat(row["vanaf"]), int(row["centen"])) for row in said)))

    def on(self, day: date) -> int:
        """The norm in force; 0 when the table does not go back that far, and then there is no answer."""
        return next((cents for since, cents in reversed(self.rows) if since <= day), 0)


NORMS = Norms.read(Path(__file__).with_name("norms.json").read_text())


def facts_at(now: datetime, municipality: str, norms: Norms = NORMS) -> Facts:
    """For answers given at this moment."""
    today = now.astimezone(HERE).date()
    return Facts(today, municipality, norms.on(today))


def minimise(
    allowed: Sequence[str], ground: Ground, found: Mapping[str, Values | None], facts: Facts
) -> tuple[dict[str, Released], tuple[NotDelivered, ...]]:
    """What may leave, and what is not there. found: by source; None when it did not answer."""
    released: dict[str, Released] = {}
    missing: list[NotDelivered] = []
    for one in ground.toegestaan:
        if one.element not in allowed:
            continue
        # a value counts only from the very source that the decision names for it
        inputs = [_value(found.get(source), element) for source, element in one.invoer]
        answer = _answer(one.element, one.bron, [value for value in inputs if value is not None], facts)
        if answer is not None and None not in inputs:
            released[one.element] = answer
        else:
            silent = any(found.get(source) is None for source, _ in one.invoer)
            missing.append(not_delivered(one.element, "bron-niet-bereikbaar" if silent else "niet-bekend"))
    return released, tuple(missing)


def not_delivered(element: str, code: NotDeliveredCode) -> NotDelivered:
    """With its sentence."""
    return NotDelivered(element=element, code=code, reason=_REASONS[code])


def _value(values: Values | None, element: str) -> Value | None:
    return next((value for value in values.values if value.element == element), None) if values else None


def _answer(element: str, source: str, inputs: Sequence[Value], facts: Facts) -> Released | None:
    if not inputs:
        return None
    rule = MADE.get(element)
    outcome = rule(inputs[0].value, facts) if rule else inputs[0].value
    if outcome is None or (rule is None and inputs[0].element != element):
        return None
    return Released(
        value=outcome,
        source=source if rule else inputs[0].source,
        as_of=_rfc3339(min(value.as_of for value in inputs)),
        origin=inputs[0].origin,
        under_investigation=any(value.under_investigation for value in inputs),
    )


def _adult(birth: JsonValue, facts: Facts) -> bool | None:
    """The earliest and the latest day it can be; an answer only when both give the same."""
    days = _days(birth)
    if days is None:
        return None
    answers = {_age(day, facts.today) >= ADULT for day in days}
    return answers.pop() if len(answers) == 1 else None


def _days(birth: JsonValue) -> tuple[date, date] | None:
    said = birth if isinstance(birth, dict) else {}
    try:
        match said.get("type"):
            case "Datum":
                day = date.fromisoformat(str(said["datum"]))
                return day, day
            case "JaarMaandDatum":
                year, month = int(str(said["jaar"])), int(str(said["maand"]))
                return date(year, month, 1), date(year, month, monthrange(year, month)[1])
            case "JaarDatum":
                year = int(str(said["jaar"]))
                return date(year, 1, 1), date(year, 12, 31)
    except (KeyError, ValueError):
        pass
    return None


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _lives_here(municipality: JsonValue, facts: Facts) -> bool | None:
    code = municipality.get("code") if isinstance(municipality, dict) else None
    return code == facts.municipality if isinstance(code, str) and code and facts.municipality else None


def _low_income(income: JsonValue, facts: Facts) -> bool | None:
    """In whole cents: exactly 110 percent is a yes, a cent more a no."""
    cents = _cents(income.get("bedrag") if isinstance(income, dict) else income)
    return None if cents is None or not facts.norm else cents * 100 <= facts.norm * PERCENT


def _cents(amount: JsonValue) -> int | None:
    """Euros as text or number, two decimals at most."""
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return None
    try:
        cents = Decimal(str(amount)) * 100
    except InvalidOperation:
        return None
    fits = cents.is_finite() and 0 <= cents < 10**12 and cents == cents.to_integral_value()
    return int(cents) if fits else None


def _rfc3339(milliseconds: int) -> str:
    return moment(milliseconds).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


MADE: Mapping[str, Callable[[JsonValue, Facts], bool | None]] = {
    "brp.leeftijd.isMeerderjarig": _adult,
    "brp.adres.isInGemeente": _lives_here,
    "inkomen.isHoogstens110ProcentSociaalMinimum": _low_income,
}
