"""Answers instead of data: what is declared is judged, what is unknown is no answer, and nothing else gets out."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.answers import Facts, days_of, rule, years
from connectors.catalogue import CatalogueWrong, catalogue, fits, read

FACTS = Facts(today=date(2026, 9, 1), municipality="9901", norm=142_500)
PD = Path(__file__).parents[3] / "shared" / "reference" / "dpv" / "2.3" / "pd" / "pd.csv"


def answer(element: str, values: dict[str, Any], facts: Facts = FACTS) -> bool | None:
    made = catalogue()[element].rule
    assert made
    return made.answer(values, facts)


def lives(since: Any, code: str = "9901") -> bool | None:
    return answer("brp.adres.woontHierDrieJaar", {"brp.gemeente": {"code": code}, "brp.inGemeenteSinds": since})


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ({"type": "Datum", "datum": "2023-09-01"}, True),
        ({"type": "Datum", "datum": "2023-09-02"}, False),
        ({"type": "JaarMaandDatum", "jaar": 2023, "maand": 9}, None),
        ({"type": "JaarDatum", "jaar": 2022}, True),
        ({"type": "DatumOnbekend", "onbekend": True}, None),
        (None, None),
    ],
)
def test_three_years_here_is_told_only_when_it_is_sure(since: Any, expected: object) -> None:
    assert lives(since) is expected


def test_somebody_who_lives_elsewhere_is_a_no_however_long() -> None:
    assert lives({"type": "Datum", "datum": "1990-01-01"}, "0518") is False


def test_a_household_of_four() -> None:
    told = {number: answer("brp.bewoners.isVier", {"brp.bewoners.aantal": number}) for number in (3, 4, 5)}
    assert told == {3: False, 4: True, 5: False}
    assert answer("brp.bewoners.isVier", {}) is None


def test_a_fact_that_is_not_there_makes_no_answer() -> None:
    nowhere = Facts(FACTS.today, "", 0)
    assert answer("brp.adres.isInGemeente", {"brp.gemeente": {"code": "9901"}}, nowhere) is None
    low = "inkomen.isHoogstens110ProcentSociaalMinimum"
    assert answer(low, {"inkomen.brutoPerMaand": "0"}, nowhere) is None


@pytest.mark.parametrize(
    "text",
    [
        "birth",  # the value itself
        'birth + ""',
        "years(birth, today)",
        "[birth]",
        "{'a': birth}",
        "birth / 0 == birth",
    ],
)
def test_only_yes_or_no_gets_out(text: str) -> None:
    try:
        made = rule(text, {"birth": "x"})
    except ValueError:
        return
    assert made.answer({"x": {"type": "Datum", "datum": "1980-01-01"}}, FACTS) is None


@pytest.mark.parametrize(
    "text",
    [
        "birth > now()",
        "timestamp(birth) > timestamp(today)",
        "birth.matches('(a+)+$')",
        "[1, 2].map(x, x * 2) == [birth]",
        "birth.exists(x, x > 1)",
        "other == birth",
        "getenv(birth) == ''",
        "birth ==",
        "birth == '" + "x" * 400 + "'",
        "1 == 1",  # does not use its input
    ],
)
def test_an_expression_may_use_what_is_listed_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError):
        rule(text, {"birth": "x"})


def test_two_dates_that_are_both_known_in_part_are_no_answer() -> None:
    made = rule("years(a, b) > 1", {"a": "x", "b": "y"})
    year: Any = {"type": "JaarDatum", "jaar": 2000}
    assert made.answer({"x": year, "y": {"type": "JaarDatum", "jaar": 2020}}, FACTS) is None
    assert made.answer({"x": year, "y": {"type": "Datum", "datum": "2020-01-01"}}, FACTS) is True


@given(st.dates(date(1900, 1, 1), date(2026, 9, 1)), st.sampled_from(["Datum", "JaarMaandDatum", "JaarDatum"]))
def test_an_answer_is_true_of_the_day_that_it_really_was(born: date, kind: str) -> None:
    said: Any = {"type": kind, "datum": born.isoformat(), "jaar": born.year, "maand": born.month}
    told = answer("brp.leeftijd.isMeerderjarig", {"brp.geboortedatum": said})
    assert told in (None, years(born.isoformat(), FACTS.today.isoformat()) >= 18)
    first, last = days_of(said) or (born, born)
    assert first <= born <= last and last - first <= timedelta(days=365)


def test_every_element_is_described_for_people_and_machines() -> None:
    terms = {line.split(",")[0].strip('"') for line in PD.read_text().splitlines()} if PD.exists() else set()
    for name, known in catalogue().items():
        assert known.described.words.nl and known.described.words.en and known.described.example is not None
        assert fits(name, known.described.example), name
        assert not terms or known.described.dpv in terms, name
        if known.rule:
            assert known.described.form == {"type": "boolean"}, name
    assert not fits("niet.bekend", 1)


BIRTH = {
    "nl": "a",
    "en": "b",
    "gegevenssoort": "overig",
    "dpv": "Name",
    "gevoeligheid": "gewoon",
    "bron": "brp",
    "velden": ["geboorte.datum"],
    "voorbeeld": "x",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"velden": ["naam.onbekend"]},
        {"velden": []},
        {"gevoeligheid": "weinig"},
        {"gegevenssoort": "weer"},
        {"dpv": "https://example"},
        {"vorm": {"type": "integer"}},
        {"vorm": {"type": "nonsense"}},
        {"kleur": 1},
        {"invoer": [["brp", "a.c"]]},
        {"antwoord": "x == 1", "met": {"x": "a.b"}},
    ],
)
def test_a_catalogue_with_a_mistake_is_not_read(wrong: dict[str, Any]) -> None:
    assert read(json.dumps({"a.b": BIRTH}))
    with pytest.raises(CatalogueWrong) as said:
        read(json.dumps({"a.b": {**BIRTH, **wrong}}))
    assert "a.b" in str(said.value)
