"""Every page in both languages: accessible, narrow, light in weight, quiet, and alone with its one cookie."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from assembly.demo.register import LOAN_DESK, MOVING
from tests.browser.town import Person, Places, Town
from tests.house import R1
from tests.parts import AXE
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# the rules of axe that depend on room or light
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
BYTES, REQUESTS = 120 * 1024, 10

Place = Callable[[Places], str]
CASES = count(7)
PAGES: dict[str, tuple[str, Place]] = {
    "start": ("", lambda _: "/"),
    "codes": ("", lambda _: "/fouten"),
    "code": ("", lambda _: "/fouten/geen-toestemming"),
    "code-trouble": ("", lambda _: "/fouten/uitkomst-onbekend"),
    "not-there": ("", lambda _: "/bestaat-niet"),
    "register": ("", lambda _: "/register"),
    "purpose": ("", lambda _: "/register/minimaregeling-witgoed"),
    "figures": ("", lambda _: "/cijfers"),
    "purposes": ("eigenaar", lambda _: "/beheer/verwerkingsactiviteiten"),
    "purpose-end": ("eigenaar", lambda _: "/beheer/verwerkingsactiviteiten/minimaregeling-witgoed/stoppen"),
    "purpose-of-others": ("eigenaar", lambda _: "/beheer/verwerkingsactiviteiten/regie-namens/stoppen"),
    "purpose-of-the-house": ("eigenaar", lambda _: "/beheer/verwerkingsactiviteiten/regie-inzage/stoppen"),
    "purpose-stopped": ("fg", lambda _: f"/beheer/verwerkingsactiviteiten/{MOVING}/stoppen"),
    "purposes-stopped": ("", lambda _: "/register?ook=gestopt"),
    "recipients": ("eigenaar", lambda _: "/beheer/ontvangers"),
    "recipients-officer": ("fg", lambda _: "/beheer/ontvangers"),
    "files": ("eigenaar", lambda _: "/beheer/bronbestanden"),
    "overview": ("r1", lambda _: "/overzicht"),
    "uses": ("r1", lambda _: "/gebruik"),
    "no-uses": ("r2", lambda _: "/gebruik?periode=week"),
    "use": ("r1", lambda places: places.use),
    "use-refused": ("r1", lambda places: places.nothing),
    "use-reported": ("r1", lambda places: places.reported),
    "use-asked": ("r1", lambda places: places.asked),
    "doubt": ("r1", lambda places: f"{places.use}/fout"),
    "consents": ("r1", lambda _: "/toestemmingen"),
    "no-consents": ("r1", lambda _: "/toestemmingen?soort=nee"),
    "waits": ("r1", lambda places: places.waits),
    "given": ("r1", lambda places: places.given),
    "stopped": ("r1", lambda places: places.stopped),
    "refused": ("r2", lambda places: places.refused),
    "messages": ("r1", lambda _: "/berichten"),
    "data": ("r1", lambda _: "/gegevens"),
    "data-kept": ("r1", lambda _: "/gegevens/inkomen.brutoPerMaand"),
    "data-shown": ("r1", lambda _: "/gegevens/inkomen.brutoPerMaand"),
    "data-not-kept": ("r1", lambda _: "/gegevens/kluis.woning.plattegrond"),
    "data-elsewhere": ("r1", lambda _: "/gegevens/brp.naam"),
    "erasing": ("r1", lambda _: "/gegevens/wissen"),
    "claims": ("r1", lambda _: "/verzoeken"),
    "behalf": ("r1", lambda _: "/namens"),
    "helpers": ("r1", lambda _: "/namens/gemachtigden"),
    "officer": ("fg", lambda _: "/fg"),
    "emergency": ("fg", lambda _: "/fg"),
    "decisions": ("fg", lambda _: "/fg/verzoeken"),
    "search": ("fg", lambda _: "/fg/zoek"),
    "breach-new": ("fg", lambda _: "/fg/datalek/nieuw"),
    "breach": ("fg", lambda _: "/fg/datalek/nieuw"),
    "breach-decision": ("fg", lambda _: "/fg/datalek/nieuw"),
    "overview-leaked": ("r1", lambda _: "/overzicht"),
    "uses-leaked": ("r1", lambda _: "/gebruik"),
    "use-leaked": ("r1", lambda places: places.use),
    "lift": ("fg", lambda _: "/fg/opheffen"),
    "found": ("fg", lambda _: "/fg/zoek"),
    "handling": ("eigenaar", lambda _: "/beheer/verzoeken"),
    "handling-one": ("eigenaar", lambda _: "/beheer/verzoeken"),
    "desk": ("balie", lambda _: "/balie"),
    "desk-paper": ("balie", lambda _: "/balie/papier"),
    "desk-talk": ("balie", lambda _: "/balie"),
    "desk-consent": ("balie", lambda _: "/balie"),
    "desk-letter": ("balie", lambda _: "/balie"),
    "desk-ask": ("balie", lambda _: "/balie"),
    "desk-asked": ("balie", lambda _: "/balie"),
    "desk-tallies": ("fg", lambda _: "/fg/balie"),
}

# what shows that a page is the one that is meant: an answer of another kind keeps every promise too
SAID = {
    ("code-trouble", "nl"): "Wij weten nog niet of dit is opgeschreven.",
    ("purpose-end", "nl"): "Waarom stopt het?",
    ("purpose-of-others", "nl"): "Een ander kan dat wel",
    ("purpose-of-the-house", "nl"): "Dit doel kan niet stoppen.",
    ("purpose-stopped", "nl"): "Waarom het stopte",
    ("purposes-stopped", "nl"): "Gestopt",
    ("breach-decision", "nl"): "Lezen inwoners dit bij hun regels?",
    ("overview-leaked", "nl"): "Uw gegevens kunnen in een datalek zitten",
    ("uses-leaked", "nl"): "Kan in een datalek zitten",
    ("use-leaked", "nl"): "Wat u kunt doen.",
    ("use-leaked", "en"): "What you can do.",
}


@pytest.fixture(scope="session")
def people(town: Town) -> Iterator[dict[str, Person]]:
    """One browser each, JavaScript on, for all pages."""
    with ExitStack() as stack:
        yield {who: stack.enter_context(town.person(who)) for who in ("", "r1", "r2", "fg", "eigenaar", "balie")}


@pytest.fixture(scope="session")
def axe() -> str:
    return AXE.or_skip().read_text()


def opened(people: dict[str, Person], places: Places, name: str, language: str) -> Person:
    """The page, as who may see it, wide and light."""
    who, place = PAGES[name]
    person = people[who]
    person.page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a TypedDict
    person.page.emulate_media(media="screen", color_scheme="light")
    person.open(("/en" if language == "en" else "") + place(places).rstrip("/" if language == "en" else ""))
    if name == "found":
        person.page.locator("select[name=reden]").select_option("inzage")
        person.page.locator("input[name=zaak]").fill("FG-1")
        person.page.locator("input[name=bsn]").fill(R1)
        person.seen.answers.clear()
        person.page.locator("main form button").click()
        person.page.wait_for_load_state()
    if name in ("breach", "breach-decision"):
        counted(person)
        person.open(urlsplit(person.page.url).path + ("/besluit" if name == "breach-decision" else ""))
    if name == "emergency":
        person.seen.answers.clear()
        person.page.locator("form[action$='/fg/noodtoegang'] button").first.click()
        person.page.wait_for_load_state()
    if name in ("desk-talk", "desk-consent", "desk-letter", "desk-ask", "desk-asked"):
        helped(person, name)
    if name == "data-shown":
        person.seen.answers.clear()
        person.page.locator("button[value=toon]").click()
        person.page.wait_for_load_state()
    if name == "handling-one":
        person.page.locator("main .regie-card a").first.click()
        person.page.wait_for_load_state()
        person.open(urlsplit(person.page.url).path)
    return person


def counted(officer: Person) -> None:
    """A file on what the desk got, from its form to its page."""
    for field, value in (("zaak", "FG-1"), ("van", "2026-01-01T00:00"), ("tot", "2027-01-01T00:00")):
        officer.page.locator(f"input[name={field}]").fill(value)
    officer.page.locator("select[name=ontvanger]").select_option(LOAN_DESK)
    officer.page.locator("main form button").click()
    officer.page.wait_for_load_state()


def leaked(officer: Person, resident: Person) -> None:
    """Residents read of it from now on."""
    resident.open("/overzicht")
    if "datalek zitten" in resident.text:
        return
    officer.open("/fg/datalek/nieuw")
    counted(officer)
    officer.open(urlsplit(officer.page.url).path + "/besluit")
    officer.page.locator("input[name=besluit][value=ja]").check()
    officer.page.locator("input[name=zaak]").fill("FG-1")
    officer.page.locator("main form button").click()
    officer.page.wait_for_load_state()
    assert "Inwoners lezen dit bij hun regels." in officer.text


def stopped(officer: Person) -> None:
    """A purpose that no other page is about."""
    officer.open(f"/beheer/verwerkingsactiviteiten/{MOVING}/stoppen")
    if officer.page.locator("textarea[name=waarom]").count():
        officer.page.locator("textarea[name=waarom]").fill("De rechter vond dit niet goed.")
        officer.page.locator("main form button").click()
        officer.page.wait_for_load_state()
    assert "De rechter vond dit niet goed." in officer.text


def helped(person: Person, name: str) -> None:
    """A conversation with somebody whom a question waits for; that question; the letter about its answer; a request of
    theirs, and the letter about that."""
    page = person.page
    for field, value in (("reden", "kiezen"), ("weg", "balie"), ("controle", "paspoort"), ("wie", "zelf")):
        page.locator(f"select[name={field}]").select_option(value)
    page.locator("input[name=bsn]").fill("999998614")
    page.locator("main form button").click()
    if name in ("desk-consent", "desk-letter"):
        page.locator("main .regie-card a").first.click()
    if name in ("desk-ask", "desk-asked"):
        page.locator("main a[href$='/verzoek']").click()
    if name == "desk-asked":
        page.locator("select[name=soort]").select_option("inzage")
        page.locator("textarea[name=tekst]").fill("Wat hebt u van mij?")
        page.locator("main form button").click()
    if name == "desk-letter":
        page.locator("main input[value=ja]").check()
        page.locator("main form button").first.click()
        page.locator("main a[href$='/brief']").click()
    page.wait_for_load_state()
    if name != "desk-asked":  # the letter is the answer to the form itself
        person.open(urlsplit(page.url).path)  # alone, to be weighed


def asks(person: Person) -> None:
    """A request about one use."""
    person.open("/verzoeken")
    for field, value in (("soort", "rectificatie"), ("waarover", "minimaregeling-witgoed")):
        person.page.locator(f"select[name={field}]").select_option(value)
    person.page.locator("textarea[name=tekst]").fill("Mijn huisnummer klopt niet.")
    person.page.locator("button[value=verzoek]").click()
    person.page.wait_for_load_state()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_every_promise(town: Town, people: dict[str, Person], axe: str, name: str, language: str) -> None:
    if name.startswith("desk-"):
        town.loop.call(wanted, town)
    if name == "handling-one":
        asks(people["r1"])
    if name in ("purpose-stopped", "purposes-stopped"):
        stopped(people["fg"])
    if name.endswith("-leaked"):
        leaked(people["fg"], people["r1"])
    person = opened(people, town.places, name, language)
    page = person.page
    assert SAID.get((name, language), "") in person.text
    assert page.locator("h1").count() == 1 and "14 0" in person.text
    assert person.seen.weight() <= BYTES and len(person.seen.page()) <= REQUESTS
    # one browser follows all that happens: objections of the CSP, other hosts and numbers fail at its end, here too
    assert (person.seen.objections, person.seen.strangers, person.seen.leaks) == ([], [], [])
    assert R1 not in page.title() + page.url
    page.evaluate(axe)
    assert violations(page, {}) == []
    for size, scheme in ((WIDE, "dark"), (NARROW, "dark"), (NARROW, "light")):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
        assert violations(page, {"runOnly": LOOKS}) == [], (size["width"], scheme)
    assert too_wide(page) == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert too_wide(page) == [], "at 200 % text"


def violations(page: Page, rules: dict[str, Any]) -> list[Any]:
    """What axe found."""
    found = page.evaluate("rules => axe.run(document, {...rules, resultTypes: ['violations']})", rules)
    nodes = [(one["id"], node) for one in found["violations"] for node in one["nodes"]]
    return [(rule, node["target"], node.get("failureSummary", "")) for rule, node in nodes]


def too_wide(page: Page) -> list[str]:
    """What sticks out to the right of the window, outside what scrolls by itself."""
    script = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
        .map(one => one.outerHTML.slice(0, 120))"""
    found: list[str] = page.evaluate(script)
    return found


def test_the_browser_keeps_one_cookie_and_nothing_else(people: dict[str, Person]) -> None:
    for who in ("r1", "fg"):
        person = people[who]
        person.open("/overzicht" if who == "r1" else "/fg")
        (cookie,) = person.context.cookies()
        assert cookie["name"].startswith("__Host-") and cookie["httpOnly"] and cookie["secure"]
        assert cookie["sameSite"] == "Lax" and cookie["path"] == "/"
        stored = person.page.evaluate(
            """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
                (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"""
        )
        assert stored == [0, 0, 0, 0, 0]


def test_a_consent_is_given_by_keyboard_and_focus_is_always_seen(town: Town) -> None:
    place = town.loop.call(wanted, town)
    with town.person("doubted") as person:
        page = person.page
        assert walk(page, lambda: focused(page).endswith(place))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert person.path == place
        assert walk(page, lambda: page.evaluate("document.activeElement.type") == "radio")
        assert page.locator("input:checked").count() == 0, "arriving is not choosing"
        page.keyboard.press("Space")
        assert page.locator("input:checked").get_attribute("value") == "ja"
        assert walk(page, lambda: page.evaluate("document.activeElement.textContent") == "Bewaar mijn keuze")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "Gelukt. U zei ja." in person.text


async def wanted(town: Town) -> str:
    """A new question to a resident, about practice data: for a case of its own, since what was said yes to stands."""
    answer = await town.house.application().request_consent(
        "999998614", "oefening", ("kluis.oefening.een", "kluis.oefening.twee"), f"Z-{next(CASES)}"
    )
    assert answer.status_code == 201, answer.text
    return f"/toestemmingen/{answer.json()['id']}"


def walk(page: Page, there: Callable[[], bool]) -> bool:
    """Press Tab until there; at each step the focus must be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        until = time.monotonic() + PATIENCE
        while not in_sight(page):  # the browser scrolls there in its own time
            assert time.monotonic() < until, focused(page)
            page.wait_for_timeout(20)
        if there():
            return True
    return False


def in_sight(page: Page) -> bool:
    """Whether what has focus has a line of 2 px or more, stands in the window, and nothing lies over it."""
    script = """() => {
        const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
        const x = box.left + Math.min(box.width / 2, 20), y = box.top + box.height / 2;
        const top = document.elementFromPoint(x, y);
        return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none" && box.top >= 0 &&
            box.bottom <= innerHeight && !!top && (one.contains(top) || top.contains(one)) }"""
    seen: bool = page.evaluate(script)
    return seen


def focused(page: Page) -> str:
    script = "(one => one.getAttribute('href') || one.outerHTML.slice(0, 99))(document.activeElement)"
    where: str = page.evaluate(script)
    return where
