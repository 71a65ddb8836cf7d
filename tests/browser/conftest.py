"""A real Chromium before a whole house: served once per run, furnished, with a story already in its log."""

import json
from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, sync_playwright

from assembly.demo.register import BY_LAW, CALLED, EMERGENCY, EXERCISES, INCOME_ANSWER, STORY
from tests.browser.town import Places, Town
from tests.house import HERE, R1, Founded, House, Plan, found_house, living
from tests.journeys.test_reported import system, use
from tests.parts import CHROMIUM

QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = CHROMIUM.or_skip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def town(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    # Playwright's own loop runs in this thread: the house is built and lives in another.
    with start_blocking_portal() as loop:
        loop.call(found_house, folder / "founded")
        nowhere = {HERE: {"url": "http://127.0.0.1:9", "private": ["127.0.0.1"]}}
        environ = {"REGIE_CONSENT_MESSAGES": json.dumps(nowhere)}
        plan = Plan(Founded(folder / "founded"), apart=False, postgres=None, environ=environ)
        with loop.wrap_async_context_manager(living(plan, folder / "house")) as house:
            yield Town(chromium, loop, house, loop.call(story, house))


async def story(house: House) -> Places:
    """What R1 finds: uses, all answers to a question, and one that waits; and something for the FG to do."""
    case, application = await house.case(), house.application()
    stopped = await house.consent(case)
    lines = [(await application.release(R1, STORY, (*BY_LAW, INCOME_ANSWER), case)).json()["logregel"]]
    resident = await house.visitor("r1")
    page = await resident.get(stopped)
    await resident.send(page, page.form("actie", "stoppen"), actie="stoppen")
    lines += [(await application.release(R1, STORY, BY_LAW, case)).json()["logregel"] for _ in range(2)]
    lines.append((await application.release(R1, STORY, (INCOME_ANSWER,), case)).json()["logregel"])
    first, *_, newest, nothing = (f"/gebruik/{line['bewijs'].split('/')[-2]}" for line in lines)
    page = await resident.get(first)
    await resident.send(page, page.form("vraag"), vraag="Waarom was mijn adres nodig?")
    given = await _asked(house, EXERCISES[0])
    page = await resident.get(given)
    await resident.send(page, page.form("actie", "kiezen"), actie="kiezen", keuze="ja")
    refused = await house.consent(await house.case("999995261"), "nee", "r2")
    body = {"inwoner": {"bsn": "999998614"}, "verwerkingsactiviteit": EMERGENCY, "gegevenselementen": ["brp.adres"],
            "gebruiker": "mw-4821", "noodtoegang": {"reden": CALLED, "toelichting": "Zij belde zelf."}}  # fmt: skip
    assert (await application.post("verstrekking", "/verstrekkingen", body)).status_code == 200
    await house.lines()
    asked = await _asked(house, EXERCISES[1])
    return Places(newest, nothing, await _reported(house), first, asked, given, stopped, refused)


async def _reported(house: House) -> str:
    """A use that another system told, of data that the register has a name for and of data that it has not."""
    reporter = await system(house)
    said = use(house, R1, "brp.naam", "dossier over werk")
    answer = await reporter.post("melden", "/verwerkingsacties", {"meldingen": [said]})
    place = str(answer.json()["antwoorden"][0]["logregel"]["bewijs"])
    return f"/gebruik/{place.split('/')[-2]}"


async def _asked(house: House, element: str) -> str:
    wanted = await house.application().request_consent(R1, "oefening", (element,), "Z-oefening")
    assert wanted.status_code == 201, wanted.text
    return f"/toestemmingen/{wanted.json()['id']}"
