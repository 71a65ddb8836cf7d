"""The log as LDV and the VNG read it: their words, our line, and a search like any other."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import Request

from audit.contract import Trace
from audit.reported.api import intake_routes
from audit.reported.events import activity_uuid
from audit.service import AuditService
from audit.standards.api import standards_routes
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import NotLoggedIn
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.hosts import Hosts
from tests.audit import published
from tests.audit.logs import DESK, FG, HOST, NOON, TENANT, Place, Ticking, act, fence, release
from tests.audit.reports import KNOWN, STRANGER, SYSTEM, USED_AT, Books, People, ldv, vng, within
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
CALLERS = {"fg": FG, "system": SYSTEM, "desk": DESK.model_copy(update={"kind": "automatisch"})}
WHY = {"reden": {"reden": "klacht", "zaak": "FG-7"}}
TRACE = "5a" * 16
REGISTER = f"https://{HOST}/toestemming/v1/verwerkingsactiviteiten"
NAME = "dpl.core.processing_activity_id"


async def caller_of(request: Request) -> Caller:
    authorization = request.headers.get("authorization", "")
    if authorization not in CALLERS:
        raise NotLoggedIn()
    return CALLERS[authorization]


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
async def service(tmp_path: Path, clock: Ticking) -> AsyncIterator[AuditService]:
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=clock).opened() as (service, _):
        yield service


@pytest.fixture
async def http(service: AuditService, clock: Ticking) -> AsyncIterator[httpx2.AsyncClient]:
    gate, hosts, neighbours = StartGate(), Hosts({f"https://{HOST}": TENANT}), (Books(), People())
    app, router = make_app("log", gate), standards_routes(service, neighbours, caller_of, hosts, clock)
    router.include_router(intake_routes(service, neighbours, caller_of, hosts))
    app.include_router(router, prefix="/logboek/v1")
    gate.open()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"https://{HOST}/logboek/v1", timeout=PATIENCE) as http:
        http.headers["authorization"] = "fg"
        yield http


async def filled(http: httpx2.AsyncClient, service: AuditService) -> dict[str, Any]:
    """A release and a refusal in one trace, a search of nobody, and a use by another system. The record of that use."""
    trace = Trace(trace_id=TRACE, span_id="b" * 16, parent_span_id="c" * 16)
    log = service.door("connectors")
    await log.record(DESK, [release({fence(): 0}, trace=trace, elements=("brp.naam",), keep_until=2046)])
    refusal = act("weigering", activity="regeling", version="1", recipient="r1", refused=(("x", "geen-toestemming"),))
    await log.record(DESK, [refusal, act("sleutel-gewisseld", subject="systeem", name="Sleutel gewisseld")])
    report = within(ldv(), "/logregel/attributes/dpl.core.foreign_operation.processor", "https://bomen.example/app")
    answer = await http.post("/verwerkingsacties", json={"meldingen": [report]}, headers={"authorization": "system"})
    assert answer.json()["vastgelegd"] == 1, answer.text
    record: dict[str, Any] = report["logregel"]
    return record


async def read(http: httpx2.AsyncClient, path: str = "/processing-activities", **asked: Any) -> Any:
    answer = await http.post(path, json=WHY | asked)
    assert answer.status_code == 200, answer.text
    assert KNOWN not in answer.text
    return answer.json()


async def test_every_line_is_a_record_of_the_core_standard(http: httpx2.AsyncClient, service: AuditService) -> None:
    told = await filled(http, service)
    await read(http, path="/ldv-logregels/_zoek", inwoner={"bsn": KNOWN})  # that is a line too
    records = (await read(http, path="/ldv-logregels/_zoek", inwoner={"bsn": KNOWN}))["logregels"]
    assert [one["name"] for one in records] == ["Zoeken in het logboek", told["name"], "weigering", "Verstrekking"]
    assert len({one["span_id"] for one in records}) == len(records), "a span per line"
    for one in records:
        assert re.fullmatch("[0-9a-f]{32}", one["trace_id"]) and re.fullmatch("[0-9a-f]{16}", one["span_id"])
        assert one["start_time"] <= one["end_time"] and one["attributes"][NAME].startswith(REGISTER)
        assert one["attributes"]["dpl.core.data_subject_id"] == "s1"
        assert one["attributes"]["dpl.core.data_subject_id_type"] == "regie-pseudoniem"
    assert {one["status"] for one in records} == {"Ok"}, "a refusal is no error"
    reported, released = records[1], records[3]
    for name in ("trace_id", "span_id", "status", "name", "start_time", "end_time"):
        assert reported[name] == told[name], name
    assert reported["attributes"]["dpl.core.foreign_operation.processor"] == "https://bomen.example/app"
    assert reported["resource"]["attributes"]["service.name"] == "Bomenbeheer"
    assert (released["trace_id"], released["span_id"], released["parent_span_id"]) == (TRACE, "b" * 16, "c" * 16)
    assert released["attributes"][NAME] == f"{REGISTER}/regeling/versies/1"
    assert "p-mw-77" not in str(records), "employees are in no record"
    schema = published.core_schema()
    for one in records:
        schema.validate(one)


async def test_the_read_extension_answers_by_trace_activity_and_person(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    told = await filled(http, service)
    for asked, names in (
        ({"traceId": TRACE}, ["Verstrekking"]),
        ({"traceId": str(UUID(hex=TRACE))}, ["Verstrekking"]),
        ({"traceId": told["trace_id"]}, [told["name"]]),
        ({NAME: f"{REGISTER}/regeling"}, ["weigering", "Verstrekking"]),
        ({NAME: f"{REGISTER}/regeling/versies/2"}, []),
        ({NAME: "kapvergunning"}, [told["name"]]),
        ({"dpl.core.data_subject_id": "s1", NAME: "regeling"}, ["weigering", "Verstrekking"]),
        ({"inwoner": {"bsn": KNOWN}, "traceId": TRACE}, ["Verstrekking"]),
        ({"inwoner": {"bsn": STRANGER}}, []),
        ({NAME: "kapvergunning", "startTime": USED_AT}, [told["name"]]),
        ({NAME: "kapvergunning", "startTime": USED_AT + 1}, []),
        ({NAME: "kapvergunning", "endTime": USED_AT + 39}, []),
        ({NAME: "regeling", "startTime": millis(NOON), "endTime": millis(NOON)}, ["weigering", "Verstrekking"]),
        ({NAME: "regeling", "startTime": millis(NOON) + 1}, []),
    ):
        found = await read(http, **asked)
        assert [one["name"] for one in found["processingActivities"]] == names, asked
    found = await read(http, **{"traceId": TRACE})
    (one,) = found["processingActivities"]
    assert UUID(one["traceId"]).hex == TRACE and one["parentSpanId"] == "c" * 16
    published.read_schema("ListProcessingActivities").validate(found)
    published.read_schema("ProcessingActivityRequest").validate(WHY | {"traceId": str(UUID(hex=TRACE))})


@pytest.mark.parametrize(
    ("who", "asked", "status"),
    [
        ("fg", WHY, 400),
        ("fg", WHY | {"startTime": 1}, 400),
        ("fg", {"traceId": TRACE}, 400),
        ("fg", WHY | {"traceId": "x"}, 400),
        ("fg", WHY | {"traceId": TRACE, "startTime": -1}, 400),
        ("fg", WHY | {"traceId": TRACE, "anders": 1}, 400),
        ("fg", WHY | {"traceId": TRACE, "vorige": "x"}, 400),
        ("fg", WHY | {"dpl.core.data_subject_id": KNOWN}, 400),
        ("fg", WHY | {NAME: "https://elders.example/register/1"}, 400),
        ("system", WHY | {"traceId": TRACE}, 403),
        ("desk", WHY | {"traceId": TRACE}, 403),
        ("", WHY | {"traceId": TRACE}, 401),
    ],
)
async def test_a_question_that_may_not_be_leaves_no_line(
    http: httpx2.AsyncClient, service: AuditService, who: str, asked: dict[str, Any], status: int
) -> None:
    answer = await http.post("/processing-activities", json=asked, headers={"authorization": who})
    assert answer.status_code == status, answer.text
    assert KNOWN not in answer.text
    assert await service.door("web").holds(DESK, ()) is None


async def test_reading_is_a_line_of_whoever_is_shown(http: httpx2.AsyncClient, service: AuditService) -> None:
    await filled(http, service)
    found = await read(http, traceId=TRACE)
    lines = (await service.door("web").lines(DESK, "s1")).lines
    assert lines[0].event.kind == "zoeking" and lines[0].event.case == "FG-7"
    own = (await service.door("web").lines(DESK, "systeem")).lines[0]
    assert own.event.details["gezochtTrace"] == TRACE and found["logregel"]["index"] == own.position.index


VNG = {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": KNOWN} | {
    "beginDatum": "2026-11-22",
    "eindDatum": "2026-11-23",
}


async def test_the_vng_view_shows_what_a_line_has_and_no_system_user_or_source(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    await filled(http, service)
    await http.post("/verwerkingsacties", json={"meldingen": [vng()]}, headers={"authorization": "system"})
    found = await read(http, path="/vng/verwerkte-objecten/_zoek", **VNG)
    actions = [one["verwerkingsactie"] for one in found["results"]]
    assert found["count"] == 4 and actions[0]["actieNaam"] == "Perceel bekijken"
    kap = found["results"][0]
    assert (kap["objectId"], kap["soortObjectId"], kap["betrokkenheid"]) == ("s1", "regie-pseudoniem", "aanvrager")
    assert kap["verwerkteSoortenGegevens"] == [{"soortGegeven": "brp.adres"}, {"soortGegeven": "perceel"}]
    assert actions[0]["tijdstip"].startswith("2026-11-22T11:00:00")
    assert actions[0]["tijdstipRegistratie"].startswith("2026-11-22T12:00:00") and actions[0]["bewaartermijn"] == "P5Y"
    assert actions[0]["verwerkingId"] == "5e0e8a8c-2f6b-4a0e-9c55-0d8f5f0f6b11"
    assert not {"systeem", "gebruiker", "gegevensbron"} & set().union(*actions)
    assert "Bomenkaart" not in str(found) and "Bomenbeheer" not in str(found) and "p-mw-77" not in str(found)
    schema = published.vng_schema(published.VNG_READ, "VerwerktObjectUitgebreid")
    for one in found["results"]:
        schema.validate(one)
    published.vng_schema(published.VNG_WRITE, "VerwerkingsactieUitgebreidBasis").validate(
        vng()["verwerkingsactie"]
        | {
            "url": "https://x.example",
            "actieId": kap["verwerktObjectId"],
            "tijdstipRegistratie": "2026-11-22T12:00:00Z",
        }
    )
    published.core_schema().validate(ldv()["logregel"])


async def test_a_secret_line_is_in_the_vng_view_when_its_day_has_come(
    http: httpx2.AsyncClient, service: AuditService, clock: Ticking
) -> None:
    secret = release({fence(): 0}, withheld_until=millis(NOON) + 60_000)
    await service.door("connectors").record(DESK, [secret])
    assert (await read(http, path="/vng/verwerkte-objecten/_zoek", **VNG))["count"] == 0
    clock.pass_by(61)
    found = (await read(http, path="/vng/verwerkte-objecten/_zoek", **VNG))["results"]
    assert found[-1]["verwerkingsactie"]["vertrouwelijkheid"] == "opgeheven"


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ({"beginDatum": "2026-11-23", "eindDatum": "2026-11-24"}, 0),
        ({"beginDatum": "2026-11-21", "eindDatum": "2026-11-22"}, 0),
        ({"verwerkingsactiviteitId": str(activity_uuid(f"https://{HOST}", "kapvergunning"))}, 1),
        ({"verwerkingsactiviteitId": str(UUID(int=7))}, 0),
        ({"objectId": STRANGER}, 0),
    ],
)
async def test_the_vng_view_is_narrowed_by_day_activity_and_person(
    http: httpx2.AsyncClient, service: AuditService, said: dict[str, str], count: int
) -> None:
    await filled(http, service)
    assert (await read(http, path="/vng/verwerkte-objecten/_zoek", **VNG | said))["count"] == count


@pytest.mark.parametrize(
    "said",
    [
        {"objecttype": "kenteken"},
        {"soortObjectId": "naam"},
        {"objectId": "x"},
        {"beginDatum": "22-11-2026"},
        {"beginDatum": "0001-01-01"},
        {"eindDatum": "9999-12-31"},
        {"verwerkingsactiviteitId": "1"},
        {"vorige": "x"},
        {"reden": None},
    ],
)
async def test_a_wrong_field_of_a_vng_question_leaves_no_line(
    http: httpx2.AsyncClient, service: AuditService, said: dict[str, Any]
) -> None:
    answer = await http.post("/vng/verwerkte-objecten/_zoek", json=WHY | VNG | said)
    assert answer.status_code == 400 and KNOWN not in answer.text
    assert await service.door("web").holds(DESK, ()) is None
    assert (await http.get("/vng/verwerkte-objecten", params={"objectId": "1"})).status_code == 404
