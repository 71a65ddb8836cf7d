"""What each element is, where it comes from, and what is read for it. Our own data, beside this file.

A path of the BRP that the register does not let through would refuse the whole question, so paths are checked when the
catalogue is read: against the list of those we use, which a test compares with the published one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from audit.contract import DATA
from consent.contract import CatalogueElement, Words

FILE = Path(__file__).with_name("catalogue.json")
BRP, VAULT = "brp", "kluis"
SOURCES = (BRP, VAULT)

# Of the fields that BRP Personen 2.7 lets one filter a Persoon by, those that this house uses.
PATHS = frozenset(
    ["naam.voornamen", "naam.voorvoegsel", "naam.geslachtsnaam", "naam.volledigeNaam", "geboorte.datum"]
    + ["nationaliteiten.nationaliteit", "gemeenteVanInschrijving"]
    + [f"verblijfplaats.verblijfadres.{name}" for name in ("officieleStraatnaam", "huisnummer", "huisletter")]
    + [f"verblijfplaats.verblijfadres.{name}" for name in ("huisnummertoevoeging", "postcode", "woonplaats")]
    + [f"verblijfplaats.verblijfadres.{name}" for name in ("locatiebeschrijving", "regel1", "regel2", "regel3", "land")]
)


class CatalogueWrong(Exception):
    """The file breaks a rule; the text names the element."""


@dataclass(frozen=True)
class Known:
    """One element. fields: its paths in the BRP, none for other sources. kind: of data (audit.contract.DATA)."""

    element: CatalogueElement
    fields: tuple[str, ...]
    kind: str


def read(text: str) -> Mapping[str, Known]:
    """The catalogue in this text. Raises CatalogueWrong."""
    found = {name: _known(name, said) for name, said in json.loads(text).items()}
    for name, known in found.items():
        for source, read_for_it in known.element.inputs:
            if read_for_it not in found or found[read_for_it].element.source != source:
                raise CatalogueWrong(f"{name}: {read_for_it} is not an element of {source}")
        if (known.element.source == BRP) != bool(known.fields) and not _made(known.element):
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


def fields_of(elements: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The paths of these elements of the BRP; others are left out."""
    ours = catalogue()
    return {name: ours[name].fields for name in elements if name in ours and ours[name].fields}


def _made(element: CatalogueElement) -> bool:
    return element.inputs != ((element.source, element.name),)


def _known(name: str, said: Mapping[str, object]) -> Known:
    source, fields = said.get("bron"), said.get("velden", ())
    if (
        source not in SOURCES
        or said.get("gegevenssoort") not in DATA
        or set(said) - {"nl", "en", "precies", "bron", "velden", "invoer", "gegevenssoort"}
        or not isinstance(fields, list | tuple)
    ):
        raise CatalogueWrong(f"{name}: an unknown source, kind of data or member")
    words = Words.model_validate({"nl": said.get("nl"), "en": said.get("en")})
    inputs = said.get("invoer", [[source, name]])
    element = {"name": name, "words": words, "exact": said.get("precies"), "source": source, "inputs": inputs}
    return Known(CatalogueElement.model_validate(element), tuple(map(str, fields)), str(said["gegevenssoort"]))
