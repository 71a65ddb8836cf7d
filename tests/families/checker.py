"""Who may read what of a family, by other rules than the code's; and what an output holds beyond it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.families.made import Family, Someone

NUMBER = re.compile(r"(?<![0-9A-Za-z-])[0-9]{9}(?![0-9A-Za-z])")  # ids have letters at either end, names a dash
GROUPS = {"brp.partner": "partners", "brp.kinderen": "children", "brp.ouders": "parents"}
HOUSE, FOUR = "brp.bewoners.aantal", "brp.bewoners.isVier"
ELEMENTS = (
    *GROUPS, "brp.gezag", HOUSE, FOUR, "brp.naam", "brp.adres", "brp.geboortedatum", "brp.verblijfsobject",
    "brp.geslacht",
)  # fmt: skip


def words(family: Family) -> frozenset[str]:
    """Everything by which anybody of this family, or a place of theirs, could be known."""
    return frozenset().union(*(one.name | one.place | one.kept | {one.birth} for one in family.people.values()))


def told(family: Family, number: str, asked: Iterable[str]) -> frozenset[str]:
    """What a recipient with a ground may read that asks these elements of this person."""
    own, elements = family.people[number], frozenset(asked)
    if family.missing == number:
        return frozenset()
    said: dict[str, frozenset[str]] = {
        "brp.naam": own.name,
        "brp.adres": own.place - {own.object},
        "brp.verblijfsobject": frozenset({own.object}),
        "brp.geboortedatum": frozenset({own.birth}),
        "brp.gezag": _authority(family, own),
        **{element: _group(family, getattr(own, group)) for element, group in GROUPS.items()},
    }
    found = frozenset().union(*(said.get(element, frozenset()) for element in elements))
    if "brp.kinderen" in elements and _group(family, own.children):
        found |= {family.people[child].birth for child in own.children}
    return found


def counted(family: Family, number: str) -> int | None:
    """How many live where this person lives; None where one of them hides."""
    home = [one for one in family.people.values() if one.home == family.people[number].home]
    return None if any(one.hides for one in home) or family.missing == number else len(home)


def acted_for(family: Family, number: str) -> frozenset[str]:
    """Children for whom this person may act online."""
    if number == family.nameless:  # in a relation without their number nobody knows them again
        return frozenset()
    of = {(child, holders) for _, child, holders in family.people[number].gezag if number in holders}
    return frozenset(child for child, holders in of if all(_open(family, one) for one in {child, *holders} - {number}))


def leaks(output: object, family: Family, may: frozenset[str]) -> list[str]:
    """What stands in an output and may not: words of this family, and anything that looks like a number of a person."""
    text = output if isinstance(output, str) else json.dumps(output, default=str)
    return sorted({word for word in words(family) - may if word in text} | set(NUMBER.findall(text)))


def wrongly(released: Mapping[str, Any], family: Family, number: str) -> list[str]:
    """Answers about a whole house that are given while somebody there hides, or are not so."""
    many = counted(family, number)
    right = {HOUSE: many, FOUR: None if many is None else many == 4}
    return [name for name, value in released.items() if name in right and value != right[name]]


def _open(family: Family, number: str) -> bool:
    """Whether the register, asked about them, says that they do not hide, and Regie does not know better; of a name
    alone nobody can ask."""
    return number not in (family.missing, family.nameless) and not family.people[number].hides


def _group(family: Family, numbers: Iterable[str]) -> frozenset[str]:
    """All of a group, or nobody: half of it would tell who hides."""
    found = list(numbers)
    if not all(_open(family, one) for one in found):
        return frozenset()
    return frozenset().union(*(family.people[one].name for one in found))


def _authority(family: Family, own: Someone) -> frozenset[str]:
    named = {one for _, child, holders in own.gezag for one in (child, *holders)}
    if family.nameless in named or not all(_open(family, one) for one in named - {own.number}):
        return frozenset()
    return frozenset().union(*(family.people[one].name for one in named))
