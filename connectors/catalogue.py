"""What each element is, where it comes from, and what is read for it. Our own data, beside this file.

A path of the BRP that the register does not let through would refuse the whole question, so paths are checked when the
catalogue is read: against the list of those we use, which a test compares with the published one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import jsonschema_rs
from pydantic import Field, JsonValue

from audit.contract import DATA
from connectors.answers import Rule, rule
from connectors.contract import Shape
from consent.contract import CatalogueElement, Element, Words
from kernel.message import Message, Short, wire
from vault.contract import Values

FILE = Path(__file__).with_name("catalogue.json")
BRP, VAULT = "brp", "kluis"
Sensitivity = Literal["gewoon", "gevoelig", "bijzonder", "strafrechtelijk", "bsn"]

# Of the fields that BRP Personen 2.7 lets one filter a Persoon by, those that this house uses.
NAMES = ("voornamen", "voorvoegsel", "geslachtsnaam")
PATHS = frozenset(
    ["naam.volledigeNaam", "geboorte.datum", "nationaliteiten.nationaliteit", "gemeenteVanInschrijving", "geslacht"]
    + ["datumInschrijvingInGemeente", "gezag", "kinderen.geboorte.datum", "verblijfplaats.datumVan"]
    + ["verblijfplaats.adresseerbaarObjectIdentificatie", "verblijfplaats.nummeraanduidingIdentificatie"]
    + [f"naam.{name}" for name in NAMES]
    + [f"{whom}.naam.{name}" for whom in ("partners", "kinderen", "ouders") for name in NAMES]
    + [f"verblijfplaats.verblijfadres.{name}" for name in ("officieleStraatnaam", "huisnummer", "huisletter")]
    + [f"verblijfplaats.verblijfadres.{name}" for name in ("huisnummertoevoeging", "postcode", "woonplaats")]
    + [f"verblijfplaats.verblijfadres.{name}" for name in ("locatiebeschrijving", "regel1", "regel2", "regel3", "land")]
)


class CatalogueWrong(Exception):
    """The file breaks a rule; the text names the element."""


class Described(Message):
    """One element as it is published. exact, dpv (a term of DPV's personal data categories), paths (in the BRP), form
    (JSON Schema 2020-12; none: any JSON), example; made_with and answer: of an answer (CEL), whose inputs stay here.
    dated: the member of an entry of a list that says from when it is, where values of before stand in it too."""

    name: Annotated[Element, wire("gegevenselement")]
    words: Annotated[Words, wire("omschrijving")]
    exact: Annotated[Words | None, wire("precies")] = None
    kind: Annotated[Short, wire("gegevenssoort")]
    dpv: Annotated[str, Field(pattern=r"^[A-Za-z]{1,60}$")]
    sensitivity: Annotated[Sensitivity, wire("gevoeligheid")]
    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$"), wire("bron")]
    paths: Annotated[tuple[Short, ...], wire("velden")] = ()
    inputs: Annotated[tuple[tuple[Short, Short], ...], Field(max_length=20), wire("invoer")] = ()
    made_with: Annotated[dict[Short, Short], wire("met")] = Field(default_factory=dict)
    answer: Annotated[str, wire("antwoord")] = ""
    dated: Annotated[str, Field(pattern=r"^[A-Za-z]{0,60}$"), wire("peilveld")] = ""
    form: Annotated[dict[str, JsonValue] | None, wire("vorm")] = None
    example: Annotated[JsonValue, wire("voorbeeld")] = None


@dataclass(frozen=True)
class Known:
    """One element, judged. rule: of an answer. fits: whether a value has its form."""

    described: Described
    element: CatalogueElement
    rule: Rule | None
    form: jsonschema_rs.Validator | None

    @property
    def fields(self) -> tuple[str, ...]:
        """Its paths in the BRP, none for other sources."""
        return self.described.paths

    @property
    def kind(self) -> str:
        """Of data (audit.contract.DATA)."""
        return self.described.kind


def read(text: str) -> Mapping[str, Known]:
    """The catalogue in this text. Raises CatalogueWrong."""
    found = {}
    for name, said in json.loads(text).items():
        try:
            found[name] = _known(name, said)
        except (ValueError, TypeError) as error:
            raise CatalogueWrong(f"{name}: {type(error).__name__}: {error}") from None
    for name, known in found.items():
        for source, read_for_it in known.element.inputs:
            if read_for_it not in found or found[read_for_it].element.source != source:
                raise CatalogueWrong(f"{name}: {read_for_it} is not an element of {source}")
        if (known.element.source == BRP and known.rule is None) != bool(known.fields):
            raise CatalogueWrong(f"{name}: an element of the BRP has fields, another has none")
        if set(known.fields) - PATHS:
            raise CatalogueWrong(f"{name}: a field that the BRP does not let through")
    return MappingProxyType(found)


@cache
def catalogue() -> Mapping[str, Known]:
    """Ours."""
    return read(FILE.read_text())


def catalogue_elements() -> tuple[CatalogueElement, ...]:
    """As the register takes them over at publication."""
    return tuple(known.element for known in catalogue().values())


def data_kinds() -> dict[str, str]:
    """Kind of data by element."""
    return {name: known.kind for name, known in catalogue().items()}


def shapes() -> dict[str, Shape]:
    """For pages: how values look."""
    return {name: _shape(known) for name, known in catalogue().items()}


def _shape(known: Known) -> Shape:
    said = known.described
    return Shape(known.kind, known.rule is not None, said.form, said.example, partial(fits, said.name))


def fields_of(elements: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The paths of these elements of the BRP; others are left out."""
    ours = catalogue()
    return {name: ours[name].fields for name in elements if name in ours and ours[name].fields}


def fits(element: str, value: JsonValue) -> bool:
    """Whether a value has the form of its element. An element that nobody knows fits nothing."""
    known = catalogue().get(element)
    return known is not None and (known.form is None or known.form.is_valid(value))


def unreadable(values: Values) -> tuple[str, ...]:
    """Elements that a source gave in another form than theirs: each by itself, the others are as good as they were."""
    return (*values.unreadable, *(one.element for one in values.values if not fits(one.element, one.value)))


def _known(name: str, said: Mapping[str, object]) -> Known:
    if set(said) & {"name", "words", "gegevenselement"}:
        raise ValueError("a member that is not offered")
    words = {"nl": said.get("nl"), "en": said.get("en")}
    rest = {member: value for member, value in said.items() if member not in words}
    described = Described.model_validate({"gegevenselement": name, "omschrijving": words, **rest}, by_name=False)
    if described.kind not in DATA:
        raise ValueError("an unknown kind of data")
    form = None
    if described.form is not None:
        form = jsonschema_rs.Draft202012Validator(described.form)
    entries = described.example if isinstance(described.example, list) else []
    if described.dated and not any(isinstance(one, dict) and described.dated in one for one in entries):
        raise ValueError("its example is no list of entries with that date")
    if form is not None and not form.is_valid(described.example):
        raise ValueError("its example does not have its form")
    inputs = described.inputs or ((described.source, name),)
    made = rule(described.answer, described.made_with) if described.answer else None
    wanted = set(described.made_with.values()) if made else {name}
    if not wanted <= {one for _, one in inputs} or (made and name in {one for _, one in inputs}):
        raise ValueError("an answer names what it is made of, and another element is read itself")
    element = {"name": name, "words": words, "exact": described.exact, "source": described.source, "inputs": inputs}
    return Known(described, CatalogueElement.model_validate(element), made, form)
