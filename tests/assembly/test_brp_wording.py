"""Dates, ages, names and address lines are worded as the published scenarios say."""

from datetime import date
from typing import Any

import pytest

from assembly.demo.brp.addresses import street_line
from assembly.demo.brp.dates import age, datum
from assembly.demo.brp.investigation import ADDRESS, ADDRESS_LINES, IMMIGRATION, OWN_NAME, Elements, marks
from assembly.demo.brp.names import full_name, initials, letter_names
from assembly.demo.brp.values import name, number, table


@pytest.mark.parametrize(
    ("gba", "expected"),
    [
        ("20020701", {"type": "Datum", "datum": "2002-07-01", "langFormaat": "1 juli 2002"}),
        ("20020700", {"type": "JaarMaandDatum", "jaar": 2002, "maand": 7, "langFormaat": "juli 2002"}),
        ("19700000", {"type": "JaarDatum", "jaar": 1970, "langFormaat": "1970"}),
        ("00000000", {"type": "DatumOnbekend", "onbekend": True, "langFormaat": "onbekend"}),
        ("20230229", {"type": "JaarMaandDatum", "jaar": 2023, "maand": 2, "langFormaat": "februari 2023"}),
        ("20231301", {"type": "JaarDatum", "jaar": 2023, "langFormaat": "2023"}),
        ("", None),
        (None, None),
        ("2002-7-1", None),
    ],
)
def test_a_date_says_how_much_of_it_is_known(gba: object, expected: object) -> None:
    assert datum(gba) == expected


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        ("20110901", date(2026, 9, 1), 15),
        ("20110902", date(2026, 9, 1), 14),
        ("19960229", date(2017, 2, 28), 20),
        ("19960229", date(2017, 3, 1), 21),
        ("19880700", date(2026, 8, 1), 38),
        ("19880700", date(2026, 7, 31), None),
        ("19880000", date(2026, 7, 31), None),
        ("00000000", date(2026, 7, 31), None),
        ("20270101", date(2026, 7, 31), None),
    ],
)
def test_an_age_is_given_only_when_it_is_certain(born: str, today: date, years: int | None) -> None:
    assert age(born, today) == years


@pytest.mark.parametrize(
    ("first_names", "letters"),
    [
        ("Anna Cornelia", "A.C."),
        ("Theo Philip IJsbrand", "T.P.I."),
        ("Anne-Fleur Belle", "A.B."),
        ("Suzie Q", "S.Q"),
        ("J P", "J P"),
        ("Ødegård Łukasz", "Ø.Ł."),
        (None, None),
    ],
)
def test_a_first_name_of_one_letter_is_no_abbreviation(first_names: str | None, letters: str | None) -> None:
    assert initials(first_names) == letters


def somebody(sex: str, last: str, wish: str = "E", partner: str | None = None, **more: object) -> dict[str, Any]:
    named = {"voornamen": "Robin Melle", "geslachtsnaam": last, "aanduidingNaamgebruik": {"code": wish}, **more}
    partners = [{"naam": {"voorvoegsel": "de", "geslachtsnaam": partner}}] if partner else []
    return {"geslacht": {"code": sex}, "naam": named, "partners": partners}


@pytest.mark.parametrize(
    ("gba", "salutation"),
    [
        (somebody("M", "Puffelen", voorvoegsel="van"), "Geachte heer Van Puffelen"),
        (somebody("V", "Puffelen", voorvoegsel="van"), "Geachte mevrouw Van Puffelen"),
        (somebody("O", "Puffelen", voorvoegsel="van"), "Geachte R.M. van Puffelen"),
        (somebody("V", "Veld", "P", "Boer"), "Geachte mevrouw De Boer"),
        (somebody("V", "Veld", "V", "Boer"), "Geachte mevrouw De Boer-Veld"),
        (somebody("V", "Veld", "N", "Boer"), "Geachte mevrouw Veld-de Boer"),
        (somebody("V", "Veld", "P"), "Geachte mevrouw Veld"),
        (somebody("M", "Aedel", adellijkeTitelPredicaat={"code": "GI", "soort": "titel"}), "Hooggeboren heer"),
        (somebody("M", "."), None),
        (somebody("V", ".", "P", "Boer"), "Geachte mevrouw De Boer"),
        (somebody("V", ".", "V", "Boer"), None),
    ],
)
def test_a_letter_begins_as_the_addressee_wishes(gba: dict[str, Any], salutation: str | None) -> None:
    assert letter_names(gba).get("aanhef") == salutation


def test_the_last_partner_lends_the_name() -> None:
    gba = somebody("V", "Veld", "P")
    gba["partners"] = [
        {"naam": {"geslachtsnaam": "Laat"}, "ontbindingHuwelijkPartnerschap": {"datum": "20200101"}},
        {"naam": {"geslachtsnaam": "Vroeg"}, "ontbindingHuwelijkPartnerschap": {"datum": "20100101"}},
    ]
    assert letter_names(gba)["aanhef"] == "Geachte mevrouw Laat"


@pytest.mark.parametrize(
    ("sex", "code", "kind", "whole"),
    [
        ("M", "JV", "predicaat", "jonkheer Jo van Hoogh"),
        ("O", "JV", "predicaat", "jonkvrouw Jo van Hoogh"),
        ("V", "G", "titel", "Jo gravin van Hoogh"),
        ("O", "GI", "titel", "Jo gravin van Hoogh"),
        ("M", "R", "titel", "Jo ridder van Hoogh"),
    ],
)
def test_a_predicate_stands_first_and_a_title_before_the_surname(sex: str, code: str, kind: str, whole: str) -> None:
    title = {"code": code, "omschrijving": "-", "soort": kind}
    named = {"voornamen": "Jo", "adellijkeTitelPredicaat": title, "voorvoegsel": "van", "geslachtsnaam": "Hoogh"}
    assert full_name({"geslacht": {"code": sex}, "naam": named}) == whole


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ({"huisnummer": "88"}, "Kaatsbaan 88"),
        ({"huisnummer": "88", "huisletter": "c"}, "Kaatsbaan 88 c"),
        ({"huisnummer": "88", "huisnummertoevoeging": "III"}, "Kaatsbaan 88 III"),
        ({"huisnummer": "88", "huisnummertoevoeging": "2"}, "Kaatsbaan 88-2"),
        ({"huisnummer": "88", "huisletter": "B", "huisnummertoevoeging": "73c"}, "Kaatsbaan 88 B73c"),
        ({"huisnummer": "88", "aanduidingBijHuisnummer": {"code": "to"}}, "Kaatsbaan t/o 88"),
        ({"huisnummer": "0"}, None),
    ],
)
def test_a_street_line_reads_as_on_an_envelope(place: dict[str, Any], line: str | None) -> None:
    assert street_line({"straat": "Kaatsbaan", **place}) == line


SINCE = {"type": "Datum", "datum": "2002-07-01", "langFormaat": "1 juli 2002"}


@pytest.mark.parametrize(
    ("mark", "elements", "doubted"),
    [
        ("010000", OWN_NAME, set(OWN_NAME)),
        ("010200", OWN_NAME, set(OWN_NAME) - {"aanduidingNaamgebruik"}),
        ("010210", OWN_NAME, {"voornamen", "voorletters", "volledigeNaam"}),
        ("010410", OWN_NAME, {"volledigeNaam"}),
        ("016100", OWN_NAME, {"aanduidingNaamgebruik"}),
        ("081000", ADDRESS, {"datumVan", "functieAdres"}),
        ("081020", ADDRESS, set()),
        ("081400", IMMIGRATION, set(IMMIGRATION)),
        ("080910", ADDRESS_LINES, {"adresregel2"}),
        ("081300", ADDRESS_LINES, set(ADDRESS_LINES)),
        ("089999", ADDRESS, set()),
    ],
)
def test_an_investigation_marks_what_it_covers_and_no_more(mark: str, elements: Elements, doubted: set[str]) -> None:
    source = {"inOnderzoek": {"aanduidingGegevensInOnderzoek": mark, "datumIngangOnderzoek": "20020701"}}
    expected = dict.fromkeys(doubted, True) | ({"datumIngangOnderzoek": SINCE} if doubted else {})
    assert marks(source, elements) == expected


def test_what_stands_for_unknown_is_left_out() -> None:
    assert table({"code": "0000", "omschrijving": "Onbekend"}) is None
    assert table({"omschrijving": "Muğla"}) == {"omschrijving": "Muğla"}
    assert number("100000") is None
    assert name(".") is None


def test_what_the_schema_cannot_carry_becomes_a_hyphen() -> None:
    assert name('Jip "de" Wit') == "Jip -de- Wit"
    assert table({"code": "P", "omschrijving": "echtgenoot/partner"}) == {
        "code": "P",
        "omschrijving": "echtgenoot-partner",
    }
