"""Thousands of made-up families: nobody's address, school, shelter or name is in what leaves, to who may not know it.

The register of this test is a bad one: it sends everything it has of everybody, asked or not.
"""

import json
import os
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from audit.contract import Ground
from connectors.answers import Facts
from connectors.around import HOUSE, MOST, around, authority, household
from connectors.brp import Asking, BrpSource
from connectors.catalogue import catalogue, fields_of
from connectors.gateway import Gateway
from connectors.minimise import minimise
from connectors.outside.data import Unreadable
from tests.connectors.test_minimise import ground

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
FAMILIES = int(os.environ.get("REGIE_FAMILIES", "1500"))
NOW = datetime(2026, 9, 1, tzinfo=UTC)
FACTS = Facts(date(2026, 9, 1), "9901", 142_500)
ABOUT_OTHERS = ("brp.partner", "brp.kinderen", "brp.ouders", "brp.gezag")
ELEMENTS = (*ABOUT_OTHERS, HOUSE, "brp.naam", "brp.adres", "brp.geslacht")
GROUPS = {"brp.partner": "partners", "brp.kinderen": "kinderen", "brp.ouders": "ouders"}


class Family:
    """A resident and who belongs to them. tokens: texts by which each person would be recognised in an answer."""

    def __init__(self, chance: Random, number: int) -> None:
        self.chance, self.number = chance, number
        self.people: dict[str, dict[str, Any]] = {}
        self.own = self.person("own", secret=False)
        self.related = {group: self._some(group) for group in GROUPS.values()}
        self.record = self.people[self.own] | {
            group: [self.named(one) for one in numbers] for group, numbers in self.related.items()
        }
        holders = [*self.related["partners"][:1], self.own]
        self.record["gezag"] = [
            {
                "type": "TweehoofdigOuderlijkGezag",
                "minderjarige": self.named(child),
                "ouders": [self.named(one) for one in holders],
            }
            for child in self.related["kinderen"]
        ]

    def _some(self, group: str) -> list[str]:
        most = {"partners": 1, "kinderen": 5, "ouders": 2}[group]
        return [self.person(group) for _ in range(self.chance.randint(0, most))]

    def person(self, group: str, secret: bool | None = None) -> str:
        number = f"{self.number:05d}{len(self.people):04d}"
        hidden = self.chance.random() < 0.15 if secret is None else secret
        self.people[number] = {
            "burgerservicenummer": number,
            "naam": {"voornamen": f"voornaam-{number}", "geslachtsnaam": f"achternaam-{number}"},
            "geboorte": {"datum": {"type": "Datum", "datum": "2015-01-01"}, "plaats": f"plaats-{number}"},
            "verblijfplaats": {
                "functieAdres": {"code": "W"},
                "adresseerbaarObjectIdentificatie": f"0{self.number:06d}{0 if group == 'own' else 1}00000000",
                "verblijfadres": {"woonplaats": f"opvang-{number}", "officieleStraatnaam": f"straat-{number}"},
            },
            "school": f"school-{number}",
            **({"geheimhoudingPersoonsgegevens": True} if hidden else {}),
        }
        return number

    def named(self, number: str) -> dict[str, Any]:
        """As a bad register sends somebody: with all it has; now and then without a number."""
        told = {name: said for name, said in self.people[number].items() if name != "geheimhoudingPersoonsgegevens"}
        if self.chance.random() < 0.05:
            told.pop("burgerservicenummer")
        return told

    def secret(self, number: str) -> bool:
        return "geheimhoudingPersoonsgegevens" in self.people[number]


class Register(Asking):
    """Answers from one family, with too much. missing: somebody it does not find."""

    def __init__(self, family: Family, missing: str = "") -> None:
        super().__init__(None, {})  # type: ignore[arg-type]  # nobody is asked
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "missing", missing)

    async def _ask(self, question: Any) -> Any:
        family: Family = self.family  # type: ignore[attr-defined]  # set above
        assert len(question.get("burgerservicenummer", [])) <= MOST
        if "adresseerbaarObjectIdentificatie" in question:
            home = question["adresseerbaarObjectIdentificatie"]
            living = [
                one
                for one in family.people.values()
                if one["verblijfplaats"]["adresseerbaarObjectIdentificatie"] == home
            ]
            return {"personen": living}
        asked = [one for one in question["burgerservicenummer"] if one != self.missing]  # type: ignore[attr-defined]  # set above
        return {"personen": [family.record if one == family.own else family.people[one] for one in asked]}


def may_see(family: Family, asked: set[str], missing: str) -> set[str]:
    """The oracle: by other rules than the code's. Names of whom may be in the answer."""
    seen = {f"voornaam-{family.own}", f"achternaam-{family.own}"} if "brp.naam" in asked else set()
    if "brp.adres" in asked:
        seen |= {f"opvang-{family.own}", f"straat-{family.own}"}
    for element, group in GROUPS.items():
        if element in asked and not any(family.secret(one) or one == missing for one in family.related[group]):
            seen |= {f"{part}-{one}" for one in family.related[group] for part in ("voornaam", "achternaam")}
    children = family.related["kinderen"]
    if "brp.gezag" in asked and children:
        held = [*children, *family.related["partners"][:1]]
        if not any(family.secret(one) or one == missing for one in held):
            seen |= {f"{part}-{one}" for one in (*held, family.own) for part in ("voornaam", "achternaam")}
    return seen


async def test_nobody_around_a_resident_is_shown_to_who_may_not_know(anyio_backend: str) -> None:
    chance = Random(20260901)  # noqa: S311 - made-up families, the same each time
    source = BrpSource(None, Gateway.off(), None, lambda: NOW)  # type: ignore[arg-type]  # nobody is asked
    shown = 0
    for number in range(FAMILIES):
        family = Family(chance, number)
        asked = set(chance.sample(ELEMENTS, chance.randint(1, len(ELEMENTS))))
        everybody = [one for group in family.related.values() for one in group]
        missing = chance.choice(everybody) if everybody and chance.random() < 0.1 else ""
        found = await source._read(Register(family, missing), fields_of(sorted(asked)), family.own)
        released, _ = minimise(sorted(asked), decided(*sorted(asked)), {"brp": found}, FACTS)
        told = json.dumps({name: one.value for name, one in released.items()})
        kinds = ("voornaam", "achternaam", "plaats", "opvang", "straat", "school")
        tokens = {f"{kind}-{one}" for one in family.people for kind in kinds}
        seen = {token for token in tokens if token in told}
        assert seen <= may_see(family, asked, missing), (number, sorted(asked), told)
        assert not any(one in told.replace(f"-{one}", "") for one in family.people), "a number"
        shown += len(seen)
    assert shown > FAMILIES, "and what may be seen is there"


def decided(*elements: str) -> Ground:
    made = ground(*elements)
    assert all(catalogue()[one.element].rule is None for one in made.toegestaan)
    return made


def test_a_family_that_is_too_large_to_look_up_is_not_told() -> None:
    many = {"kinderen": [{"burgerservicenummer": f"{one:09d}"} for one in range(MOST + 1)]}
    assert around(many, ["brp.kinderen"], "999993653").named == {"brp.kinderen": None}


def test_who_was_not_asked_for_is_not_looked_up() -> None:
    person = {"partners": [{"burgerservicenummer": "999993653"}], "kinderen": [{"burgerservicenummer": "999990001"}]}
    assert around(person, ["brp.naam", "brp.kinderen"], "999990019").numbers == ("999990001",)


@pytest.mark.parametrize("secret", [True, "ja", 1, None, {}])
def test_anything_but_a_plain_no_is_secret(secret: object) -> None:
    one = {"burgerservicenummer": "999990001", "geheimhoudingPersoonsgegevens": secret}
    person = {"kinderen": [{"burgerservicenummer": "999990001"}]}
    assert around(person, ["brp.kinderen"], "x").may_be_told([one]) == frozenset()
    assert household([one, {"burgerservicenummer": "own"}], "own") is None
    assert household([{"burgerservicenummer": "own"}], "own") == 1
    assert household([{"burgerservicenummer": "other"}], "own") is None


@pytest.mark.parametrize("said", [{}, "x", [1], [{"minderjarige": 1, "ouders": [2]}], None])
def test_authority_of_another_shape_is_not_read(said: Any) -> None:
    if isinstance(said, list) and isinstance(said[0], dict):
        assert authority(said) == [{"type": "None", "minderjarige": {"naam": {}}, "ouders": [{"naam": {}}]}]
    else:
        with pytest.raises(Unreadable):
            authority(said)
