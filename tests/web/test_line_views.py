"""Lines become handlings, and handlings become plain words: nothing is lost, and nothing is claimed."""

from datetime import timedelta

from assembly.demo.register import recipients
from audit.contract import Event, Line, Position
from connectors.catalogue import catalogue_elements
from kernel.clock import millis, moment
from tests.web.samples import NOON
from web.found_lines import found_rows
from web.language import Language
from web.line_views import LineViews, handlings
from web.register_words import RegisterWords

INCOME, ANSWER = "inkomen.brutoPerMaand", "inkomen.isHoogstens110ProcentSociaalMinimum"


def line(index: int, minutes: int, kind: str = "verstrekking", case: str = "Z-1", **more: object) -> Line:
    """`minutes` after noon."""
    said = {"id": f"{index:032x}", "kind": kind, "recipient": "inkomensloket", "activity": "a", "case": case, **more}
    at = millis(NOON) + minutes * 60_000
    position = Position(term="2026h2", index=index)
    return Line(position=position, at=at, n=index, event=Event.model_validate(said), outcome="geleverd")


def spoken(language: Language = "nl") -> RegisterWords:
    return RegisterWords.of(language, catalogue_elements(), (), recipients())


def sizes(*lines: Line) -> list[int]:
    return [len(group) for group in handlings(lines)]


def test_uses_for_one_case_within_an_hour_are_one_handling() -> None:
    assert sizes(line(3, 60), line(2, 30), line(1, 0)) == [3]
    assert sizes(line(3, 61), line(2, 30), line(1, 0)) == [2, 1], "an hour from the newest, not a chain"
    assert sizes(line(2, 5), line(1, 0, case="Z-2")) == [1, 1]
    assert sizes(line(2, 5), line(1, 0, kind="weigering")) == [1, 1], "a refusal does not hide behind a use"
    assert sizes(line(3, 9), line(2, 5, kind="toestemming-gegeven"), line(1, 0)) == [2, 1]


def test_a_handling_ends_at_midnight_in_the_netherlands() -> None:
    midnight = 10 * 60 - 5  # noon of the samples is 14.05
    assert sizes(line(2, midnight + 1), line(1, midnight - 1)) == [1, 1]


def test_cases_of_one_department_on_one_day_are_one_row_whatever_their_numbers() -> None:
    opened = [line(9 - n, 200 - 50 * n, "zaak-geopend", f"Z-{n}") for n in range(4)]
    assert sizes(*opened) == [4]
    assert sizes(*opened, line(1, -24 * 60, "zaak-geopend")) == [4, 1]
    chosen = [line(2, 5, "toestemming-gegeven"), line(1, 0, "toestemming-gegeven")]
    assert sizes(*chosen) == [1, 1], "each choice stands by itself"
    searched = [line(9 - n, 50 - n, "zoeking", "FG-1") for n in range(3)]
    assert sizes(*searched, line(1, 0, "zoeking", "FG-2")) == [3, 1], "pages of one search are not a card each"


def test_a_row_of_more_lines_tells_every_result_and_its_detail_leads_to_the_others() -> None:
    classes = (("brp.naam", "A"), (ANSWER, "C"))
    newest = line(2, 5, elements=("brp.naam",), refused=((ANSWER, "geen-toestemming"),), classes=classes)
    whole = line(1, 0, elements=("brp.naam", ANSWER), classes=classes)
    views = LineViews(spoken(), moment(newest.at) + timedelta(minutes=1), "Gemeente", {})
    (row,) = views.rows([newest, whole])
    assert (row.id, row.times, row.results, row.letters) == ("2026h2-2", 2, ("deels", "gelukt"), ("A", "C"))
    assert row.labels == ("Naam", "Of uw inkomen onder de grens is") and "geen toestemming" in row.reason
    assert [one.id for one in views.earlier(newest, [whole])] == ["2026h2-1"]
    assert views.earlier(whole, []) == ()


def test_a_question_says_know_for_yes_or_no_and_see_for_what_can_be_seen() -> None:
    assert spoken().may([ANSWER]) == "weten of uw inkomen onder de grens is"
    assert spoken().may([INCOME, "brp.adres"]) == "uw bruto inkomen per maand en uw adres bekijken"
    assert spoken().may([INCOME, ANSWER]).endswith("bekijken en weten of uw inkomen onder de grens is")
    assert spoken().may_not([INCOME]) == "uw bruto inkomen per maand niet bekijken"
    assert spoken("en").may([ANSWER]) == "know whether your income is under the limit"
    assert "110 procent" in spoken().exact([ANSWER])[0] and spoken().exact([INCOME]) == ()


def test_a_department_is_called_as_the_line_does_and_in_english_as_the_register_does() -> None:
    assert spoken().recipient("inkomensloket", "de Sociale Dienst") == "de Sociale Dienst"
    assert spoken("en").recipient("inkomensloket", "het Inkomensloket") == "Income Support"
    assert spoken("en").recipient("opgeheven", "de Sociale Dienst") == "de Sociale Dienst"


def test_the_officer_reads_how_a_release_ended_with_the_release() -> None:
    release = line(1, 0, refused=((ANSWER, "geen-toestemming"),))
    told = line(2, 1, "afloop", closes=(release.position,), details={"uitkomst": "geleverd"})
    stranger = line(3, 2, "afloop", closes=(Position(term="2026h2", index=90),), details={"uitkomst": "mislukt"})
    rows = found_rows([stranger, told, release], spoken())
    assert [(row.index, row.decision) for row in rows] == [
        (3, "Hoe het afliep, aangekomen"),
        (1, "Deels doorgegeven, aangekomen"),
    ]
    assert rows[1].codes == ("geen-toestemming",)


def test_the_officer_reads_who_chose_in_the_place_of_the_resident_and_where() -> None:
    told = [
        line(1, 0, "toestemming-gegeven", on_behalf="mentor"),
        line(2, 1, "toestemming-ingetrokken", details={"kanaal": "telefoon"}),
        line(3, 2, "namens-gekeken", on_behalf="ouder"),
        line(4, 3, "balie-gesprek", details={"stap": "begin", "kanaal": "balie"}),
        line(5, 4, "zoeking", details={"stap": "vertegenwoordiging", "reden": "klacht"}),
        line(6, 5, "bezwaar", on_behalf="ouder"),
        line(7, 6, "vlag", details={"vlaggen": "veilig-adres", "reden": "hulpverlening"}),
        line(8, 7, "vlag", details={"vlaggen": "geheimhouding"}),
        line(9, 8, "vlag-einde-gevraagd", details={"vlaggen": "veilig-adres", "reden": "voorbij"}),
        line(10, 9, "zoeking", details={"stap": "veilig-adres"}),
    ]
    plain = [one.model_copy(update={"outcome": ""}) for one in told]
    assert [row.decision for row in found_rows(plain, spoken())] == [
        "De inwoner zei ja, niet zelf, dat deed de mentor",
        "De inwoner stopte, aan de telefoon",
        "Iemand keek voor de inwoner, een ouder",
        "De balie keek wat de inwoner kan kiezen",
        "Burgerzaken zocht op wie er is aangewezen: Klacht van een inwoner",
        "De inwoner was het niet eens met dit gebruik, niet zelf, dat deed een ouder",
        "Veilig adres: Een hulpverlener of de politie vroeg erom",
        "Een bron meldde een beperking",
        "Veilig adres: een eerste medewerker wil dat het stopt: Het gevaar is voorbij",
        "Burgerzaken keek of er een veilig adres is",
    ]


def test_who_was_counted_reads_that_nobody_got_anything_and_what_was_looked_at() -> None:
    one = line(1, 0, "meegeteld", used=(INCOME,), classes=((INCOME, "B"),), class_="B", law="Statistiekverordening 2")
    views = LineViews(spoken(), NOON, "Gemeente", {})
    (row,) = views.rows([one])
    assert row.act == "U telde mee in een tabel met aantallen. Niemand kreeg uw gegevens"
    assert row.labels == () and row.department
    (group,) = views.groups(one.event)
    assert (group.letter, group.labels) == ("B", ("Bruto inkomen per maand",))
    assert LineViews(spoken("en"), NOON, "Gemeente", {}).act(one).startswith("You were counted in a table")
