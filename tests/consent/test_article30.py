"""What a version must say beside its elements; the bounds of a task; the codes of DPV."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from consent.activity import ActivityVersion
from consent.article30 import for_officer
from consent.bounds import templates
from consent.dpv import _OF_ELEMENT as TABLE
from consent.dpv import DATA, GDPR, PD, PURPOSES, SPECIAL_DATA, bases_of, basis_of, data_of
from consent.publishing import faults
from kernel.clock import millis
from tests.consent.house import ANSWER, CATALOGUE, NAME, PLAN, START, activity, element

KNOWN = {one.name: one for one in CATALOGUE}
PARTIES = {"loket", "ander"}
AT = millis(START)
WORDS: dict[str, Any] = {"nl": "tekst", "en": "text"}
ROUTE: dict[str, Any] = {"klasse": "C", "grondslag": "6(1)(e)", "keuze": "route", "gelijkeRoute": WORDS}
BY_TASK: dict[str, Any] = {"wet": "Wet BRP 1.7", "verstrekkingsgrond": "Wet BRP 3.8"}
ASSESSED = activity().assessment.model_dump(by_alias=True)


def using(name: str, klasse: str, said: dict[str, Any] | None = None, **more: Any) -> ActivityVersion:
    return activity(gegevenselementen=[element(name, klasse) | (said or {})], **more)


def found(version: ActivityVersion, private: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    return [(place, code) for place, code, _ in faults(version, KNOWN, PARTIES, AT, private)]


def party(**more: Any) -> ActivityVersion:
    return activity(ontvangers=[{"ontvanger": "loket", **more}])


WORKS_FOR: dict[str, Any] = {"rol": "verwerker", "verwerkerVan": "ander", "overeenkomst": "VO-1"}
BY_CODE: dict[str, Any] = WORDS | {"code": "brand"}
EMERGENCY: dict[str, Any] = {"redenen": [BY_CODE]}
VITAL = {"grondslag": "6(1)(d)"}
AUTOMATED: dict[str, Any] = {
    "soort": "profilering",
    "algoritmeregister": "https://algoritmes.example/1",
    "wet": "UAVG 40",
    "mens": WORDS,
}
TASK: dict[str, Any] = {
    "sjabloon": "minimaregeling",
    "frequentie": {"keer": 4, "per": "zaak"},
    "zaak": "verplicht",
    "bewaarDagen": 30,
}
WRONG = [
    ("/gegevenselementen/0/grondslag", "past-niet", using(NAME, "B", {"grondslag": "6(1)(f)"})),
    ("/gegevenselementen/0/grondslag", "past-niet", using(NAME, "A", {"grondslag": "6(1)(e)"})),
    ("/gegevenselementen/0/grondslag", "past-niet", using(PLAN, "C", ROUTE | {"gelijkeRoute": None})),
    ("/gegevenselementen/0/grondslag", "past-niet", using(PLAN, "C", ROUTE | {"grondslag": "6(1)(a)"})),
    ("/gegevenselementen/0/grondslag", "past-niet", using(PLAN, "C", ROUTE | {"keuze": "toestemming"})),
    ("/gegevenselementen/0/verstrekkingsgrond", "ontbreekt", using(NAME, "C")),
    ("/gegevenselementen/0/dpvGegeven", "onbekende-code", using(NAME, "A", {"dpvGegeven": f"{PD}Naam"})),
    ("/gegevenselementen/0/bijzondereGrondslag", "ontbreekt", using(NAME, "A", {"dpvGegeven": f"{PD}Health"})),
    ("/gegevenselementen/0/bijzondereGrondslag", "past-niet", using(NAME, "A", {"bijzondereGrondslag": "9(2)(a)"})),
    ("/dpvDoelen/0", "onbekende-code", activity(dpvDoelen=["https://w3id.org/dpv#Doel"])),
    ("/ontvangers/0/overeenkomst", "ontbreekt", party(rol="gezamenlijk")),
    ("/ontvangers/0/overeenkomst", "ontbreekt", party(**WORKS_FOR | {"overeenkomst": ""})),
    ("/ontvangers/0/overeenkomstTot", "verlopen", party(**WORKS_FOR, overeenkomstTot=AT - 1)),
    ("/ontvangers/0/verwerkerVan", "past-niet", party(**WORKS_FOR | {"verwerkerVan": None})),
    ("/ontvangers/0/verwerkerVan", "onbekende-ontvanger", party(**WORKS_FOR | {"verwerkerVan": "vreemd"})),
    ("/ontvangers/0/verwerkerVan", "onbekende-ontvanger", party(**WORKS_FOR | {"verwerkerVan": "loket"})),
    ("/doorgiften/0/land", "past-niet",
     activity(doorgiften=[{"land": "BE", "aan": WORDS, "waarborg": "modelbepalingen"}])),
    ("/bewarenVolgens", "past-niet", activity(wissenBinnen=7, bewarenVolgens="Archiefwet")),
    ("/gegevenselementen/0/grondslag", "past-niet", using(NAME, "A", noodtoegang=EMERGENCY)),
    ("/gegevenselementen/0", "past-niet", using(ANSWER, "A", VITAL, noodtoegang=EMERGENCY)),
    ("/noodtoegang/redenen/0/code", "ontbreekt", using(NAME, "A", VITAL, noodtoegang={"redenen": [WORDS]})),
    ("/noodtoegang/redenen/1/code", "dubbel", using(NAME, "A", VITAL, noodtoegang={"redenen": [BY_CODE, BY_CODE]})),
    ("/openbaarheid", "past-niet", using(NAME, "A", VITAL, noodtoegang=EMERGENCY, openbaarheid={
        "klasse": "vertrouwelijk", "totEnMet": AT + 1000, "wet": "Wpg"})),
    ("/vrijeKeuze", "ontbreekt", activity(machtsverschil=["werkgever"], vrijeKeuze=None)),
    ("/doorBijBezwaar", "past-niet", activity(doorBijBezwaar=WORDS)),
    ("/beoordeling/stappen", "ontbreekt", activity(beoordeling=ASSESSED | {"stappen": {"wet": "ja"}})),
    ("/doel/nl", "lijkt-op-bsn", activity(doel={"nl": "Voor 999993653.", "en": "x"})),
    ("/beoordeling/stappen/wet", "lijkt-op-bsn", activity(beoordeling=ASSESSED | {"stappen": {
        "wet": "Zie 9999.93.653", "kwaliteit": "ja", "waarden": "ja", "ontwerp": "ja"}})),
    ("/sjabloon", "onbekend-sjabloon", activity(sjabloon="bestaat-niet")),
    ("/gegevenselementen/0", "boven-sjabloon", using(PLAN, "C", **TASK)),
    ("/maximalePeriode", "boven-sjabloon", using(NAME, "A", **TASK | {"maximalePeriode": 62})),
    ("/maximalePeriode", "boven-sjabloon", using(NAME, "A", **TASK | {"maximalePeriode": 0})),
    ("/bewaarDagen", "boven-sjabloon", using(NAME, "A", **TASK | {"bewaarDagen": 0})),
    ("/geschiedenis", "boven-sjabloon", using(NAME, "A", **TASK | {"geschiedenis": 93})),
    ("/frequentie", "boven-sjabloon", using(NAME, "A", **TASK | {"frequentie": None})),
    ("/frequentie", "boven-sjabloon", using(NAME, "A", **TASK | {"frequentie": {"keer": 5, "per": "zaak"}})),
    ("/frequentie", "boven-sjabloon", using(NAME, "A", **TASK | {"frequentie": {"keer": 1, "per": "dag"}})),
]  # fmt: skip


@pytest.mark.parametrize(("place", "code", "version"), WRONG)
def test_a_version_that_breaks_a_rule_is_refused_at_that_place(place: str, code: str, version: ActivityVersion) -> None:
    assert found(version) == [(place, code)]


FINE = [
    using(PLAN, "C", ROUTE),
    using(NAME, "C", {"verstrekkingsgrond": "Wet BRP 3.9"}),
    using(NAME, "A", {"verstrekkingsgrond": ""},
          ontvangers=[{"ontvanger": "loket", "verstrekkingsgronden": [{"bron": "brp", "grond": "Wet BRP 3.8"}]}]),
    using(NAME, "A", {"dpvGegeven": f"{PD}Health", "bijzondereGrondslag": "9(2)(h)"}),
    using(NAME, "A", VITAL, noodtoegang=EMERGENCY),
    activity(dpvDoelen=["https://w3id.org/dpv#ServiceProvision"], geautomatiseerd=AUTOMATED),
    activity(doorgiften=[{"land": "GB", "aan": WORDS, "waarborg": "adequaatheidsbesluit"}]),
    activity(zaak="geen", statistiek={"bevolking": "bevolking", "tabellen": [
        {"naam": "t", "rijen": "naam", "maat": "aantal", "rij": {"gegevenselement": NAME, "groepen": ["a"]}}]}),
    party(**WORKS_FOR, overeenkomstTot=AT),
    using(NAME, "A", **TASK),
]  # fmt: skip


@pytest.mark.parametrize("version", FINE)
def test_a_version_that_keeps_the_rules_is_taken(version: ActivityVersion) -> None:
    assert found(version) == []


def test_a_legitimate_interest_is_for_who_is_no_public_authority() -> None:
    version = using(NAME, "B", {"grondslag": "6(1)(f)"})
    assert found(version, frozenset({"loket"})) == []
    both = version.model_copy(
        update={"parties": activity(ontvangers=[{"ontvanger": "loket"}, {"ontvanger": "ander"}]).parties}
    )
    assert [code for _, code in found(both, frozenset({"loket"}))] == ["past-niet"]


def test_all_faults_are_told_at_once() -> None:
    many = using(NAME, "A", {"grondslag": "6(1)(a)", "wet": ""}, machtsverschil=["recht"], dpvDoelen=["x"])
    assert {place for place, _ in found(many)} == {
        "/gegevenselementen/0/grondslag", "/gegevenselementen/0/wet", "/dpvDoelen/0",
    }  # fmt: skip


def test_profiling_without_a_place_in_the_algorithm_register_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="algoritmeregister"):
        activity(geautomatiseerd={name: value for name, value in AUTOMATED.items() if name != "algoritmeregister"})


def test_where_a_no_may_not_be_free_the_fg_has_to_agree() -> None:
    asked = {"gelijkeWeg": "Ja, op papier.", "druk": "Nee.", "zonder": "Ja."}
    assert for_officer(activity(machtsverschil=["werkgever"], vrijeKeuze=asked)) == ("/machtsverschil",)
    assert for_officer(using(NAME, "A", machtsverschil=["werkgever"])) == (), "there is nothing to choose"
    task = using(NAME, "B", doorBijBezwaar=WORDS)
    assert for_officer(task) == ("/doorBijBezwaar",)
    assert for_officer(activity()) == ()
    for days in (367, 0):
        assert for_officer(activity(maximalePeriode=days)) == ("/maximalePeriode",), "a yes of more than a year"
    assert for_officer(using(NAME, "A", maximalePeriode=3650)) == ()


def test_a_version_from_before_these_fields_is_the_same_document() -> None:
    asked_since = {"officer", "residents", "codes", "measures", "free_choice"}
    before = activity().model_dump_json(exclude_defaults=True, exclude=asked_since)
    assert ActivityVersion.model_validate_json(before).model_dump_json(exclude_defaults=True) == before
    assert "dpv" not in before and "machtsverschil" not in before


def test_codes_are_our_own_list_and_every_element_has_one() -> None:
    assert {f"{PD}{term}" for term in TABLE.values()} <= DATA >= SPECIAL_DATA
    assert (
        basis_of("6(1)(a)") == f"{GDPR}A6-1-a" and basis_of("9(2)(j)") == f"{GDPR}A9-2-j" and basis_of("de wet") == ""
    )
    version = activity(elements={NAME: "A", PLAN: "C"})
    assert [data_of(one) for one in version.elements] == [f"{PD}Name", "https://w3id.org/dpv#PersonalData"]
    assert bases_of(version) == (f"{GDPR}A6-1-c", f"{GDPR}A6-1-a")


def test_no_template_asks_what_cannot_be_published() -> None:
    for slug, template in templates().items():
        assert template.task.nl and template.law and template.most >= 1, slug
        assert not any("transactie" in name for name in template.elements)


VOCABULARY = Path(__file__).parents[3] / "shared" / "reference" / "dpv" / "2.3"


def published(*files: str) -> set[str]:
    texts = [(VOCABULARY / name).read_text("utf-8") for name in files]
    return {row["iri"] for text in texts for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.skipif(not VOCABULARY.exists(), reason="shared/reference is not beside the project")
def test_every_code_of_ours_is_in_the_published_vocabulary() -> None:
    assert published("dpv/modules/purposes.csv") >= PURPOSES
    assert published("pd/pd.csv") >= DATA
    law = published("legal/eu/gdpr/modules/legal_basis.csv", "legal/eu/gdpr/modules/legal_basis_special.csv")
    assert {basis_of(f"6(1)({letter})") for letter in "abcdef"} | {basis_of(f"9(2)({x})") for x in "abcdefghij"} <= law
