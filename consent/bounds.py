"""Upper bounds per municipal task: an activity that names a template may ask less, never more. Pure but for one file.

The bounds are data (templates.json), drafted from general knowledge: each has to be confirmed by a lawyer or the FG.
A bound of 0 is none; of history it is the newest only, however old that is.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from consent.activity import ActivityVersion, Frequency, Words
from consent.difference import often
from kernel.message import Message, Sentence, Short, wire

FILE: Final = Path(__file__).with_name("templates.json")
Fault = tuple[str, str, str]  # JSON pointer, code, sentence
TOO_MUCH: Final = "boven-sjabloon"


class Template(Message):
    """The most that one task may ask. elements: names, or all below a name (`inkomen.*`)."""

    task: Annotated[Words, wire("taak")]
    law: Annotated[Sentence, wire("wet")]
    elements: Annotated[tuple[Short, ...], Field(min_length=1), wire("gegevenselementen")]
    most: Annotated[int, Field(ge=1), wire("hoogstens")]
    period: Annotated[int, Field(ge=0), wire("maximalePeriode")]
    frequency: Annotated[Frequency, wire("frequentie")]
    kept_days: Annotated[int, Field(ge=0), wire("bewaarDagen")]
    history: Annotated[int, Field(ge=0), wire("geschiedenis")]

    def covers(self, element: str) -> bool:
        """Whether this task may ask the element at all."""
        return any(element.startswith(name[:-1]) if name.endswith(".*") else element == name for name in self.elements)


@cache
def templates() -> Mapping[str, Template]:
    """Ours, by slug. Raises OSError, ValidationError: the installation is broken."""
    read = TypeAdapter(dict[str, Template]).validate_json(FILE.read_bytes(), by_alias=True, by_name=False)
    return MappingProxyType(read)


def exceeding(version: ActivityVersion) -> Iterator[Fault]:
    """What this version asks above the template it names."""
    if version.template is None:
        return
    bound = templates().get(version.template)
    if bound is None:
        yield "/sjabloon", "onbekend-sjabloon", "Dit sjabloon is er niet."
        return
    yield from _elements(version, bound)
    yield from _amounts(version, bound)
    if version.frequency is None or (
        version.frequency != bound.frequency and often(bound.frequency, version.frequency) == "ruimer"
    ):
        most = f"{bound.frequency.times} keer per {bound.frequency.per}"
        yield "/frequentie", TOO_MUCH, f"Het sjabloon laat hoogstens {most} toe."


def _elements(version: ActivityVersion, bound: Template) -> Iterator[Fault]:
    for number, one in enumerate(version.elements):
        if not bound.covers(one.name):
            yield f"/gegevenselementen/{number}", TOO_MUCH, f"Dit gegeven hoort niet bij {bound.task.nl}."
    if len(version.elements) > bound.most:
        yield "/gegevenselementen", TOO_MUCH, f"Het sjabloon laat hoogstens {bound.most} gegevens toe."


def _amounts(version: ActivityVersion, bound: Template) -> Iterator[Fault]:
    amounts = {
        "/maximalePeriode": (version.period, bound.period),
        "/bewaarDagen": (version.kept_days, bound.kept_days),
    }
    for place, (asked, most) in amounts.items():
        if most and not 0 < asked <= most:
            yield place, TOO_MUCH, f"Noem een aantal dagen; het sjabloon laat hoogstens {most} toe."
    if version.history > bound.history:
        yield "/geschiedenis", TOO_MUCH, f"Het sjabloon laat hoogstens {bound.history} dagen terug toe."
