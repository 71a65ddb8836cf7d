"""Made-up families: who belongs to whom, who hides from whom, and a register that tells more than it was asked.

Every person and address has words of its own, so that whatever leaves can be searched for everybody's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from connectors.around import MOST
from kernel.numbers import fits

PARENTS = ("EenhoofdigOuderlijkGezag", "GezamenlijkOuderlijkGezag", "TweehoofdigOuderlijkGezag", "GezamenlijkGezag")
SECRET = "geheimhoudingPersoonsgegevens"


@dataclass
class Someone:
    """A person. home: number of an address. secret: so the register says; safe: so only Regie does. birth: ISO 8601,
    everybody's own."""

    number: str
    home: int
    secret: bool
    birth: str
    partners: list[str] = field(default_factory=list)
    divorced: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    gezag: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)  # (type, child, holders)
    safe: bool = False

    @property
    def hides(self) -> bool:
        """Whoever knows it."""
        return self.secret or self.safe

    @property
    def name(self) -> frozenset[str]:
        """The words by which an answer would name them."""
        return frozenset({f"voornaam-{self.number}", f"achternaam-{self.number}"})

    @property
    def object(self) -> str:
        """Where they live, as the BAG numbers it."""
        return f"9901010{self.home:09d}"

    @property
    def place(self) -> frozenset[str]:
        """The words by which it would tell where they live."""
        return frozenset({f"straat-{self.home:06d}", f"opvang-{self.home:06d}", self.object})

    @property
    def kept(self) -> frozenset[str]:
        """What nobody may ever ask for here."""
        return frozenset({f"school-{self.number}", f"plaats-{self.number}"})


class Family:
    """Parents together or apart, children with either, parents of parents, who else has authority, and housemates.
    people: by number. missing: somebody of whom the register knows no record. nameless: somebody whom it names beside
    others without a number, so that nobody can look up whether they hide."""

    def __init__(self, chance: Random, number: int, numbers: Iterator[str]) -> None:
        self.chance, self._numbers = chance, numbers
        self._homes, self._births = count(number * 10 + 1), count(1)
        self.people: dict[str, Someone] = {}
        self._begin()
        everybody = [one for one in self.people if one not in (self.mother, self.father)]
        self.missing = chance.choice(everybody) if everybody and chance.random() < 0.1 else ""
        self.nameless = chance.choice(sorted(self.people)) if chance.random() < 0.1 else ""

    def _begin(self) -> None:
        """A couple, or who was one: then the one may hide from the other."""
        chance, house = self.chance, next(self._homes)
        self.apart = chance.random() < 0.6
        self.shelter = next(self._homes) if self.apart else house
        self.mother = self._person(self.shelter, self.apart and chance.random() < 0.6)
        self.father = self._person(house, chance.random() < 0.05)
        for one, other in ((self.mother, self.father), (self.father, self.mother)):
            who = self.people[one]
            (who.divorced if self.apart else who.partners).append(other)
            who.parents = [self._person(next(self._homes), chance.random() < 0.1) for _ in range(chance.randint(0, 2))]
        if self.apart and chance.random() < 0.4:
            self._partner()
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 5))):
            self._child()
        for _ in range(chance.choice((0, 0, 1, 3))):  # in a shelter live others who hide, and their children
            self._person(self.shelter, self.apart and chance.random() < 0.7)

    def _person(self, home: int, secret: bool) -> str:
        number = next(self._numbers)
        day, safe = next(self._births), secret and self.chance.random() < 0.4
        birth = f"20{day % 10:02d}-{day // 28 % 12 + 1:02d}-{day % 28 + 1:02d}"
        self.people[number] = Someone(number, home, secret and not safe, birth, safe=safe)
        return number

    def _partner(self) -> None:
        """Whom one of them lives with now."""
        of = self.people[self.chance.choice((self.mother, self.father))]
        new = self._person(of.home, self.chance.random() < 0.2)
        of.partners.append(new)
        self.people[new].partners.append(of.number)

    def _child(self) -> None:
        """A child that lives with a hidden parent is often not marked itself: what the parent hides, it must too."""
        chance, mother, father = self.chance, self.people[self.mother], self.people[self.father]
        lives = chance.choice((mother, father))
        child = self._person(lives.home, lives.hides and chance.random() < 0.5)
        self.people[child].parents = [mother.number, father.number]
        mother.children.append(child)
        father.children.append(child)
        kind, holders = chance.choice(PARENTS), [mother.number, father.number]
        if kind == "EenhoofdigOuderlijkGezag":
            holders = [chance.choice(holders)]
        elif kind == "GezamenlijkGezag":
            holders = [chance.choice(holders), self._person(next(self._homes), chance.random() < 0.2)]
        for one in (*holders, child):
            self.people[one].gezag.append((kind, child, tuple(holders)))

    def record(self, number: str) -> dict[str, Any]:
        """As a bad register sends a person: with all it has of everybody around them."""
        one = self.people[number]
        ended = {"ontbindingHuwelijkPartnerschap": {"datum": {"datum": "2022-02-14"}}}
        return self.alone(number) | {
            "partners": [
                *(self.named(who) for who in one.partners),
                *(self.named(who) | ended for who in one.divorced),
            ],
            "kinderen": [self.named(who) for who in one.children],
            "ouders": [self.named(who) for who in one.parents],
            "gezag": [self._relation(*relation) for relation in one.gezag],
        }

    def named(self, number: str) -> dict[str, Any]:
        """Somebody in the record of somebody else: the register does not say there that they hide."""
        said = self.alone(number)
        said.pop(SECRET, None)
        if number == self.nameless:
            said.pop("burgerservicenummer")
        return said

    def alone(self, number: str) -> dict[str, Any]:
        """A person, and nobody around them."""
        one = self.people[number]
        return {
            "burgerservicenummer": number,
            "naam": {"voornamen": f"voornaam-{number}", "geslachtsnaam": f"achternaam-{number}"},
            "geboorte": {"datum": {"type": "Datum", "datum": one.birth}, "plaats": f"plaats-{number}"},
            "geslacht": {"code": "V", "omschrijving": "vrouw"},
            "verblijfplaats": {
                "functieAdres": {"code": "W"},
                "adresseerbaarObjectIdentificatie": one.object,
                "verblijfadres": {
                    "woonplaats": f"opvang-{one.home:06d}", "officieleStraatnaam": f"straat-{one.home:06d}",
                },
            },
            "school": f"school-{number}",
            **({SECRET: True} if one.secret else {}),
        }  # fmt: skip

    def _relation(self, kind: str, child: str, holders: tuple[str, ...]) -> dict[str, Any]:
        said: dict[str, Any] = {"type": kind, "minderjarige": self.named(child)}
        if kind == "EenhoofdigOuderlijkGezag":
            return said | {"ouder": self.named(holders[0])}
        if kind == "GezamenlijkGezag":
            return said | {"ouder": self.named(holders[0]), "derde": self.named(holders[1])}
        return said | {"ouders": [self.named(one) for one in holders]}


def answered(families: dict[str, Family], question: dict[str, Any]) -> dict[str, Any]:
    """What the register says to a question as BRP Personen takes it. families: by number of each member."""
    if "adresseerbaarObjectIdentificatie" in question:
        home = int(question["adresseerbaarObjectIdentificatie"][7:])
        lived = {id(one): one for one in families.values()}.values()
        found = [(family, who) for family in lived for who in family.people.values() if who.home == home]
        return {"personen": [family.alone(who.number) for family, who in found]}
    assert len(question["burgerservicenummer"]) <= MOST
    asked = question["burgerservicenummer"]
    known = [one for one in asked if one in families and families[one].missing != one]
    return {"personen": [families[one].record(one) if len(asked) == 1 else families[one].alone(one) for one in known]}


def families(chance: Random, many: int) -> Iterator[Family]:
    """So many, each with numbers of its own; they need not fit, for nothing here looks."""
    for at in range(many):
        yield Family(chance, at, (f"{at % 100_000:05d}{tail:04d}" for tail in count(1)))


def registered(chance: Random, many: int) -> list[Family]:
    """Families whose numbers pass the eleven test, for rooms that look."""
    numbers = filter(fits, (f"9999{tail:05d}" for tail in count(100)))
    return [Family(chance, at, numbers) for at in range(many)]


def by_number(every: list[Family]) -> dict[str, Family]:
    """The family of each person."""
    return {number: family for family in every for number in family.people}
