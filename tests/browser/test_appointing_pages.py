"""Who was appointed, before a real screen: each page of Burgerzaken, of who acts and of the resident."""

import pytest

from tests.browser.test_behalf_pages import looked
from tests.browser.test_every_page import axe
from tests.browser.town import Person, Town
from tests.house import OPENED

__all__ = ["axe"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLED = "999993434"  # with two children
HOME, SAFE = "/beheer/vertegenwoordiging", "/beheer/veilig-adres"


def filled(person: Person, *, names: bool) -> None:
    page = person.page
    page.locator("select[name=soort]").select_option("curator")
    for field, value in (("bsn", OPENED["r2"]), ("bsn-ander", OPENED["doubted"]), ("instantie", "rechtbank Den Haag"),
                         ("kenmerk", "26-1"), ("datum", "2026-01-05"), ("tot", "2028-01-01")):  # fmt: skip
        page.locator(f"input[name={field}]").fill(value)
    if names:
        page.locator("input[name=naam]").fill("mevrouw Bakker")
        page.locator("input[name=naam-ander]").fill("de heer De Wit")


def looked_up(person: Person) -> None:
    person.open(f"{HOME}/zoeken")
    person.page.locator("input[name=bsn]").fill(OPENED["r2"])
    person.page.locator("select[name=reden]").select_option("vraag")
    person.press("Zoek")
    assert "de heer De Wit" in person.text and OPENED["r2"] not in person.page.content()


def test_a_safe_address_is_set_and_stopped_on_pages_that_anybody_can_use(town: Town, axe: str) -> None:
    with town.person("bz1") as first:
        for place, button in ((SAFE, "Zet veilig adres"), (f"{SAFE}/stoppen", "Stop")):
            first.open(place)
            looked(first.page, axe, "")
            first.press(button)
            assert "Er zijn 2 fouten" in first.text
            looked(first.page, axe, "")
        first.open(SAFE)
        first.page.locator("input[name=bsn]").fill(FLED)
        first.page.locator("select[name=reden]").select_option("verzoek")
        first.press("Zet veilig adres")
        assert "Gelukt. Dit is vanaf nu een veilig adres." in first.text
        looked(first.page, axe, "")
        first.press("Zet veilig adres")
        assert "Er is 1 fout" in first.text
        looked(first.page, axe, "")
        first.page.locator("input[name=kind-1]").check()
        first.press("Zet veilig adres")
        assert "hebben nu ook een veilig adres" in first.text


def test_a_document_is_typed_twice_and_somebody_acts_on_it(town: Town, axe: str) -> None:
    with town.person("bz1") as first, town.person("bz2") as second:
        for place in ("", "/nieuw", "/stoppen", "/zoeken"):
            first.open(f"/en{HOME}{place}")
            looked(first.page, axe, "")
        first.open(f"{HOME}/nieuw")
        first.press("Schrijf op")
        assert "Er zijn 9 fouten" in first.text
        looked(first.page, axe, "")
        filled(first, names=True)
        first.press("Schrijf op")
        looked(first.page, axe, "")
        second.open(HOME)
        second.follow("Kijk na met het stuk erbij")
        looked(second.page, axe, "")
        filled(second, names=False)
        second.press("Bevestig")
        assert "Gelukt." in second.text
    with town.person("doubted") as helper, town.person("r2") as resident:
        helper.open("/namens")
        looked(helper.page, axe, "")
        helper.page.get_by_label("mevrouw Bakker").check()
        helper.press("Kijk voor deze persoon")
        looked(helper.page, axe, "U kijkt nu voor mevrouw Bakker")
        resident.open("/namens/gemachtigden")
        assert "de heer De Wit" in resident.text
        looked(resident.page, axe, "")
    with town.person("bz1") as first:
        looked_up(first)
        looked(first.page, axe, "")
        first.open(f"{HOME}/stoppen")
        first.press("Stop")
        looked(first.page, axe, "")
        first.page.locator("input[name=bsn]").fill(OPENED["r2"])
        first.page.locator("input[name=kenmerk]").fill("26-1")
        first.page.locator("select[name=reden]").select_option("vervangen")
        first.press("Stop")
        assert "is gestopt" in first.text
