"""Nothing beyond the decision passes. Answers of yes or no are made here, from values that stay here. Pure.

Unknown is no answer, never `false`: a person whose date of birth is unknown is not a minor (`connectors.answers`).
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import JsonValue

from audit.contract import Ground
from connectors.answers import Facts
from connectors.catalogue import catalogue, fits, unreadable
from connectors.contract import NotDelivered, NotDeliveredCode, Released
from connectors.window import HERE, Window
from kernel.clock import moment
from vault.contract import Value, Values

_REASONS: dict[NotDeliveredCode, str] = {
    "bron-niet-bereikbaar": "De bron antwoordt nu niet. Probeer het later opnieuw.",
    "niet-leesbaar": "De bron gaf dit in een vorm die wij niet kunnen lezen. De beheerder kan dat zien.",
    "niet-bekend": "De bron heeft dit gegeven niet.",
}


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
    allowed: Sequence[str],
    ground: Ground,
    found: Mapping[str, Values | None],
    facts: Facts,
    doubted: Set[str] = frozenset(),
) -> tuple[dict[str, Released], tuple[NotDelivered, ...]]:
    """What may leave, and what is not there. found: by source; None when it did not answer. doubted: elements
    that somebody reported, which are marked as those are that their own register marks."""
    released: dict[str, Released] = {}
    missing: list[NotDelivered] = []
    for one in ground.toegestaan:
        if one.element not in allowed:
            continue
        # a value counts only from the very source that the decision names for it, and within its window
        window = Window(one.terug, one.eerder == "ja", moment(ground.beslist))
        inputs = [_within(window, one.element, _value(found.get(source), element)) for source, element in one.invoer]
        answer = _answer(one.element, one.bron, [value for value in inputs if value is not None], facts)
        if answer is not None and None not in inputs:
            doubt = one.element in doubted or any(element in doubted for _, element in one.invoer)
            released[one.element] = answer.model_copy(update={"under_investigation": True}) if doubt else answer
        else:
            missing.append(not_delivered(one.element, _why([(found.get(source), each) for source, each in one.invoer])))
    return released, tuple(missing)


def _why(inputs: Sequence[tuple[Values | None, str]]) -> NotDeliveredCode:
    if any(values is None for values, _ in inputs):
        return "bron-niet-bereikbaar"
    misshapen = any(element in unreadable(values) for values, element in inputs if values is not None)
    return "niet-leesbaar" if misshapen else "niet-bekend"


def not_delivered(element: str, code: NotDeliveredCode) -> NotDelivered:
    """With its sentence."""
    return NotDelivered(element=element, code=code, reason=_REASONS[code])


def _value(values: Values | None, element: str) -> Value | None:
    """What has not the form of its element is not there: a register's mistake, or somebody's own text."""
    said = (value for value in values.values if value.element == element) if values else ()
    return next((value for value in said if fits(element, value.value)), None)


def _within(window: Window, element: str, value: Value | None) -> Value | None:
    """What was read only to find the element (a number of another register) is not looked back at."""
    known = catalogue().get(element)
    if value is None or known is None or (known.rule is None and value.element != element):
        return value
    of = catalogue().get(value.element)
    return window.seen(value, of.described.dated if of else "")


def _answer(element: str, source: str, inputs: Sequence[Value], facts: Facts) -> Released | None:
    known = catalogue().get(element)
    if known is not None and known.rule is not None:
        outcome = known.rule.answer({one.element: one.value for one in inputs}, facts)
        return None if outcome is None else _released(outcome, source, inputs, inputs[0])
    # what was read to find it (a number of another register) stays here
    own = next((one for one in inputs if one.element == element), None)
    return _released(own.value, own.source, (own,), own) if own and own.value is not None else None


def _released(value: JsonValue, source: str, made_of: Sequence[Value], first: Value) -> Released:
    return Released(
        value=value,
        source=source,
        as_of=_rfc3339(min(one.as_of for one in made_of)),
        origin=first.origin,
        under_investigation=any(one.under_investigation for one in made_of),
    )


def _rfc3339(milliseconds: int) -> str:
    return moment(milliseconds).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
