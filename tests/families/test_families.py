"""Made-up families by the thousand: of nobody is anything told to who may not know it (issue: 0 of 100,000).

REGIE_FAMILIES: how many; `make faults` takes a hundred thousand. The register of these tests is a bad one: it sends all
that it has of everybody, asked or not.
"""

import asyncio
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from audit.contract import Ground
from connectors.answers import Facts
from connectors.around import NUMBER, Around
from connectors.authority.relations import Minor
from connectors.brp import Asking, BrpSource
from connectors.catalogue import catalogue, fields_of
from connectors.gateway import Gateway
from connectors.minimise import minimise
from tests.connectors.test_minimise import ground
from tests.families.checker import ELEMENTS, FOUR, HOUSE, acted_for, leaks, told, wrongly
from tests.families.made import Family, answered, families
from tests.four_rooms import nobody_hides
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.faults]
FAMILIES = int(os.environ.get("REGIE_FAMILIES", "500"))
ROUND = 10_000  # families under one seed, so that two processors can share a hundred thousand
NOW = datetime(2026, 9, 1, tzinfo=UTC)
FACTS = Facts(date(2026, 9, 1), "9901", 142_500)
MADE = (None, Gateway.off(), None, lambda: NOW)  # the register is below
SOURCE = BrpSource(*MADE, seconds=PATIENCE, hiding=nobody_hides)  # type: ignore[arg-type]  # as said


class Register(Asking):
    """Answers about one family."""

    def __init__(self, family: Family) -> None:
        super().__init__(None, {}, self.hiding)  # type: ignore[arg-type]  # nothing is sent
        object.__setattr__(self, "known", dict.fromkeys(family.people, family))

    async def hiding(self, numbers: Collection[str]) -> frozenset[str]:
        """As Regie itself knows them."""
        return frozenset(one for one in numbers if one in self.known and self.known[one].people[one].safe)  # type: ignore[attr-defined]  # as below

    async def _ask(self, question: Any) -> Any:
        return answered(self.known, question)  # type: ignore[attr-defined]  # set above


async def found_wrong(family: Family, chance: Random) -> list[str]:
    """What this house tells of a family that it may not; or keeps from who may know."""
    asked = sorted(chance.sample(ELEMENTS, chance.randint(1, len(ELEMENTS))))
    number, register = chance.choice(sorted(family.people)), Register(family)
    inputs = [one for name in asked for source, one in catalogue()[name].element.inputs if source == "brp"]
    found = await SOURCE._read(register, fields_of(inputs), number)
    released, _ = minimise(asked, decided(asked), {"brp": found}, FACTS)
    values, may = {name: one.value for name, one in released.items()}, told(family, number, asked)
    wrong = [f"{asked}: {leak}" for leak in leaks(values, family, may) + wrongly(values, family, number)]
    text = str(values)
    wrong += [f"{asked}: not told {word}" for word in may if word not in text]
    if found.flags != (("geheimhouding",) if family.people[number].secret and number != family.missing else ()):
        wrong.append(f"flags {found.flags}")
    for parent in (family.mother, family.father):
        minors = await SOURCE._children(register, parent)
        wrong += [f"{parent} acts: {leak}" for leak in _acting(family, parent, minors)]
    return wrong


def decided(asked: Sequence[str]) -> Ground:
    """As the register seals it: with what is read for each."""
    read = [{"element": one, "bron": "brp", "invoer": catalogue()[one].element.inputs} for one in asked]
    return Ground.model_validate(ground().model_dump() | {"toegestaan": read})


def _acting(family: Family, parent: str, minors: tuple[Minor, ...]) -> Iterator[str]:
    may = acted_for(family, parent)
    yield from (one.number for one in minors if one.number not in may)
    yield from (f"not for {one}" for one in may - {one.number for one in minors})
    known = frozenset().union(*(family.people[one].name | {family.people[one].birth} for one in may))
    yield from leaks([(one.name, one.birth) for one in minors], family, known)


async def all_wrong(chance: Random, many: int, enough: int = 1) -> list[str]:
    """Of so many families; stops when it has enough."""
    found: list[str] = []
    for family in families(chance, many):
        found += await found_wrong(family, chance)
        if len(found) >= enough:
            break
    return found


@pytest.mark.parametrize("number", range(max(1, FAMILIES // ROUND)))
def test_of_nobody_is_anything_told_to_who_may_not_know_it(number: int) -> None:
    chance = Random(f"families {number}")  # noqa: S311 - made-up families, the same each time
    assert not asyncio.run(all_wrong(chance, min(FAMILIES, ROUND)))


def blind(*_: object) -> bool:
    """For secrecy."""
    return False


def careless(self: Around, _: object) -> frozenset[str]:
    """Whoever they are."""
    return frozenset(self.named)


def passed_over(people: Iterable[dict[str, Any]]) -> frozenset[str]:
    """Whoever has no number, as if nobody had to be looked up."""
    return frozenset(one[NUMBER] for one in people if NUMBER in one)


def alone(minors: Iterable[str]) -> Around:
    """As if nobody else had authority."""
    return Around(dict.fromkeys(minors, frozenset()))


async def nobody_at_all(self: Asking, numbers: Collection[str]) -> frozenset[str]:
    """As if nobody had told Regie."""
    return frozenset()


PLANTED: dict[str, tuple[str, Any]] = {
    "nobody is secret": ("connectors.around.is_secret", blind),
    "relatives are not looked up": ("connectors.around.Around.may_be_told", careless),
    "who has no number is passed over": ("connectors.around.numbers_of", passed_over),
    "nor is who has authority and no number": ("connectors.authority.relations.numbers_of", passed_over),
    "who was a partner is one": ("connectors.brp.without_ended", lambda person: person),
    "all that comes with a name": ("connectors.around._name", lambda person: person),
    "whoever lives there": ("connectors.brp.household", lambda found, _: len(found)),
    "a child that hides is acted for": ("connectors.authority.relations.is_secret", blind),
    "the other parent is not looked up": ("connectors.brp.beside", lambda person, own, minors: alone(minors)),
    "Regie's own flag is passed over": ("tests.families.test_families.Register.hiding", nobody_at_all),
    "what was not asked passes": ("connectors.person._cut", lambda value, _: value),
}  # fmt: skip


@pytest.mark.parametrize("leak", PLANTED)
def test_a_planted_leak_is_found(leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, wrong = PLANTED[leak]
    monkeypatch.setattr(place, wrong)
    assert asyncio.run(all_wrong(Random("planted"), 400)), leak  # noqa: S311 - as above


def test_the_families_hold_what_they_are_for() -> None:
    chance = Random("kinds")  # noqa: S311 - as above
    some = list(families(chance, 300))
    kinds: dict[str, Callable[[Family], bool]] = {
        "hides from who has authority too": lambda one: any(
            one.people[one.mother].hides and {one.mother, one.father} <= set(holders)
            for _, _, holders in one.people[one.father].gezag
        ),
        "a child that is not marked lives with who hides": lambda one: any(
            one.people[child].home == one.shelter and not one.people[child].hides
            for child in one.people[one.mother].children
            if one.people[one.mother].hides
        ),
        "Regie alone knows that she hides": lambda one: one.people[one.mother].safe,
        "somebody is unknown": lambda one: bool(one.missing),
        "somebody has no number": lambda one: bool(one.nameless),
        "four in a house": lambda one: sum(who.home == one.shelter for who in one.people.values()) == 4,
    }
    assert {HOUSE, FOUR} < set(ELEMENTS)
    assert all(any(map(holds, some)) for holds in kinds.values())
