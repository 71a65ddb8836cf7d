"""What was asked, or everything that is wrong with the question.

Source: OpenAPI 2.7.0; fields-fout-cases.feature and raadpleeg-met-burgerservicenummer/fout-cases.feature.
The OpenAPI's own pattern for the name of a wrong parameter does not allow `fields[0]`; the scenarios do, and win.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assembly.demo.brp.paths import objection
from assembly.demo.brp.values import Json

BY_NUMBER = "RaadpleegMetBurgerservicenummer"
MOST_NUMBERS, MOST_FIELDS = 20, 130
NUMBER, FIELD, MUNICIPALITY = r"^[0-9]{9}$", r"^[a-zA-Z0-9\._]{1,200}$", r"^[0-9]{4}$"
KNOWN = ("type", "fields", "burgerservicenummer", "gemeenteVanInschrijving")


@dataclass(frozen=True)
class Query:
    """A question that can be answered: 1..20 numbers, 1..130 fields, and perhaps one municipality."""

    numbers: tuple[str, ...]
    fields: tuple[str, ...]
    municipality: str | None


@dataclass(frozen=True)
class Invalid:
    """One wrong parameter: its name, a code and a reason in Dutch. Never holds the value that was sent."""

    name: str
    code: str
    reason: str


class Refused(Exception):
    """The question cannot be answered; `invalid` names every wrong parameter once."""

    def __init__(self, invalid: tuple[Invalid, ...]) -> None:
        super().__init__(f"{len(invalid)} wrong parameters")
        self.invalid = invalid


def read_query(body: Json) -> Query:
    """The question in this body. Raises Refused."""
    wrong = tuple(_wrong_type(body) or _wrong(body))
    if wrong:
        raise Refused(wrong)
    return Query(tuple(body["burgerservicenummer"]), tuple(body["fields"]), body.get("gemeenteVanInschrijving"))


def _wrong_type(body: Json) -> list[Invalid]:
    if "type" not in body:
        return [Invalid("type", "required", "Parameter is verplicht.")]
    if body["type"] != BY_NUMBER:
        return [Invalid("type", "value", "Dit nagebouwde BRP kent dit zoektype niet.")]
    return []


def _wrong(body: Json) -> Iterator[Invalid]:
    yield from _wrong_array(body, "burgerservicenummer", MOST_NUMBERS, _wrong_number)
    municipality = body.get("gemeenteVanInschrijving")
    if municipality is not None and not _fits(MUNICIPALITY, municipality):
        yield Invalid("gemeenteVanInschrijving", "pattern", f"Waarde voldoet niet aan patroon {MUNICIPALITY}.")
    yield from _wrong_array(body, "fields", MOST_FIELDS, _wrong_field)
    for name in body:
        if name not in KNOWN:
            yield Invalid(name[:30], "unknownParam", "Parameter is niet verwacht.")


def _wrong_array(
    body: Json, name: str, most: int, wrong_item: Callable[[str, object], Invalid | None]
) -> Iterator[Invalid]:
    items = body.get(name)
    if items is None:
        yield Invalid(name, "required", "Parameter is verplicht.")
    elif not isinstance(items, list):
        yield Invalid(name, "array", "Parameter is geen array.")
    elif not items:
        yield Invalid(name, "minItems", "Array bevat minder dan 1 items.")
    elif len(items) > most:
        yield Invalid(name, "maxItems", f"Array bevat meer dan {most} items.")
    else:
        found = (wrong_item(f"{name}[{index}]", item) for index, item in enumerate(items))
        yield from (one for one in found if one)


def _wrong_number(name: str, item: object) -> Invalid | None:
    return None if _fits(NUMBER, item) else Invalid(name, "pattern", f"Waarde voldoet niet aan patroon {NUMBER}.")


def _wrong_field(name: str, item: object) -> Invalid | None:
    if not isinstance(item, str) or not _fits(FIELD, item):
        return Invalid(name, "pattern", f"Waarde voldoet niet aan patroon {FIELD}.")
    reason = objection(item)
    return Invalid(name, "fields", reason) if reason else None


def _fits(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern[1:-1], value, re.ASCII) is not None
