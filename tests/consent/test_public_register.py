"""The register on the public root: without login to read, under a narrow scope to write."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from consent.activity import Application
from consent.drafts.api import SCOPE
from tests.consent.house import CALLERS, JWKS, LOKET, NAME, STAFF, House, activity, element, opened_house
from tests.serving import app_of

pytestmark = pytest.mark.anyio
ROOT = "http://localhost:8000/toestemming/v1"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as opened:
        await opened.ready()
        yield opened


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    app = app_of(house.component.doors())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8000") as client:
        yield client


async def got(http: httpx2.AsyncClient, place: str) -> Any:
    answer = await http.get(place)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_places_that_lines_of_the_log_name_are_there_without_login(
    house: House, http: httpx2.AsyncClient
) -> None:
    await house.consent.publish(STAFF, activity(maximalePeriode=28))
    listed = (await got(http, f"{ROOT}/verwerkingsactiviteiten"))["verwerkingsactiviteiten"]
    assert [(one["slug"], one["versie"], one["beoordelingVerlopen"]) for one in listed] == [("regeling", 2, False)]
    assert await got(http, f"{ROOT}/verwerkingsactiviteiten/regeling") == listed[0]
    first, second = [await got(http, f"{ROOT}/verwerkingsactiviteiten/regeling/versies/{number}") for number in (1, 2)]
    assert (first["status"], second["status"], second["versies"]) == ("gestopt", "actief", [1, 2])
    assert second["url"] == listed[0]["url"] == f"{ROOT}/verwerkingsactiviteiten/regeling/versies/2"
    assert [(one["veld"], one["gevolg"]) for one in second["verschillen"]] == [("/maximalePeriode", "smaller")]
    assert second["dpv"]["grondslagen"] == [f"https://w3id.org/dpv/legal/eu/gdpr#A6-1-{letter}" for letter in "ca"]
    assert second["inhoud"]["beoordeling"]["door"] == "niet openbaar"
    recipient = await got(http, f"{ROOT}/ontvangers/loket")
    assert recipient["oin"] == "0" * 20 and "toepassingen" not in recipient
    for missing in ("verwerkingsactiviteiten/x", "verwerkingsactiviteiten/regeling/versies/3", "ontvangers/x"):
        assert (await http.get(f"{ROOT}/{missing}")).status_code == 404
    assert (await http.get(f"{ROOT}/verwerkingsactiviteiten/regeling/versies/0")).status_code == 400
    elsewhere = await http.get("/toestemming/v1/verwerkingsactiviteiten", headers={"host": "elders.example"})
    assert elsewhere.status_code == 404, "nobody's register"


async def test_an_assessment_that_is_over_is_told_and_stops_all_but_the_law(
    house: House, http: httpx2.AsyncClient
) -> None:
    over = f"{ROOT}/verwerkingsactiviteiten?beoordeling=verlopen"
    assert (await got(http, over))["verwerkingsactiviteiten"] == []
    house.clock.forward(days=400)
    (told,) = (await got(http, over))["verwerkingsactiviteiten"]
    assert told["slug"] == "regeling" and told["beoordelingVerlopen"]
    _, decision = await house.decided(NAME)
    assert decision.toegestaan, "what the law requires goes on"


async def test_an_application_writes_a_draft_and_cannot_publish_it(house: House, http: httpx2.AsyncClient) -> None:
    app = Application(client_id="beheer-app", name="Beheer", kind="automatisch", jwks=JWKS, roles=("beheer",))
    await house.consent.add_client(STAFF, "loket", app)
    keeper = LOKET.model_copy(update={"application": "beheer-app", "scope": (SCOPE,)})
    CALLERS["keeper"] = keeper
    body = activity(gegevenselementen=[element(NAME, "A") | {"wet": ""}]).model_dump(mode="json", by_alias=True)
    wanted = {name: value for name, value in body.items() if name not in ("versie", "toestemmingenVanaf")}
    for path in ("verwerkingsactiviteiten", "verwerkingsactiviteiten/regeling/versies"):
        made = await http.post(f"{ROOT}/{path}", json=wanted, headers={"x-who": "keeper"})
        assert made.status_code == 201, made.text
        assert [one["veld"] for one in made.json()["fouten"]] == ["/gegevenselementen/0/wet"]
    other = await http.post(f"{ROOT}/verwerkingsactiviteiten/x/versies", json=wanted, headers={"x-who": "keeper"})
    assert other.status_code == 400
    assert (
        await http.post(f"{ROOT}/verwerkingsactiviteiten", json=wanted, headers={"x-who": "loket"})
    ).status_code == 404
    unknown = await http.post(f"{ROOT}/verwerkingsactiviteiten", json={"slug": "x"}, headers={"x-who": "keeper"})
    assert unknown.status_code == 400 and len(unknown.json()["fouten"]) > 5, "all at once"
    assert (await got(http, f"{ROOT}/verwerkingsactiviteiten/regeling"))["versie"] == 1
    await ended_by(http, f"{ROOT}/verwerkingsactiviteiten/regeling/beeindiging")


async def ended_by(http: httpx2.AsyncClient, place: str) -> None:
    """What may write may stop as well, with a reason."""
    for who, why, status in (("loket", "Fout.", 404), ("keeper", " ", 400), ("keeper", "Fout.", 201),
                             ("keeper", "Fout.", 409)):  # fmt: skip
        assert (await http.post(place, json={"reden": why}, headers={"x-who": who})).status_code == status, (who, why)
    assert (await got(http, f"{ROOT}/verwerkingsactiviteiten/regeling/versies/1"))["status"] == "gestopt"
