"""Acting for somebody else before a real screen: each page accessible and narrow, with the banner on it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from assembly.demo.register import EXERCISES
from tests.browser.test_every_page import NARROW, WIDE, axe, too_wide, violations
from tests.browser.town import Town
from tests.house import R2

__all__ = ["axe"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHILD = "999994645"
LIST = "/namens/toestemmingen"


async def asked(town: Town, number: str) -> str:
    """The practice partner asks for something of this resident: the id."""
    answer = await town.house.application().request_consent(number, "oefening", EXERCISES, "Z-9")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def looked(page: Page, axe: str, banner: str) -> None:
    """This page keeps what every page promises."""
    assert page.locator("h1").count() == 1
    assert page.get_by_role("region", name="Voor wie u kijkt").count() == bool(banner)
    if banner:
        assert banner in page.locator("body").inner_text()
    page.evaluate(axe)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict
        assert violations(page, {}) == [] and too_wide(page) == [], page.url


def test_a_parent_acts_for_a_child(town: Town, axe: str) -> None:
    wanted = town.loop.call(asked, town, CHILD)
    with town.person("r1") as person:
        page = person.page
        person.follow("Kijk voor iemand anders", "header")
        person.press("Kijk voor een kind")
        page.locator('button[value="r1"]').click()
        page.wait_for_load_state()
        assert page.locator("input:checked").count() == 0, "arriving is not choosing"
        person.press("Kijk voor deze persoon")
        assert "Kies een persoon uit de lijst." in person.text
        looked(page, axe, "")
        page.locator("input[name=wie]").first.check()
        person.press("Kijk voor deze persoon")

        def say_yes() -> None:
            page.locator("input[value=ja]").check()
            person.press("Bewaar mijn keuze")

        steps: tuple[Callable[[], object], ...] = (
            lambda: person.open(LIST),
            lambda: person.open(f"{LIST}/{wanted}"),
            lambda: person.press("Bewaar mijn keuze"),  # nothing was chosen
            say_yes,
            lambda: person.press("Stop met delen"),
            lambda: person.open("/namens/gebruik"),
            lambda: person.open("/namens/verzoeken"),
            lambda: person.press("Verstuur mijn verzoek"),  # nothing was chosen
            lambda: person.open("/overzicht"),  # shut
        )
        for step in steps:
            step()
            looked(page, axe, "U kijkt nu voor")
            assert page.title().startswith(("Voor ", "Fout: Voor "))
        page.get_by_role("button", name="Stop met kijken voor").first.click()
        page.wait_for_load_state()
        looked(page, axe, "")


def test_somebody_is_chosen_with_a_code(town: Town, axe: str) -> None:
    with town.person("r2") as giver, town.person("doubted") as helper:
        giver.open("/namens/gemachtigden")
        giver.press("Maak een code")
        looked(giver.page, axe, "")
        giver.page.locator("input[name=naam]").fill("mijn zus")
        giver.page.locator("input[name=doel]").first.check()
        giver.page.locator("input[name=mag][value=zien]").check()
        giver.page.locator("select[name=hoelang]").select_option("31")
        giver.press("Maak een code")
        looked(giver.page, axe, "")
        assert R2 not in giver.page.content()
        code = giver.page.locator("code").first.inner_text()
        helper.open("/namens")
        helper.page.locator("input[name=code]").fill(code)
        helper.press("Ga verder")
        looked(helper.page, axe, "")
        helper.press("Ja, dat doe ik")
        helper.page.locator("input[name=wie]").first.check()
        helper.press("Kijk voor deze persoon")
        looked(helper.page, axe, "U kijkt nu voor")
        helper.open("/namens/gebruik")
        looked(helper.page, axe, "U kijkt nu voor")
        giver.open("/namens/gemachtigden")
        assert "keek voor u wie uw gegevens gebruikte" in giver.text
        giver.press("Stop met mijn zus")
        helper.open(LIST)
        assert "U mag niet meer voor" in helper.text
