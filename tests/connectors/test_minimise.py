"""Answers are made from values that stay; unknown is no answer; only the named source gives a value."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from audit.contract import Ground
from connectors.answers import Facts
from connectors.minimise import NORMS, facts_at, minimise
from vault.contract import Value, Values

ADULT, HERE, INCOME = (
    "brp.leeftijd.isMeerderjarig",
    "brp.adres.isInGemeente",
    "inkomen.isHoogstens110ProcentSociaalMinimum",
)
MADE_FROM = {
    ADULT: ("brp", "brp.geboortedatum"),
    HERE: ("brp", "brp.gemeente"),
    INCOME: ("kluis", "inkomen.brutoPerMaand"),
}
FACTS = Facts(today=date(2026, 9, 1), municipality="9901", norm=142_500)


def ground(*elements: str) -> Ground:
    inputs = {one: MADE_FROM.get(one, ("brp", one)) for one in elements}
    allowed = [{"element": one, "bron": read[0], "invoer": [read]} for one, read in inputs.items()]
    said = dict.fromkeys(("gemeente", "inwoner", "betrokkene", "ontvanger", "toepassing", "activiteit", "versie"), "x")
    rest = {"v": "1", "nonce": "0" * 32, "geweigerd": (), "hekken": (), "feiten": (), "beslist": 1, "geldigTot": 0}
    return Ground.model_validate({**said, **rest, "toegestaan": allowed})


def value(element: str, said: Any, **more: Any) -> Values:
    known = {"element": element, "value": said, "source": "brp", "as_of": 1_788_264_000_000, "origin": "bron"}
    return Values(values=(Value.model_validate({**known, **more}),))


def answer(element: str, said: Any, **more: Any) -> Any:
    source, read = MADE_FROM[element]
    released, missing = minimise([element], ground(element), {source: value(read, said, **more)}, FACTS)
    assert len(released) + len(missing) == 1
    return released[element].value if released else missing[0].code


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ({"type": "Datum", "datum": "2008-09-01"}, True),  # eighteen today
        ({"type": "Datum", "datum": "2008-09-02"}, False),
        ({"type": "Datum", "datum": "2008-02-29"}, True),
        ({"type": "JaarMaandDatum", "jaar": 2008, "maand": 8}, True),
        ({"type": "JaarMaandDatum", "jaar": 2008, "maand": 9}, "niet-bekend"),
        ({"type": "JaarMaandDatum", "jaar": 2008, "maand": 10}, False),
        ({"type": "JaarDatum", "jaar": 2007}, True),
        ({"type": "JaarDatum", "jaar": 2008}, "niet-bekend"),
        ({"type": "JaarDatum", "jaar": 2009}, False),
        ({"type": "DatumOnbekend", "onbekend": True}, "niet-bekend"),
        ({"type": "Datum", "datum": "2008-02-31"}, "niet-bekend"),
        ("2000-01-01", "niet-leesbaar"),
    ],
)
def test_eighteen_is_told_only_when_it_is_sure(birth: Any, expected: object) -> None:
    assert answer(ADULT, birth) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1567.50", True),  # exactly 110 percent of 1425.00
        ("1567.51", False),
        (1567.5, True),
        ({"bedrag": "1567.51", "valuta": "EUR"}, False),
        (0, True),
        ("1567.505", "niet-leesbaar"),
        ("-1", "niet-leesbaar"),
        ("NaN", "niet-leesbaar"),
        ("veel", "niet-leesbaar"),
        (True, "niet-leesbaar"),
        (None, "niet-leesbaar"),
    ],
)
def test_income_at_the_border_is_a_yes_and_a_cent_more_a_no(amount: Any, expected: object) -> None:
    assert answer(INCOME, amount) == expected


def test_norm_is_the_one_of_the_day() -> None:
    assert NORMS.on(date(2026, 6, 30)) == 140_000
    assert NORMS.on(date(2026, 7, 1)) == 142_500
    assert NORMS.on(date(2025, 12, 31)) == 0
    released, missing = minimise(
        [INCOME], ground(INCOME), {"kluis": value("inkomen.brutoPerMaand", 1)}, Facts(date(2025, 1, 1), "9901", 0)
    )
    assert (released, missing[0].code) == ({}, "niet-bekend")


def test_a_day_begins_at_midnight_in_the_netherlands() -> None:
    assert facts_at(datetime(2026, 8, 31, 22, 30, tzinfo=UTC), "9901").today == date(2026, 9, 1)


@pytest.mark.parametrize(("code", "expected"), [("9901", True), ("0518", False), ("", "niet-leesbaar")])
def test_living_here_is_about_the_code_of_the_municipality(code: str, expected: object) -> None:
    assert answer(HERE, {"code": code, "omschrijving": "Spaarnewoude"}) == expected


def test_a_doubted_input_makes_a_doubted_answer() -> None:
    found = value("brp.geboortedatum", {"type": "Datum", "datum": "1980-01-01"}, under_investigation=True)
    released, _ = minimise([ADULT], ground(ADULT), {"brp": found}, FACTS)
    assert released[ADULT].under_investigation


def test_nothing_passes_that_was_not_allowed_from_that_very_source() -> None:
    both = Values(
        values=(*value("brp.naam", {"voornamen": "x"}).values, *value("brp.adres", {"woonplaats": "secret"}).values)
    )
    released, missing = minimise(["brp.naam"], ground("brp.naam"), {"brp": both}, FACTS)
    assert set(released) == {"brp.naam"}
    released, missing = minimise(["brp.naam"], ground("brp.naam"), {"kluis": both, "brp": Values()}, FACTS)
    assert (released, [one.code for one in missing]) == ({}, ["niet-bekend"])


def test_an_element_that_was_dropped_after_the_line_does_not_leave() -> None:
    found = {
        "brp": Values(
            values=(*value("brp.naam", {"voornamen": "x"}).values, *value("brp.adres", {"woonplaats": "y"}).values)
        )
    }
    released, missing = minimise(["brp.naam"], ground("brp.naam", "brp.adres"), found, FACTS)
    assert (set(released), missing) == ({"brp.naam"}, ())


def test_what_cannot_be_read_is_told_from_what_is_not_there_and_takes_nothing_with_it() -> None:
    """Also of a source that left it out itself; and of an answer that is made of it."""
    found = {"brp": value("brp.naam", {"voornamen": "x"}).model_copy(update={"unreadable": ("brp.geboortedatum",)})}
    released, missing = minimise(["brp.naam", ADULT], ground("brp.naam", ADULT), found, FACTS)
    assert (set(released), [one.code for one in missing]) == ({"brp.naam"}, ["niet-leesbaar"])
    silent = found | {"kluis": None}
    _, missing = minimise([INCOME, ADULT], ground(INCOME, ADULT), silent, FACTS)
    assert {one.code for one in missing} == {"bron-niet-bereikbaar", "niet-leesbaar"}


def test_a_silent_source_is_told_from_one_that_does_not_know() -> None:
    _, missing = minimise(["brp.naam"], ground("brp.naam"), {"brp": None}, FACTS)
    assert missing[0].code == "bron-niet-bereikbaar"
