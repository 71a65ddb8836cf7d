"""People around the resident: partner, children, parents, who has authority, and how many live in one house. Pure.

They did not ask for anything, and one of them may live at an address that another may not know. So they appear only in
elements of their own, which an activity must name; nothing of them but a name, and of a child its birthday, is ever
read; and each is looked up in the register at that moment. When the register says that one of them is secret, does not
know one, or names one without a number, the whole element is not there: half a family would say who is hidden.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from connectors.outside.data import Unreadable

RELATIVES = {"brp.partner": "partners", "brp.kinderen": "kinderen", "brp.ouders": "ouders"}
AUTHORITY, HOUSE = "brp.gezag", "brp.bewoners.aantal"
ABOUT_OTHERS = frozenset({*RELATIVES, AUTHORITY, HOUSE})
NUMBER, ENDED = "burgerservicenummer", "ontbindingHuwelijkPartnerschap"
MORE: dict[str, tuple[str, ...]] = {
    **{element: (f"{group}.{NUMBER}",) for element, group in RELATIVES.items()},
    HOUSE: ("verblijfplaats.functieAdres",),
}
MORE["brp.partner"] += (f"partners.{ENDED}.datum",)
MOST = 20  # numbers in one question of BRP Personen 2.7
RENAMED = {"TweehoofdigOuderlijkGezag": "GezamenlijkOuderlijkGezag"}  # before 2.7
HOLDERS = ("minderjarige", "ouder", "ouders", "derde", "derden")


@dataclass(frozen=True)
class Around:
    """Who is named, by element: their numbers, or None where somebody cannot be looked up."""

    named: Mapping[str, frozenset[str] | None]

    @property
    def numbers(self) -> tuple[str, ...]:
        """To be looked up, sorted: whoever reads the question does not learn who belongs to whom."""
        return tuple(sorted({number for numbers in self.named.values() for number in numbers or ()}))

    def may_be_told(self, found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """Elements of which everybody was found, and nobody is secret. found: what the register said of the numbers."""
        open_ones: set[Any] = set()
        secret: set[Any] = set()
        for one in found:
            (secret if is_secret(one) else open_ones).add(one.get(NUMBER))
        return frozenset(
            element for element, numbers in self.named.items() if numbers is not None and numbers <= open_ones - secret
        )


def more_fields(elements: Iterable[str]) -> tuple[str, ...]:
    """What is read besides, to look people up; it stays here."""
    return tuple(path for element in elements for path in MORE.get(element, ()))


def around(person: Mapping[str, Any], elements: Iterable[str], own: str) -> Around:
    """The people whom these elements would name. own: the resident's number. Raises Unreadable."""
    named: dict[str, frozenset[str] | None] = {}
    for element in elements:
        if element in RELATIVES:
            named[element] = numbers_of(_group(person, RELATIVES[element]))
        elif element == AUTHORITY:
            found = numbers_of(one for relation in _group(person, "gezag") for one in holders_of(relation))
            named[element] = None if found is None else found - {own}
    return Around(named)


def without_ended(person: Mapping[str, Any]) -> dict[str, Any]:
    """Who was a partner is none."""
    partners = [one for one in _group(person, "partners") if ENDED not in one]
    return {**{name: said for name, said in person.items() if name != "partners"}, "partners": partners}


def authority(relations: JsonValue) -> JsonValue:
    """Without numbers, under the names of 2.7. Raises Unreadable."""
    if not isinstance(relations, list):
        raise Unreadable
    return [_told(relation) for relation in relations]


def household(found: Iterable[Mapping[str, Any]], own: str) -> int | None:
    """How many are registered at an address. None when one of them is secret, or the resident is not among them."""
    people = list(found)
    if any(is_secret(one) for one in people) or own not in [one.get(NUMBER) for one in people]:
        return None
    return len(people)


def address_of(person: Mapping[str, Any]) -> str:
    """The BAG's number of where the resident lives; "" for a postal address, or none."""
    place = person.get("verblijfplaats")
    if not isinstance(place, dict):
        return ""
    function, number = place.get("functieAdres"), place.get("adresseerbaarObjectIdentificatie")
    lives = isinstance(function, dict) and function.get("code") == "W"
    return number if lives and isinstance(number, str) and len(number) == 16 and number.isdecimal() else ""


def is_secret(person: Mapping[str, Any]) -> bool:
    """Absent is no; anything else than a plain no is a yes."""
    return person.get("geheimhoudingPersoonsgegevens", False) is not False


def _group(person: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    listed = person.get(name, [])
    if not isinstance(listed, list) or any(not isinstance(one, dict) for one in listed):
        raise Unreadable
    return listed


def numbers_of(people: Iterable[Mapping[str, Any]]) -> frozenset[str] | None:
    """None: somebody is named without a number, or there are too many to look up."""
    found = [one.get(NUMBER) for one in people if set(one) - {"type", "inOnderzoek"}]
    fits = [one for one in found if isinstance(one, str) and len(one) == 9 and one.isdecimal()]
    return frozenset(fits) if len(fits) == len(found) and len(set(fits)) <= MOST else None


def holders_of(relation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Everybody in a relation of authority, the child too. Raises Unreadable."""
    for name in HOLDERS:
        said = relation.get(name, [])
        people = said if isinstance(said, list) else [said]
        if any(not isinstance(one, dict) for one in people):
            raise Unreadable
        yield from people


def _told(relation: JsonValue) -> JsonValue:
    if not isinstance(relation, dict):
        raise Unreadable
    kind = str(relation.get("type"))
    told: dict[str, JsonValue] = {"type": RENAMED.get(kind, kind)}
    for name in HOLDERS:
        said = relation.get(name)
        if isinstance(said, list):
            told[name] = [_name(one) for one in said]
        elif said is not None:
            told[name] = _name(said)
    return told


def _name(person: JsonValue) -> JsonValue:
    """A name, and nothing else that anybody sends with it."""
    name = person.get("naam") if isinstance(person, dict) else None
    parts = name if isinstance(name, dict) else {}
    kept = ("volledigeNaam", "voornamen", "voorvoegsel", "geslachtsnaam")
    return {"naam": {part: parts[part] for part in kept if isinstance(parts.get(part), str)}}
