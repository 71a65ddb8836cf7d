"""Residents and the FG with JavaScript off: every task of this issue from start to end, counted where goals count."""

import re
from collections.abc import Iterator

import pytest

from assembly.demo.register import EXERCISES, INCOME_ANSWER, STORY
from tests.browser.town import Person, Town
from tests.house import OPENED, R1

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS = ("fontSize", "fontWeight", "fontFamily", "color", "backgroundColor", "border", "padding", "opacity", "cursor")


@pytest.fixture(scope="module")
def logged_in(town: Town) -> Iterator[tuple[Person, Person]]:
    """R1 and the FG, each in a browser that stays open: to start one and log in takes longer than most of these."""
    script = {"java_script_enabled": False}
    with town.person("r1", **script) as resident, town.person("fg", **script) as officer:
        yield resident, officer


@pytest.fixture
def resident(logged_in: tuple[Person, Person]) -> Person:
    logged_in[0].open("/overzicht")
    return logged_in[0]


@pytest.fixture
def officer(logged_in: tuple[Person, Person]) -> Person:
    logged_in[1].open("/fg")
    return logged_in[1]


def ask_for_income(town: Town, who: str) -> None:
    """The Inkomensloket opens a case of this resident and asks them."""
    case = town.loop.call(town.house.case, OPENED[who])
    application = town.house.application()
    wanted = town.loop.call(application.request_consent, OPENED[who], STORY, (INCOME_ANSWER,), case)
    assert wanted.status_code == 201, wanted.text


def test_who_logs_in_reads_at_once_who_used_their_data_and_who_logs_out_is_out(town: Town) -> None:
    with town.person("r1", java_script_enabled=False) as resident:
        assert resident.path == "/overzicht"
        heading = resident.page.locator("h1").inner_text()
        assert re.fullmatch(r"In september gebruikte(n [2-9] afdelingen| 1 afdeling) uw gegevens\.", heading)
        resident.follow("Gebruik", "nav")
        assert resident.path == "/gebruik" and "3 keer" in resident.text and "Kreeg niets" in resident.text
        resident.follow("Het Inkomensloket")
        for words in ("Wie", "Welke gegevens", "Waarom", "Mag dit?", "Wanneer", "Hoe lang bewaren zij dit", "Bewijs"):
            assert words in resident.text
        resident.press("Uitloggen", "header")
        assert "Bekijk wie uw gegevens gebruikte" in resident.text
        resident.open("/overzicht")
        assert "Kies als wie u wilt inloggen" in resident.text


def test_a_handling_shows_its_newest_line_and_leads_to_the_others(town: Town, resident: Person) -> None:
    resident.open(town.places.use)
    resident.page.get_by_text("Dit gebeurde kort daarvoor nog 2 keer").click()
    links = resident.page.locator("main details li a")
    assert links.count() == 2
    links.last.click()
    assert resident.path == town.places.asked and "Waarom was mijn adres nodig?" in resident.text


def test_a_question_goes_to_the_officer_and_the_answer_comes_back(
    town: Town, resident: Person, officer: Person
) -> None:
    resident.open(town.places.nothing)
    resident.page.get_by_text("Stel een vraag").click()
    resident.press("Verstuur mijn vraag")
    assert "Schrijf uw vraag op." in resident.text and resident.page.title().startswith("Fout: ")
    resident.page.get_by_label("Wat wilt u weten").fill("Waarom kregen zij niets?")
    resident.press("Verstuur mijn vraag")
    assert resident.path == town.places.nothing and "Wij hebben uw vraag." in resident.text
    officer.open("/fg")
    card = officer.page.locator("li", has_text="Waarom kregen zij niets?")
    assert "Inwoner r1" not in officer.text
    card.get_by_label("Uw antwoord").fill("Omdat u stopte.")
    card.get_by_role("button").click()
    assert "Gelukt. Het antwoord is bewaard." in officer.text
    resident.open(town.places.nothing)
    assert "Omdat u stopte." in resident.text


@pytest.mark.parametrize(
    ("who", "choice", "told"), [("doubted", "Ja, dat mag", "U zei ja."), ("secret", "Nee, dat mag niet", "U zei nee.")]
)
def test_yes_and_no_take_three_actions_and_look_the_same(town: Town, who: str, choice: str, told: str) -> None:
    ask_for_income(town, who)
    with town.person(who, java_script_enabled=False) as person:
        person.follow("Mag het Inkomensloket weten of uw inkomen onder de grens is?")
        place, radios = person.path, person.page.locator("input[type=radio]")
        assert [radios.nth(one).get_attribute("value") for one in range(2)] == ["ja", "nee"]
        assert person.page.locator("input:checked").count() == 0
        assert look(person, "input[type=radio]") == 1 and look(person, ".regie-choice__label") == 1
        person.page.get_by_label(choice, exact=True).check()
        person.press("Bewaar mijn keuze")
        assert person.path == place and f"Gelukt. {told}" in person.text


def look(person: Person, selector: str) -> int:
    """How many different looks and sizes these elements have."""
    script = """(all, names) => all.map(one => { const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return JSON.stringify([...names.map(name => style[name]), Math.round(box.height), Math.round(box.width)]) })"""
    looks: list[str] = person.page.locator(selector).evaluate_all(script, list(LOOKS))
    assert len(looks) == 2
    return len(set(looks))


def test_a_resident_keeps_a_value_sees_it_once_and_takes_it_along(town: Town) -> None:
    with town.person("r2", java_script_enabled=False) as person:
        person.follow("Gegevens", "nav")
        person.follow("KVK-nummer van uw bedrijf")
        assert person.path == "/gegevens/kluis.onderneming.kvkNummer" and "U bewaart dit niet." in person.text
        person.page.get_by_label("Wat moet er staan?").fill("12")
        person.press("Bewaar dit")
        assert "Kijk naar het voorbeeld." in person.text and person.page.title().startswith("Fout: ")
        person.page.get_by_label("Wat moet er staan?").fill("12345678")
        person.press("Bewaar dit")
        assert "is verborgen" in person.text and "12345678" not in person.page.content()
        person.press("Laat zien")
        assert "12345678" in person.text and "12345678" not in person.page.title() + person.page.url
        person.follow("Verberg dit weer")
        assert "is verborgen" in person.text
        person.follow("Terug naar uw gegevens")
        with person.page.expect_download() as taken:
            person.press("Neem alles mee")
        assert taken.value.suggested_filename == "kluis.json"
        assert "12345678" in taken.value.path().read_text()
        assert not person.seen.leaks
        person.open("/gegevens/kluis.woning.plattegrond")
        person.page.get_by_label("Wat moet er staan?").fill("m" * 1000)
        person.press("Bewaar dit")
        person.page.set_viewport_size({"width": 320, "height": 640})
        person.press("Laat zien")
        assert "mmm" in person.text and person.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_stopping_takes_two_actions_on_the_same_page(town: Town, resident: Person) -> None:
    asked = {"verwerkingsactiviteit": "oefening", "gegevenselementen": [EXERCISES[0]]}  # of whoever opens its page
    wanted = town.loop.call(town.house.application("oefenpartij").post, "toestemming", "/toestemmingsverzoeken", asked)
    place = f"/toestemmingen/{wanted.json()['id']}"
    resident.open(place)
    assert "Deze vraag staat nog niet op uw naam." in resident.text
    resident.page.get_by_label("Ja, dat mag").check()
    resident.press("Bewaar mijn keuze")
    assert "Deze vraag staat nog niet op uw naam." not in resident.text
    resident.open("/overzicht")
    resident.follow("Stoppen met de Oefenpartij")
    assert resident.path == place
    resident.press("Stop met delen")
    assert resident.path == place and "Gelukt. Uw toestemming is gestopt" in resident.text


def test_the_officer_searches_with_a_reason_and_never_sees_the_number_again(officer: Person) -> None:
    officer.follow("Zoeken", "nav")
    officer.page.get_by_label("Inwoner", exact=True).check()
    officer.page.get_by_label("Burgerservicenummer").fill(R1)
    officer.press("Zoek")
    assert "Kies een reden." in officer.text and "Vul het nummer van de zaak in." in officer.text
    assert officer.page.get_by_label("Burgerservicenummer").input_value() == ""
    officer.page.get_by_label("Reden").select_option("inzage")
    officer.page.get_by_label("Zaak").fill("FG-1")
    officer.page.get_by_label("Burgerservicenummer").fill(R1)
    officer.press("Zoek")
    assert officer.path == "/fg/zoek" and "Deze zoekvraag staat zelf in het logboek" in officer.text
    rows = officer.page.locator("tbody tr")
    assert rows.filter(has_text="Doorgegeven, aangekomen").count() >= 1
    assert rows.filter(has_text="toestemming ingetrokken").count() >= 1
    assert R1 not in officer.page.content()


def test_what_is_not_there_says_so_and_leads_on(town: Town, resident: Person) -> None:
    for place in ("/bestaat-niet", town.places.refused, town.places.use + "9999"):
        assert resident.open(place) == 404
        assert resident.page.locator("h1").inner_text() == "Deze pagina is er niet" and "14 0" in resident.text
        resident.follow("Ga naar uw overzicht")
        assert resident.path == "/overzicht"


def test_the_language_changes_and_the_page_stays(town: Town, resident: Person) -> None:
    for place in (town.places.given, "/gebruik?periode=jaar&geweigerd=ja", "/toestemmingen?soort=voorbij"):
        resident.open(place)
        resident.follow("English", "header")
        assert resident.page.url == f"{resident.url}/en{place}"
        assert resident.page.locator("html").get_attribute("lang") == "en"
        assert "Inkomensloket" not in resident.page.locator("main").inner_text()
        resident.follow("Nederlands", "header")
        assert resident.page.url == resident.url + place
