"""The invented residents: valid numbers, families that agree, every property that the stories need."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assembly.demo.brp.loader import MOST_BYTES, OWN, Persons, UnreadablePersons, own_residents, read_persons
from assembly.demo.brp.roles import NobodyFits, roles_in
from assembly.demo.brp.translate import living_age, secret
from tests.assembly.cast import own_roles
from tests.assembly.published import PERSONS

RESIDENTS = own_residents()
CAST = own_roles()
STORIES_BEGIN, DEMO = date(2026, 9, 1), date(2026, 11, 22)
OFFICIAL_R1 = "999993653"


def passes_eleven(number: str) -> bool:
    return (
        sum(int(digit) * weight for digit, weight in zip(number, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0
    )


def referred(person: Any) -> set[str]:
    """Every number that stands anywhere in this record."""
    if isinstance(person, dict):
        own = {person["burgerservicenummer"]} if "burgerservicenummer" in person else set()
        return own.union(*map(referred, person.values()))
    return set().union(*map(referred, person)) if isinstance(person, list) else set()


def test_every_number_is_a_valid_test_number_of_somebody_we_know() -> None:
    assert len(RESIDENTS) >= 36
    for number in referred(list(RESIDENTS.values())):
        assert number.startswith("99999") and passes_eleven(number)
        assert number in RESIDENTS


@pytest.mark.skipif(not PERSONS.exists(), reason="the official test persons are not here")
def test_only_the_first_resident_shares_a_number_with_the_official_persons() -> None:
    official = json.loads(PERSONS.read_text("utf-8"))
    theirs = {one["burgerservicenummer"]: one for one in official}
    assert referred(official) & set(RESIDENTS) == {OFFICIAL_R1}
    assert theirs[OFFICIAL_R1]["naam"] != RESIDENTS[OFFICIAL_R1]["naam"]
    assert not {one["aNummer"] for one in official} & {one["aNummer"] for one in RESIDENTS.values()}


def test_relatives_agree_about_each_other() -> None:
    for number, person in RESIDENTS.items():
        for partner in person["partners"]:
            other = RESIDENTS[partner["burgerservicenummer"]]
            (back,) = [one for one in other["partners"] if one["burgerservicenummer"] == number]
            assert back["aangaanHuwelijkPartnerschap"] == partner["aangaanHuwelijkPartnerschap"]
        for child in person["kinderen"]:
            listed = RESIDENTS[child["burgerservicenummer"]]
            assert number in {one.get("burgerservicenummer") for one in listed["ouders"]}
            assert child["geboorte"] == listed["geboorte"]
        for parent in (one for one in person["ouders"] if "burgerservicenummer" in one):
            listed = RESIDENTS[parent["burgerservicenummer"]]
            assert number in {one["burgerservicenummer"] for one in listed["kinderen"]}
            assert listed["geboorte"]["datum"][:4] < person["geboorte"]["datum"][:4]


def test_all_who_hold_authority_and_the_minor_have_the_same_relation() -> None:
    for person in RESIDENTS.values():
        for relation in person["gezag"]:
            assert all(relation in RESIDENTS[number]["gezag"] for number in referred(relation))


@pytest.mark.parametrize("today", [STORIES_BEGIN, DEMO])
def test_the_cast_has_the_ages_and_properties_of_the_stories(today: date) -> None:
    assert list(CAST) == [f"R{role}" for role in range(1, 14)]
    assert len(set(CAST.values())) == 13
    cast = {role: RESIDENTS[number] for role, number in CAST.items()}
    ages = {role: living_age(person, today) or 0 for role, person in cast.items()}
    assert (ages["R3"], ages["R6"]) == (20, 15)
    assert all(years >= 18 for role, years in ages.items() if role != "R6")
    assert CAST["R1"] == OFFICIAL_R1
    assert all(person["gemeenteVanInschrijving"]["omschrijving"] == "Spaarnewoude" for person in cast.values())
    assert {one["burgerservicenummer"] for one in cast["R6"]["ouders"]} == {CAST["R7"], CAST["R8"]}
    assert cast["R7"]["verblijfplaats"] != cast["R8"]["verblijfplaats"]
    assert cast["R9"]["indicatieCurateleRegister"] is True
    assert {role for role, person in cast.items() if secret(person)} == {"R11", "R12"}
    assert cast["R4"]["partners"] and "inOnderzoek" not in cast["R5"]["verblijfplaats"]


def test_every_property_that_the_issue_asks_for_lives_among_them() -> None:
    people = list(RESIDENTS.values())
    births = {person["geboorte"]["datum"] for person in people}
    names = "".join(str(person["naam"]) for person in people)
    assert {"19700000", "00000000", "19880700"} <= births
    assert all(letter in names for letter in "éğłøŁ")
    assert any("voornamen" not in person["naam"] for person in people)
    assert any(person["naam"]["geslachtsnaam"] == "." for person in people)
    assert {person.get("geheimhoudingPersoonsgegevens", "0") for person in people} == set("01234567")
    assert {"B", "JV"} <= {person["naam"].get("adellijkeTitelPredicaat", {}).get("code") for person in people}
    assert any("overlijden" in person for person in people)
    assert any("regel1" in person["verblijfplaats"] for person in people)
    relations = {relation["type"] for person in people for relation in person["gezag"]}
    assert {"EenhoofdigOuderlijkGezag", "GezamenlijkGezag", "Voogdij", "TijdelijkGeenGezag"} <= relations
    soon = [person for person in people if living_age(person, DEMO) == 17]
    assert any(living_age(person, DEMO + timedelta(days=30)) == 18 for person in soon)


def test_the_picker_finds_the_same_family_among_our_own() -> None:
    picked = roles_in(RESIDENTS, STORIES_BEGIN)
    assert list(picked) == list(CAST)
    assert {role: picked[role] for role in ("R1", "R3", "R6", "R7", "R8", "R9", "R12")} == {
        role: CAST[role] for role in ("R1", "R3", "R6", "R7", "R8", "R9", "R12")
    }


@pytest.mark.skipif(not PERSONS.exists(), reason="the official test persons are not here")
@pytest.mark.parametrize("today", [STORIES_BEGIN, DEMO])
def test_the_official_file_can_play_all_stories(today: date) -> None:
    official = read_persons(PERSONS)
    picked = roles_in(official, today)
    assert picked["R1"] == OFFICIAL_R1
    assert len(set(picked.values())) == 13
    ages = {role: living_age(official[number], today) or 0 for role, number in picked.items()}
    assert ages["R6"] < 16
    assert 18 <= ages["R3"] < 23
    assert {role for role, number in picked.items() if secret(official[number])} >= {"R11", "R12"}


def test_a_file_without_a_family_names_the_role_that_nobody_fits() -> None:
    with pytest.raises(NobodyFits, match=r"^R6$"):
        roles_in({OFFICIAL_R1: RESIDENTS[OFFICIAL_R1]}, DEMO)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{}",
        "[]",
        "[" * 100_000,
        '[{"burgerservicenummer": "12345678"}]',
        '[{"burgerservicenummer": 123456789}]',
        '["999993653"]',
        '[{"burgerservicenummer": "999993653"}, {"burgerservicenummer": "999993653"}]',
        " " * (MOST_BYTES + 1),
    ],
    ids=["empty", "object", "nobody", "deep", "short", "number", "text", "twice", "huge"],
)
def test_a_file_that_holds_no_persons_is_refused_without_a_number(tmp_path: Path, written: str) -> None:
    path = tmp_path / "persons.json"
    path.write_text(written)
    with pytest.raises(UnreadablePersons) as refused:
        read_persons(path)
    assert OFFICIAL_R1 not in str(refused.value)


def test_our_own_file_is_read_by_the_same_loader() -> None:
    same: Persons = read_persons(OWN)
    assert same == RESIDENTS
