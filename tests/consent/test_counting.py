"""Tables before they are published: what is wrong with them is told at its place, all at once."""

from typing import Any

import pytest

from audit.contract import SYSTEM
from consent.contract import About, Question, ResidentRef
from consent.counting import faults
from consent.rules import weigh
from tests.consent.house import ANNA, PLAN, activity
from tests.consent.house import NAME as BY_LAW
from tests.consent.test_rules import AT, consent, facts

NAME = "brp.naam"  # of the activity of these tests; what it is does not matter here
ROW = {"gegevenselement": NAME, "groepen": ["a", "b"]}
TABLE = {"naam": "t", "rijen": "naam", "maat": "aantal", "rij": ROW}
WHOLE = {"bevolking": "bevolking", "gebied": "wijk", "budget": 2_000}


def found(statistics: dict[str, Any] | None = None, **table: Any) -> list[tuple[str, str]]:
    said = {**WHOLE, "tabellen": [TABLE | table], **(statistics or {})}
    return [(place, code) for place, code, _ in faults(activity(statistiek=said, zaak="geen"), AT)]


def side(**more: Any) -> dict[str, Any]:
    return {"rij": {"gegevenselement": NAME, **more}}


T = "/statistiek/tabellen/0"
WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"statistics": {"publicatiedag": "2026-02-30"}}, [("/statistiek/publicatiedag", "past-niet")]),
    ({"statistics": {"publicatiedag": "2999-01-01"}}, [("/statistiek/publicatiedag", "te-ver")]),
    ({"statistics": {"publicatiedag": "2020-01-01"}}, []),
    ({"statistics": {"publicatiedag": "2026-12-01", "tabellen": []}},
     [("/statistiek", "ontbreekt"), ("/statistiek/publicatiedag", "past-niet")]),
    ({"statistics": {"bevolking": ""}}, [("/statistiek/bevolking", "ontbreekt")]),
    ({"statistics": {"tabellen": [TABLE, TABLE]}}, [("/statistiek/tabellen/1/naam", "dubbel")]),
    ({"kosten": 3_000}, [(f"{T}/kosten", "past-niet")]),
    ({"rij": None}, [(f"{T}/rij", "ontbreekt")]),
    ({"kolom": {"gegevenselement": "brp.geslacht", "groepen": ["m"]}}, [(T, "buiten-doel")]),
    (side(), [(f"{T}/rij/groepen", "past-niet")]),
    (side(groepen=["a", "a"]), [(f"{T}/rij/groepen", "past-niet")]),
    (side(indeling="klasse"), [(f"{T}/rij/grenzen", "past-niet")]),
    (side(indeling="klasse", grenzen=[5, 5]), [(f"{T}/rij/grenzen", "te-fijn")]),
    (side(indeling="leeftijd", grenzen=[18, 21]), [(f"{T}/rij/grenzen", "te-fijn")]),
    (side(indeling="leeftijd", grenzen=[18, 130]), [(f"{T}/rij/grenzen", "past-niet")]),
    (side(indeling="vak"), [(f"{T}/rij", "te-fijn")]),
    ({"statistics": {"gebied": "gemeente"}, "rij": {"gegevenselement": "brp.wijk", "groepen": ["a"]}},
     [(T, "buiten-doel"), (f"{T}/rij", "te-fijn")]),
    ({"gemiddelde": {"gegevenselement": NAME, "laagste": 9, "hoogste": 9}}, [(f"{T}/gemiddelde", "past-niet")]),
    ({"kolom": {"gegevenselement": NAME, "indeling": "vak"}, "statistics": {"gebied": "vak"}},
     [(f"{T}/kolom", "past-niet")]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), WRONG)
def test_what_is_wrong_with_a_table_is_told_at_its_place(said: dict[str, Any], expected: list[Any]) -> None:
    more = dict(said)
    if "statistics" in more and "tabellen" not in more["statistics"]:
        more["statistics"] = {"tabellen": [TABLE | {k: v for k, v in said.items() if k != "statistics"}],
                              **more["statistics"]}  # fmt: skip
    assert found(**more) == expected


def test_a_table_that_keeps_the_rules_is_taken() -> None:
    assert found() == []
    assert found(**side(indeling="leeftijd", grenzen=[18, 25, 65])) == []
    assert found({"gebied": "vak", "tabellen": [TABLE | side(indeling="vak")]}) == []


def test_squares_have_one_side_and_cases_and_secrets_count_nobody() -> None:
    square = TABLE | side(indeling="vak") | {"kolom": ROW}
    assert found({"gebied": "vak", "tabellen": [square]}) == [(f"{T}/rij", "past-niet")]
    said = {**WHOLE, "tabellen": [TABLE]}
    assert [place for place, *_ in faults(activity(statistiek=said, zaak="verplicht"), AT)] == ["/zaak"]


def test_the_threshold_goes_up_only() -> None:
    with pytest.raises(ValueError, match="15"):
        activity(statistiek={**WHOLE, "drempel": 14, "tabellen": [TABLE]})


NOBODY = ResidentRef(id=SYSTEM, subject=SYSTEM, fence="0" * 32)
CHOSEN = {"naam": "t", "rijen": "plan", "maat": "aantal", "rij": {"gegevenselement": PLAN, "groepen": ["a"]}}
COUNTS = activity(elements={BY_LAW: "B", PLAN: "C"}, statistiek={**WHOLE, "tabellen": [CHOSEN]})


def weighed(
    resident: ResidentRef, table: str, *elements: str, **more: object
) -> tuple[list[str], list[tuple[str, str]]]:
    question = Question(resident=resident, activity="regeling", elements=elements or (table,), table=table)
    found = weigh(question, facts(activity=COUNTS, case=None, **more), AT)
    return [used.name for used, _ in found.allowed], [(name, code) for name, code, _ in found.refused]


def test_a_table_is_about_its_own_elements_whatever_else_is_named() -> None:
    assert weighed(NOBODY, "t", BY_LAW) == ([PLAN], [])
    assert weighed(NOBODY, "anders", BY_LAW) == ([], [("anders", "buiten-doel")])


def test_what_is_chosen_counts_only_of_who_chose() -> None:
    assert weighed(NOBODY, "t") == ([PLAN], []), "nobody in particular is asked yet"
    assert weighed(ANNA, "t") == ([], [(PLAN, "geen-toestemming")])
    assert weighed(ANNA, "t", consents=(consent(),)) == ([PLAN], [])


def test_an_activity_that_counts_gives_nothing_about_one_resident() -> None:
    assert weighed(ANNA, "", BY_LAW, PLAN, consents=(consent(),)) == (
        [], [(BY_LAW, "buiten-doel"), (PLAN, "buiten-doel")],
    )  # fmt: skip


def test_a_table_reads_the_same_on_both_sides_of_a_wire() -> None:
    about = About(activity="regeling", statistics=COUNTS.statistics)
    assert About.model_validate_json(about.model_dump_json()) == about
