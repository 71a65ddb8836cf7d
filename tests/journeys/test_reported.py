"""From a system's own use to the resident's page: reported, shown as not ours, counted in the coverage line."""

import secrets
from typing import Any

import pytest

from assembly.clients import NewClient, add_client
from assembly.demo.recipient import Application
from assembly.demo.register import LOAN_DESK, STORY
from kernel.caller import room_of
from kernel.clock import millis
from tests.house import HERE, R1, UNKNOWN, House

pytestmark = pytest.mark.anyio


async def system(house: House) -> Application:
    """A system that may report and nothing else."""
    name = f"meldt-{secrets.token_hex(4)}"
    new = NewClient(name, "Uitkeringen", "automatisch", ("melden",))
    staff = room_of(HERE, "assembly")
    house.clients[HERE][name] = await add_client(house.register, staff, LOAN_DESK, new, house.url())
    return house.application(name)


def use(house: House, bsn: str, *elements: str) -> dict[str, Any]:
    at = millis(house.clock()) - 7_200_000
    record = {
        "trace_id": secrets.token_hex(16),
        "span_id": secrets.token_hex(8),
        "status": "Ok",
        "name": "Uitkering herberekenen",
        "start_time": at,
        "end_time": at,
        "attributes": {
            "dpl.core.processing_activity_id": f"{house.url()}/toestemming/v1/verwerkingsactiviteiten/{STORY}"
        },
    }
    return {
        "ontvanger": LOAN_DESK,
        "inwoner": {"bsn": bsn},
        "gebruiker": "mw-9",
        "gegevenselementen": list(elements),
        "logregel": record,
    }


async def test_a_use_outside_regie_is_on_the_residents_page_with_who_told_it(house: House) -> None:
    reporter = await system(house)
    body = {"meldingen": [use(house, R1, "brp.naam", "dossier over werk"), use(house, UNKNOWN, "brp.naam")]}
    answer = await reporter.post("melden", "/verwerkingsacties", body)
    assert answer.status_code == 200 and answer.json()["vastgelegd"] == 2, answer.text
    assert (await reporter.post("melden", "/verwerkingsacties", body)).json() == answer.json()
    place = answer.json()["antwoorden"][0]["logregel"]["bewijs"].split("/")[-2]
    visitor = await house.visitor("r1")
    card, page = await visitor.get("/gebruik"), await visitor.get(f"/gebruik/{place}")
    assert "Niet door ons vrijgegeven. Gemeld door Uitkeringen." in card.text
    assert "Wij gaven dit niet vrij. Het systeem Uitkeringen meldde het op" in page.text
    assert (
        "Wij keken niet na of het klopt." in page.text
        and "dossier over werk. Dit staat niet in onze lijst" in page.text
    )
    assert "Welke systemen melden zelf wat zij doen?" in card.text and "Uitkeringen van" in card.text
    english = await visitor.get(f"/en/gebruik/{place}")
    assert "We did not release this. The system Uitkeringen reported it on" in english.text
    proof = await visitor.get(f"/gebruik/{place}/bewijs")
    assert proof.status == 200
    (line,) = [one for one in await house.lines(soort="gemeld") if one["toepassing"] == reporter.entry["clientId"]]
    assert line["sleutel"] == reporter.entry["privateJwk"]["kid"] and line["gebruiker"] not in ("", "mw-9")


async def test_a_token_to_report_opens_no_other_door(house: House) -> None:
    reporter = await system(house)
    asked = {"inwoner": {"bsn": R1}, "reden": {"reden": "inzage", "zaak": "FG-1"}}
    for place in ("/logregels/_zoek", "/processing-activities", "/ldv-logregels/_zoek", "/datalekken"):
        answer = await reporter.post("melden", place, asked)
        assert answer.status_code in (400, 403) and "regels" not in answer.json(), place
    token = await reporter.token("melden")
    released = await house.http.post(
        f"{house.url()}/verstrekking/v1/verstrekkingen", json={}, headers={"authorization": f"Bearer {token}"}
    )
    assert released.status_code == 401
    desk = await house.application().post("logboek", "/verwerkingsacties", {"meldingen": [use(house, R1)]})
    assert desk.status_code == 403, "who asks Regie does not report with that"


async def test_an_auditor_reads_the_log_as_ldv_through_the_whole_house(house: House) -> None:
    case = await house.case()
    trace = secrets.token_hex(16)
    body = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": STORY, "zaak": case, "gebruiker": "mw-1"}
    released = await house.application().post(
        "verstrekking", "/verstrekkingen", body | {"gegevenselementen": ["brp.naam"]},
        traceparent=f"00-{trace}-00f067aa0ba902b7-00",
    )  # fmt: skip
    assert released.status_code == 200, released.text
    kid = house.application().entry["privateJwk"]["kid"]
    lines = [one for one in await house.lines() if one["zaak"] == case]
    assert {one["soort"]: one["sleutel"] for one in lines if one["soort"] != "afloop"} == {
        "zaak-geopend": kid, "verstrekking": kid,
    }, "what was asked with a key is found by it"  # fmt: skip
    await house.size()
    auditor = house.application("fg-onderzoek")
    asked = {"traceId": trace, "reden": {"reden": "inzage", "zaak": "FG-1"}}
    found = (await auditor.post("logboek", "/processing-activities", asked)).json()["processingActivities"]
    assert len(found) == 2 and len({one["spanId"] for one in found}) == 2, "the release and how it ended"
    assert {one["traceId"].replace("-", "") for one in found} == {trace}
    ended, release = found
    assert ended["parentSpanId"] == release["spanId"]
    objects = {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": R1} | {
        "beginDatum": house.clock().date().isoformat(), "eindDatum": "2027-01-01", "reden": asked["reden"],
    }  # fmt: skip
    view = await auditor.post("logboek", "/vng/verwerkte-objecten/_zoek", objects)
    assert view.status_code == 200 and view.json()["count"] > 0 and R1 not in view.text
