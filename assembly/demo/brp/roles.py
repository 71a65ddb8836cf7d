"""Who plays R1 to R13 of the stories: fixed among our own residents, picked by property in a file of others.

A register holds no safe addresses and no financial guardianship: for R12 and R9 the nearest property stands in
(secrecy with a postal address, a guardianship order), and when nobody has it, any adult.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from assembly.demo.brp.addresses import kind
from assembly.demo.brp.authority import relations
from assembly.demo.brp.loader import Persons
from assembly.demo.brp.translate import living_age, secret
from assembly.demo.brp.values import GbaPerson, group, text

STARRING = "999993653"  # R1: the one resident of both casts

Property = Callable[[GbaPerson, int], bool]


class NobodyFits(Exception):
    """No living person in the file fits this role; the text names the role only."""


def roles_in(persons: Persons, today: date) -> dict[str, str]:
    """Role to BSN, each role another person, the same for the same file and day. Raises NobodyFits."""
    living = [(gba, years) for _, gba in sorted(persons.items()) if (years := _years(gba, today)) is not None]
    cast = {"R1": STARRING} if STARRING in persons else {}
    cast |= _family(living, persons, today, frozenset(cast.values()))
    for role, wishes in WISHES:
        if role not in cast:
            cast[role] = _first(role, wishes, living, frozenset(cast.values()))
    return {role: cast[role] for role in sorted(cast, key=lambda name: int(name[1:]))}


def _years(gba: GbaPerson, today: date) -> int | None:
    """The age of somebody whose list is kept up; nobody else is asked about in the stories."""
    return None if group(gba.get("opschortingBijhouding")) else living_age(gba, today)


def _adult(gba: GbaPerson, years: int) -> bool:
    return years >= 18 and text((gba.get("naam") or {}).get("geslachtsnaam")) is not None


def _at_home(gba: GbaPerson, years: int) -> bool:
    return _adult(gba, years) and not secret(gba) and kind(gba.get("verblijfplaats") or {}) == "Adres"


def _undoubted(gba: GbaPerson, years: int) -> bool:
    return _at_home(gba, years) and "inOnderzoek" not in gba["verblijfplaats"]


def _with_partner(gba: GbaPerson, years: int) -> bool:
    partners: Sequence[dict[str, Any]] = gba.get("partners") or ()
    return _at_home(gba, years) and any(not one.get("ontbindingHuwelijkPartnerschap") for one in partners)


def _postal(gba: GbaPerson, years: int) -> bool:
    place = gba.get("verblijfplaats") or {}
    return _adult(gba, years) and secret(gba) and (place.get("functieAdres") or {}).get("code") == "B"


WISHES: Sequence[tuple[str, Sequence[Property]]] = (  # the rarest first; a later wish serves when nobody fits the first
    ("R12", (_postal, lambda gba, years: _adult(gba, years) and secret(gba), _adult)),
    ("R11", (lambda gba, years: _adult(gba, years) and secret(gba),)),
    ("R9", (lambda gba, years: _adult(gba, years) and bool(gba.get("indicatieCurateleRegister")), _adult)),
    ("R3", (lambda gba, years: _at_home(gba, years) and years == 20, lambda gba, years: 18 <= years < 23)),
    ("R4", (_with_partner,)),
    ("R1", (_undoubted,)),
    ("R2", (_undoubted,)),
    ("R5", (_undoubted,)),
    ("R10", (_at_home,)),
    ("R13", (_at_home,)),
)


def _first(
    role: str, wishes: Sequence[Property], living: Sequence[tuple[GbaPerson, int]], taken: frozenset[str]
) -> str:
    for wish in wishes:
        for gba, years in living:
            number = str(gba["burgerservicenummer"])
            if number not in taken and wish(gba, years):
                return number
    raise NobodyFits(role)


def _family(
    living: Sequence[tuple[GbaPerson, int]], persons: Persons, today: date, taken: frozenset[str]
) -> dict[str, str]:
    """R6, R7 and R8: the eldest child under sixteen with two known, living parents in joint custody."""
    for gba, years in sorted(living, key=lambda one: (-one[1], str(one[0]["burgerservicenummer"]))):
        if years >= 16:
            continue
        for relation in relations(gba, persons, today):
            custody = [str(one.get("burgerservicenummer")) for one in relation.get("ouders", ())]
            cast = [str(gba["burgerservicenummer"]), *custody]
            known = all(one in persons and _years(persons[one], today) is not None for one in cast)
            if len(set(cast)) == 3 and known and not taken & set(cast):
                return dict(zip(("R6", "R7", "R8"), cast, strict=True))
    raise NobodyFits("R6")
