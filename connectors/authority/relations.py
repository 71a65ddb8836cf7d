"""Over whom somebody has authority, as the BRP says it (Haal Centraal BRP Personen 2.7, Gezagsrelatie). Pure.

In doubt nobody has it: a relation that is being looked into, of a kind not known here, or without the child's number.
A child is left out that is dead, secret, or of whom the register does not say when it was born: somebody who acts for
it online could learn where it lives, or act too long. So is a child of whom somebody else with authority is secret, or
cannot be looked up: where a parent hides, the child often lives, and who asks for its data is near.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.around import MOST, NUMBER, RENAMED, Around, holders_of, is_secret, numbers_of
from connectors.person import is_dead

Relation = Literal["ouder", "voogd"]
FIELDS = ("gezag",)
OF_CHILD = (NUMBER, "geboorte.datum", "naam.voornamen", "naam.voorvoegsel", "naam.geslachtsnaam", "naam.volledigeNaam")
# type of relation: (where whoever has authority stands, what they are to the child)
HOLDERS: Mapping[str, tuple[tuple[str, Relation], ...]] = {
    "EenhoofdigOuderlijkGezag": (("ouder", "ouder"),),
    "GezamenlijkOuderlijkGezag": (("ouders", "ouder"),),
    "GezamenlijkGezag": (("ouder", "ouder"), ("derde", "voogd")),
    "Voogdij": (("derden", "voogd"), ("derde", "voogd")),
}


@dataclass(frozen=True)
class Minor:
    """A child, by its number. birth: "2011-05-17", or less of it."""

    number: str
    relation: Relation
    name: str
    birth: str


def minors_of(person: Mapping[str, Any], own: str) -> dict[str, Relation]:
    """Numbers of children over whom the person with this own number has authority. More than one question holds: none
    of them, for half a family would be told."""
    relations = person.get("gezag")
    found: dict[str, Relation] = {}
    for one in relations if isinstance(relations, list) else ():
        if isinstance(one, dict) and not one.get("inOnderzoek"):
            minor, relation = _number(one.get("minderjarige")), _relation(one, own)
            if minor and relation and minor != own:
                found[minor] = relation
    return found if len(found) <= MOST else {}


def beside(person: Mapping[str, Any], own: str, minors: Iterable[str]) -> Around:
    """Who else has authority over these children, by the child's number. Raises Unreadable."""
    named: dict[str, frozenset[str] | None] = dict.fromkeys(minors, frozenset())
    relations = person.get("gezag")
    for one in relations if isinstance(relations, list) else ():
        child = _number(one.get("minderjarige")) if isinstance(one, dict) else ""
        if child in named:
            before, found = named[child], numbers_of(holders_of(one))
            named[child] = None if before is None or found is None else before | found - {own, child}
    return Around(named)


def acted_for(minors: Mapping[str, Relation], found: Iterable[Mapping[str, Any]]) -> tuple[Minor, ...]:
    """Those whom the register knows and who may be acted for, in the order of their names."""
    children = []
    for one in found:
        number, birth = str(one.get(NUMBER)), _birth(one)
        if number in minors and birth and not is_secret(one) and not is_dead(one) and not _doubted(one):
            children.append(Minor(number, minors[number], _name(one), birth))
    return tuple(sorted(children, key=lambda child: (child.name, child.number)))


def _relation(relation: Mapping[str, Any], own: str) -> Relation | None:
    kind = str(relation.get("type"))
    for place, what in HOLDERS.get(RENAMED.get(kind, kind), ()):
        said = relation.get(place)
        if any(_number(one) == own for one in (said if isinstance(said, list) else [said])):
            return what
    return None


def _number(person: Any) -> str:
    said = person.get(NUMBER) if isinstance(person, dict) else None
    return said if isinstance(said, str) and len(said) == 9 and said.isdecimal() else ""


def _birth(person: Mapping[str, Any]) -> str:
    """Of a date that is known in part, that part; "" for none."""
    said = person.get("geboorte")
    known = said.get("datum") if isinstance(said, dict) else None
    if not isinstance(known, dict):
        return ""
    if isinstance(known.get("datum"), str):
        return str(known["datum"])
    year, month = known.get("jaar"), known.get("maand")
    if not isinstance(year, int):
        return ""
    return f"{year:04}-{month:02}" if isinstance(month, int) else f"{year:04}"


def _doubted(person: Mapping[str, Any]) -> bool:
    said = person.get("geboorte")
    return bool(person.get("inOnderzoek")) or (isinstance(said, dict) and bool(said.get("inOnderzoek")))


def _name(person: Mapping[str, Any]) -> str:
    said = person.get("naam")
    parts = said if isinstance(said, dict) else {}
    whole = parts.get("volledigeNaam") or " ".join(
        part for one in ("voornamen", "voorvoegsel", "geslachtsnaam") if isinstance(part := parts.get(one), str)
    )
    return str(whole)[:200]
