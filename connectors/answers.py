"""Answers instead of data: a yes or a no, declared in the catalogue as an expression over elements (CEL). Pure.

An expression knows its inputs, `today`, the code of the `municipality` and the social `minimum` in cents a month; it
has no clock and no way out, and a list of what it may use. Unknown is no answer, never `false`: of a date that is known
in part every day that it can be is tried, and an answer is given when all of them agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice

import cel
from pydantic import JsonValue

CHARACTERS, DAYS = 300, 366
OPERATORS = frozenset(f"_{one}_" for one in ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "&&", "||", "?_:"))
ALLOWED = OPERATORS | {"!_", "-_", "@in", "size", "years", "cents"}
FACTS = frozenset({"today", "municipality", "minimum"})


class Unknown(Exception):
    """An input says nothing that an answer can be made of."""


@dataclass(frozen=True)
class Facts:
    """What answers are made with besides values: today, the code of the municipality, the norm in cents a month."""

    today: date
    municipality: str
    norm: int


@dataclass(frozen=True)
class Rule:
    """names: element by the name that the expression gives it. Made by `rule`, which judges it."""

    program: cel.Program
    names: Mapping[str, str]

    def answer(self, values: Mapping[str, JsonValue], facts: Facts) -> bool | None:
        """values: by element. None: unknown."""
        if any(element not in values for element in self.names.values()):
            return None
        around: dict[str, object] = {"today": facts.today.isoformat()}
        if facts.municipality:
            around["municipality"] = facts.municipality
        if facts.norm:
            around["minimum"] = facts.norm  # 0: the table does not go back that far
        try:
            tried = {self._outcome(around | inputs) for inputs in self._inputs(values)}
        except (Unknown, ValueError, TypeError, KeyError, RuntimeError, OverflowError, ZeroDivisionError):
            return None  # whatever it is, it is not known
        return tried.pop() if len(tried) == 1 else None

    def _outcome(self, variables: dict[str, object]) -> bool:
        outcome = self.program.execute(cel.Context(variables=variables, functions={"years": years, "cents": cents}))
        if not isinstance(outcome, bool):
            raise Unknown
        return outcome

    def _inputs(self, values: Mapping[str, JsonValue]) -> Iterator[dict[str, object]]:
        """One set of inputs, or one for each day that the only incomplete date can be."""
        known: dict[str, object] = {}
        open_dates: list[tuple[str, tuple[date, date]]] = []
        for name, element in self.names.items():
            said = values[element]
            days = days_of(said)
            if days is None:
                known[name] = said
            elif days[0] == days[1]:
                known[name] = days[0].isoformat()
            else:
                open_dates.append((name, days))
        if not open_dates:
            yield known
            return
        ((name, (first, last)),) = open_dates  # two would be a table of days: ValueError, unknown
        every = (first + timedelta(days=day) for day in range((last - first).days + 1))
        for day in islice(every, DAYS):
            yield known | {name: day.isoformat()}


def rule(text: str, names: Mapping[str, str]) -> Rule:
    """Raises ValueError, with what is wrong."""
    if len(text) > CHARACTERS:
        raise ValueError(f"an expression of more than {CHARACTERS} characters")
    try:
        program = cel.compile(text)
    except (ValueError, RuntimeError):
        raise ValueError("no CEL expression") from None
    strange = set(program.functions()) - ALLOWED
    # what a macro (map, exists) binds shows as a variable: with it, loops are out
    unbound = set(program.variables()) - FACTS - set(names)
    if strange or unbound:
        raise ValueError(f"not offered here: {', '.join(sorted(strange | unbound))}")
    if set(names) & FACTS or set(names) - set(program.variables()):
        raise ValueError("a name that hides a fact, or that is not used")
    return Rule(program, names)


def years(since: str, until: str) -> int:
    """Whole years between two days (ISO 8601). Who was born on 29 February is a year older on 1 March."""
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def cents(amount: JsonValue) -> int:
    """Euros as text, number or {bedrag}, two decimals at most. Raises Unknown."""
    said = amount.get("bedrag") if isinstance(amount, dict) else amount
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        raise Unknown
    try:
        whole = Decimal(str(said)) * 100
    except InvalidOperation:
        raise Unknown from None
    if not (whole.is_finite() and 0 <= whole < 10**12 and whole == whole.to_integral_value()):
        raise Unknown
    return int(whole)


def days_of(said: JsonValue) -> tuple[date, date] | None:
    """The first and last day that a date of the BRP can be; None when it is no date. Raises Unknown, ValueError."""
    kind = said.get("type") if isinstance(said, dict) else None
    if not isinstance(said, dict) or kind not in ("Datum", "JaarMaandDatum", "JaarDatum", "DatumOnbekend"):
        return None
    try:
        if kind == "Datum":
            day = date.fromisoformat(str(said["datum"]))
            return day, day
        if kind == "JaarDatum":
            year = int(str(said["jaar"]))
            return date(year, 1, 1), date(year, 12, 31)
        if kind == "JaarMaandDatum":
            first = date(int(str(said["jaar"])), int(str(said["maand"])), 1)
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    except (KeyError, ValueError):
        pass
    raise Unknown
