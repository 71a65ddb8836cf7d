"""Uses outside Regie, reported by the systems themselves: each answered by itself, each a line like any other."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import Request

from audit.api import routes
from audit.contract import Entry, LogUnavailable, Position, System, Verdict
from audit.reported.api import intake_routes
from audit.reported.bodies import ReportedUse
from audit.reported.intake import Intake
from audit.reported.ports import AT_ONCE
from audit.service import AuditService
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import NotLoggedIn
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.hosts import Hosts
from kernel.http.openapi import Contact, Root, described
from tests.audit.fsck_ground import checked
from tests.audit.logs import DESK, FG, HOST, NOON, TENANT, Place, act, fence, release
from tests.audit.reports import (
    DROP,
    KNOWN,
    NO_NUMBER,
    STRANGER,
    SYSTEM,
    USED_AT,
    Books,
    People,
    Report,
    ldv,
    vng,
    within,
)
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
CALLERS = {
    "system": SYSTEM,
    "other-key": SYSTEM.model_copy(update={"key": "k-2"}),
    "unknown": SYSTEM.model_copy(update={"application": "ander"}),
    "releases": SYSTEM.model_copy(update={"scope": ("kapvergunning",)}),
    "searches": SYSTEM.model_copy(update={"scope": ("logboek",)}),
    "fg": FG,
}
BOTH = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


async def caller_of(request: Request) -> Caller:
    authorization = request.headers.get("authorization", "")
    if authorization not in CALLERS:
        raise NotLoggedIn()
    return CALLERS[authorization]


@pytest.fixture
def audit_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if "kind" in request.fixturenames and request.getfixturevalue("kind") == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path}/audit.db"


@pytest.fixture
async def service(audit_url: str, tmp_path: Path) -> AsyncIterator[AuditService]:
    async with Place(audit_url, tmp_path).opened() as (service, _):
        yield service


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
async def http(service: AuditService, books: Books, people: People) -> AsyncIterator[httpx2.AsyncClient]:
    gate = StartGate()
    app, hosts = make_app("log", gate), Hosts({f"https://{HOST}": TENANT})
    router = routes(service, people, caller_of, hosts)
    router.include_router(intake_routes(service, (books, people), caller_of, hosts))
    app.include_router(router, prefix="/logboek/v1")
    gate.open()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"https://{HOST}/logboek/v1", timeout=PATIENCE) as http:
        http.headers["authorization"] = "system"
        yield http


async def sent(http: httpx2.AsyncClient, *reports: Any, who: str = "system") -> dict[str, Any]:
    answer = await http.post("/verwerkingsacties", json={"meldingen": reports}, headers={"authorization": who})
    assert answer.status_code == 200, answer.text
    assert all(number not in answer.text for number in (KNOWN, STRANGER, NO_NUMBER))
    found: dict[str, Any] = answer.json()
    return found


async def problem(http: httpx2.AsyncClient, report: Any) -> dict[str, Any]:
    """Of one report that is not taken."""
    (answer,) = (await sent(http, report))["antwoorden"]
    assert "logregel" not in answer, answer
    found: dict[str, Any] = answer["probleem"]
    return found


async def series(service: AuditService, subject: str = "s1") -> Any:
    return (await service.door("web").lines(DESK, subject)).lines


@BOTH
async def test_a_reported_use_is_a_line_of_its_resident_with_its_own_time(
    http: httpx2.AsyncClient, service: AuditService, kind: str
) -> None:
    report = ldv()
    found = await sent(http, report)
    assert (found["vastgelegd"], found["geweigerd"], found["antwoorden"][0]["logregel"]["index"]) == (1, 0, 0)
    (line,) = await series(service)
    event, record = line.event, report["logregel"]
    assert (event.kind, event.subject, event.activity, event.version) == ("gemeld", "s1", "kapvergunning", "3")
    assert (event.recipient, event.application, event.case, event.key) == ("groen", "bomenbeheer", "K-2026-7", "k-1")
    assert (event.elements, event.details["soortenGegevens"]) == (("brp.adres",), "boomsoort")
    assert (event.class_, event.basis, event.keep_until, event.kept_days) == ("B", "6(1)(e)", NOON.year + 5, 30)
    assert event.details["systeem"] == "Bomenbeheer" and event.details["status"] == "Ok"
    assert line.at == millis(NOON) and event.details["gebruikt"] == f"{USED_AT}-{USED_AT + 40}"
    assert event.trace and (event.trace.trace_id, event.trace.span_id) == (record["trace_id"], record["span_id"])
    assert (event.trace.start, event.trace.end) == (USED_AT, USED_AT + 40)
    assert "niet bewaard" not in event.model_dump_json()


async def test_what_the_activity_does_not_name_gets_no_ground_and_is_no_element(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    await sent(http, ldv(gegevenselementen=["boomsoort"]), ldv(gegevenselementen=[]))
    for line, others in zip(await series(service), (None, "boomsoort"), strict=True):
        event = line.event
        assert (event.elements, event.classes, event.class_, event.basis, event.law) == ((), (), "", "", "")
        assert event.details.get("soortenGegevens") == others


async def test_a_verwerkingsactie_is_the_same_line_in_other_words(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    await sent(http, vng())
    (line,) = await series(service)
    event = line.event
    assert (event.kind, event.name, event.elements) == ("gemeld", "Perceel bekijken", ("brp.adres",))
    assert event.details["soortenGegevens"] == "perceel" and event.details["kenmerk"] == "kap-0001"
    assert event.details["gegevensbron"] == "Bomenkaart" and event.details["betrokkenheid"] == "aanvrager"
    assert event.trace and event.trace.trace_id == "5e0e8a8c2f6b4a0e9c550d8f5f0f6b11"
    assert event.trace.start == millis(NOON) - 3_600_000


async def test_the_number_may_stand_in_the_record_itself(http: httpx2.AsyncClient, service: AuditService) -> None:
    report = within(ldv(), "/logregel/attributes/dpl.core.data_subject_id", KNOWN)
    report = within(within(report, "/logregel/attributes/dpl.core.data_subject_id_type", "BSN"), "/inwoner", DROP)
    assert (await sent(http, report))["vastgelegd"] == 1
    (line,) = await series(service)
    assert KNOWN not in line.model_dump_json()


async def test_somebody_unknown_goes_to_the_series_of_nobody_and_the_answer_is_the_same(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    known, unknown = (await sent(http, ldv(KNOWN), ldv(STRANGER)))["antwoorden"]
    assert known.keys() == unknown.keys() == {"logregel"} and known["logregel"].keys() == unknown["logregel"].keys()
    assert [line.event.kind for line in await series(service, "niemand")] == ["gemeld"]


@BOTH
async def test_the_same_report_again_is_the_same_line(
    http: httpx2.AsyncClient, service: AuditService, books: Books, people: People, kind: str
) -> None:
    reports = [ldv(), vng(), ldv(STRANGER)]
    first = await sent(http, *reports)
    assert await sent(http, *reports) == first, "at once"
    assert await sent(http, *reports, who="other-key") == first, "under another key"
    books.publish()
    people.enrolled[STRANGER] = "s2"
    assert await sent(http, *reports) == first, "under a newer version, and when the number became somebody's"
    assert len(await series(service)) == 2 and len(await series(service, "niemand")) == 1


async def test_the_same_report_in_two_calls_at_once_is_one_line(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    report = ldv()
    first, second = await asyncio.gather(sent(http, report, vng()), sent(http, report, vng()))
    assert first == second and len(await series(service)) == 2


async def test_what_a_log_that_fell_silent_did_not_take_is_said_and_taken_when_sent_again(
    service: AuditService, books: Books, people: People
) -> None:
    desk, calls = service.desk(FG), 0

    async def once(entries: Sequence[Entry]) -> list[Verdict]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise LogUnavailable("Het logboek schrijft nu niet.")
        return await desk.record("audit", entries)

    reports = [ReportedUse.model_validate(ldv()) for _ in range(AT_ONCE + 2)]
    intake = Intake(once, desk.reader.line, (books, people), lambda: NOON)
    answers = await intake.take(SYSTEM, f"https://{HOST}", reports)
    assert all(isinstance(each, Position) for each in answers[:AT_ONCE])
    assert [type(each) for each in answers[AT_ONCE:]] == [LogUnavailable, LogUnavailable]
    again = await intake.take(SYSTEM, f"https://{HOST}", reports)
    assert again[:AT_ONCE] == answers[:AT_ONCE] and all(isinstance(each, Position) for each in again)
    assert (await service.door("web").lines(DESK, "s1")).total == AT_ONCE + 2


@pytest.mark.parametrize(
    "reference",
    ["5e0e8a8c-2f6b-4a0e-9c55-123456789abc", "ZAAK-2026-11-22-0000000000000000123", "a", "x" * 64, "1234567890"],
)
async def test_an_own_id_may_be_what_systems_use(http: httpx2.AsyncClient, reference: str) -> None:
    assert (await sent(http, vng(reference=reference)))["vastgelegd"] == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("/logregel/name", "Iets anders"),
        ("/logregel/start_time", USED_AT - 1),
        ("/zaak", "K-2026-8"),
        ("/gebruiker", "mw-78"),
        ("/gegevenselementen", ["boomsoort", "perceel"]),
        ("/gegevenselementen", ["boomsoort"]),
        ("/inwoner/bsn", "999995261"),
    ],
)
async def test_other_words_under_the_same_id_are_refused(
    http: httpx2.AsyncClient, service: AuditService, people: People, place: str, value: Any
) -> None:
    people.enrolled["999995261"] = "s2"
    report = ldv()
    await sent(http, report)
    assert (await problem(http, within(report, place, value)))["code"] == "melding-bestaat-anders"
    assert len(await series(service)) == 1 and not await series(service, "s2")


async def test_one_that_is_wrong_does_not_stop_the_others(http: httpx2.AsyncClient, service: AuditService) -> None:
    wrong = within(ldv(), "/logregel/name", "")
    found = await sent(http, ldv(), wrong, "geen melding", vng(), ldv(NO_NUMBER), ldv(STRANGER))
    assert (found["vastgelegd"], found["geweigerd"]) == (3, 3)
    assert ["probleem" in each for each in found["antwoorden"]] == [False, True, True, False, True, False]
    assert found["antwoorden"][1]["probleem"]["fouten"][0]["veld"] == "/logregel/name"
    assert found["antwoorden"][4]["probleem"]["fouten"][0] == {
        "veld": "/inwoner/bsn",
        "code": "bsn",
        "detail": "Dit is geen burgerservicenummer.",
    }
    assert len(await series(service)) == 2


@BOTH
async def test_a_thousand_a_call_in_few_transactions(
    http: httpx2.AsyncClient, service: AuditService, people: People, kind: str
) -> None:
    people.enrolled |= {f"{number:09d}": f"s{number}" for number in range(1_000, 1_050)}
    reports = [ldv(f"{1_000 + at % 50:09d}", gebruiker=None) for at in range(1_000)]
    reports = [{key: value for key, value in one.items() if value is not None} for one in reports]
    assert len(json.dumps({"meldingen": reports})) < 1 << 20, "a call fits in the limit of a body"
    before = service.desk(FG).writer.batches
    found = await sent(http, *reports)
    assert found["vastgelegd"] == 1_000
    assert [each["logregel"]["index"] for each in found["antwoorden"]] == list(range(1_000)), "in order"
    assert service.desk(FG).writer.batches - before <= 8 and people.asked == 4
    assert (await service.door("web").lines(DESK, "s1000")).total == 20


@pytest.mark.parametrize("count", [0, 1_001])
async def test_none_and_too_many_are_no_call(http: httpx2.AsyncClient, service: AuditService, count: int) -> None:
    answer = await http.post("/verwerkingsacties", json={"meldingen": [{}] * count})
    assert answer.status_code == 400 and answer.json()["fouten"][0]["veld"] == "/meldingen"
    assert await service.door("web").holds(DESK, ()) is None


LDV_FAULTS: list[tuple[str, Any]] = [
    ("/ontvanger", DROP),
    ("/ontvanger", "Groen"),
    ("/inwoner/bsn", 999993653),
    ("/kenmerk", "eigen-1"),
    ("/gegevenselementen", ["x" * 243]),
    ("/gegevenselementen", ["x"] * 101),
    ("/gegevenselementen", ["over 123456789"]),
    ("/zaak", "x" * 65),
    ("/zaak", "123456789"),
    ("/zaak", "a\nb"),
    ("/gebruiker", "jan jansen"),
    ("/gebruiker", "x" * 65),
    ("/logregel/trace_id", "0" * 32),
    ("/logregel/trace_id", "A" * 32),
    ("/logregel/trace_id", "a" * 31),
    ("/logregel/span_id", "0" * 16),
    ("/logregel/span_id", DROP),
    ("/logregel/parent_span_id", "x"),
    ("/logregel/status", "OK"),
    ("/logregel/name", "x" * 243),
    ("/logregel/name", "over 123456789"),
    ("/logregel/name", "om\u202ekeer"),
    ("/logregel/start_time", 0),
    ("/logregel/start_time", "gisteren"),
    ("/logregel/start_time", millis(NOON) - 3_661 * 86_400_000),
    ("/logregel/end_time", USED_AT - 1),
    ("/logregel/end_time", millis(NOON) + 300_001),
    ("/logregel/resource/attributes", {str(at): 1 for at in range(65)}),
    ("/logregel/resource/attributes", {"service.name": "over 123456789"}),
    ("/logregel/attributes", DROP),
    ("/logregel/attributes/dpl.core.processing_activity_id", ""),
    ("/logregel/attributes/dpl.core.processing_activity_id", "x" * 2_001),
    ("/logregel/attributes/dpl.core.foreign_operation.processor", "geen adres"),
    ("/logregel/attributes/dpl.read.externalReadAPI_id", "https://x.example/123456789"),
]
VNG_FAULTS: list[tuple[str, Any]] = [
    ("/kenmerk", DROP),
    ("/kenmerk", "123456789"),
    ("/kenmerk", "met spatie"),
    ("/inwoner", {"bsn": KNOWN}),
    ("/verwerkingsactie/actieNaam", "x" * 243),
    ("/verwerkingsactie/handelingNaam", "123456789"),
    ("/verwerkingsactie/verwerkingNaam", "x" * 243),
    ("/verwerkingsactie/verwerkingId", "geen-uuid"),
    ("/verwerkingsactie/verwerkingsactiviteitUrl", DROP),
    ("/verwerkingsactie/vertrouwelijkheid", "geheim"),
    ("/verwerkingsactie/bewaartermijn", "tien jaar"),
    ("/verwerkingsactie/uitvoerder", "12"),
    ("/verwerkingsactie/systeem", "x" * 243),
    ("/verwerkingsactie/gebruiker", "x" * 41),
    ("/verwerkingsactie/gegevensbron", "over 123456789"),
    ("/verwerkingsactie/soortAfnemerId", "BSN"),
    ("/verwerkingsactie/afnemerId", KNOWN),
    ("/verwerkingsactie/tijdstip", "2026-11-22"),
    ("/verwerkingsactie/tijdstip", "2026-11-22T14:00:00Z"),
    ("/verwerkingsactie/tijdstip", "2016-11-01T14:00:00Z"),
    ("/verwerkingsactie/verwerkteObjecten", []),
    ("/verwerkingsactie/verwerkteObjecten/0/objecttype", "kenteken"),
    ("/verwerkingsactie/verwerkteObjecten/0/soortObjectId", "naam"),
    ("/verwerkingsactie/verwerkteObjecten/0/betrokkenheid", "123456789"),
    ("/verwerkingsactie/verwerkteObjecten/0/verwerkteSoortenGegevens", [{"soortGegeven": "x" * 243}]),
]


@pytest.mark.parametrize(("place", "value"), LDV_FAULTS)
async def test_a_wrong_field_of_a_record_is_named(http: httpx2.AsyncClient, place: str, value: Any) -> None:
    await _named(http, within(ldv(), place, value), place)


@pytest.mark.parametrize(("place", "value"), VNG_FAULTS)
async def test_a_wrong_field_of_a_verwerkingsactie_is_named(http: httpx2.AsyncClient, place: str, value: Any) -> None:
    await _named(http, within(vng(), place, value), place)


async def _named(http: httpx2.AsyncClient, report: Report, place: str) -> None:
    found = await problem(http, report)
    assert found["code"] == "ongeldige-invoer"
    assert any(each["veld"].startswith(place) for each in found["fouten"]), found
    assert "123456789" not in str(found)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (ldv() | {"ontvanger": "ander-loket"}, "ontvanger-past-niet"),
        (within(vng(), "/verwerkingsactie/uitvoerder", "0" * 20), "ontvanger-past-niet"),
        (within(vng(), "/verwerkingsactie/vertrouwelijkheid", "vertrouwelijk"), "vertrouwelijk-kan-niet"),
        (within(vng(), "/verwerkingsactie/vertrouwelijkheid", "opgeheven"), "vertrouwelijk-kan-niet"),
        (ldv() | {"verwerkingsactie": vng()["verwerkingsactie"]}, "ongeldige-invoer"),
        (within(ldv(), "/logregel", DROP), "ongeldige-invoer"),
        (within(ldv(), "/inwoner", DROP), "ongeldige-invoer"),
        (ldv() | {"anders": 1}, "ongeldige-invoer"),
        *(
            (within(ldv(), "/logregel/attributes/dpl.core.processing_activity_id", named), "activiteit-onbekend")
            for named in (
                "onbekend",
                f"https://{HOST}/toestemming/v1/verwerkingsactiviteiten/onbekend",
                "https://elders.example/toestemming/v1/verwerkingsactiviteiten/kapvergunning",
                f"https://{HOST}.elders.example/toestemming/v1/verwerkingsactiviteiten/kapvergunning",
                f"https://{HOST}/iets/kapvergunning",
            )
        ),
    ],
)
async def test_what_does_not_fit_is_refused_with_a_code(
    http: httpx2.AsyncClient, service: AuditService, report: Report, code: str
) -> None:
    assert (await problem(http, report))["code"] == code
    assert await service.door("web").holds(DESK, ()) is None


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("releases", 403), ("searches", 403), ("fg", 403), ("unknown", 403)]
)
async def test_whoever_may_not_report_leaves_no_line(
    http: httpx2.AsyncClient, service: AuditService, who: str, status: int
) -> None:
    answer = await http.post("/verwerkingsacties", json={"meldingen": [ldv()]}, headers={"authorization": who})
    assert answer.status_code == status, answer.text
    assert await service.door("web").holds(DESK, ()) is None


async def test_an_application_that_is_no_longer_admitted_cannot_report(http: httpx2.AsyncClient, books: Books) -> None:
    books.admitted = False
    assert (await http.post("/verwerkingsacties", json={"meldingen": [ldv()]})).status_code == 403


async def test_a_token_to_report_does_not_search(http: httpx2.AsyncClient) -> None:
    body = {"ontvanger": "groen", "reden": {"reden": "klacht", "zaak": "FG-7"}}
    assert (await http.post("/logregels/_zoek", json=body)).status_code == 403


async def test_a_log_that_cannot_write_takes_nothing_and_says_so(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    service.desk(FG).log.seal("Voor de toets.")
    answer = await http.post("/verwerkingsacties", json={"meldingen": [ldv(), vng()]})
    assert (answer.status_code, answer.json()["code"]) == (503, LogUnavailable.code)


async def test_the_fg_finds_reports_by_kind_key_and_employee_and_the_reporter_its_own_proof(
    http: httpx2.AsyncClient,
) -> None:
    (taken,) = (await sent(http, ldv()))["antwoorden"]
    why = {"reden": {"reden": "klacht", "zaak": "FG-7"}}
    for asked in (
        {"ontvanger": "groen", "soort": "gemeld"},
        {"sleutel": "k-1"},
        {"gebruiker": "p-mw-77"},
        {"gegevenselement": "brp.adres"},
    ):
        found = await http.post("/logregels/_zoek", json=asked | why, headers={"authorization": "fg"})
        assert found.json()["totalen"]["regels"] == 1, asked
    proof = await http.get(f"https://{HOST}{taken['logregel']['bewijs']}")
    assert proof.status_code == 200


async def test_a_use_that_its_system_calls_secret_is_taken_of_an_activity_that_is(
    http: httpx2.AsyncClient, service: AuditService, books: Books
) -> None:
    secret = within(vng(), "/verwerkingsactie/vertrouwelijkheid", "vertrouwelijk")
    books.withhold(millis(NOON))
    assert (await problem(http, secret))["code"] == "vertrouwelijk-kan-niet", "its day has come"
    books.withhold(millis(NOON) + 1)
    assert (await sent(http, secret))["vastgelegd"] == 1
    assert [line.withheld for line in await series(service)] == [True]


async def test_the_whole_log_fits_with_what_others_reported_in_it(
    http: httpx2.AsyncClient, service: AuditService, tmp_path: Path
) -> None:
    await sent(http, ldv(), vng(), ldv(STRANGER))
    log = service.door("connectors")
    await log.record(DESK, [act("gemeld"), release({fence(): 0}, key="k-1", kept_days=30)])
    anchor = next(iter(service.public_keys.values())).hex()
    report = await checked(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, anchor)
    assert (report.status, report.findings.shown) == (0, [])


async def test_the_description_says_what_a_report_looks_like(service: AuditService) -> None:
    router = intake_routes(service, (Books(), People()), caller_of, Hosts({}))
    root = Root("/logboek", "Logboek", f"https://{HOST}", Contact("Regie", "regie@example.org", "https://x.example"))
    schemas = described(root, router)["components"]["schemas"]
    listed = schemas["ReportedUses"]["properties"]["meldingen"]
    assert (listed["minItems"], listed["maxItems"]) == (1, 1_000)
    assert set(listed["items"]["properties"]) == {
        "ontvanger", "kenmerk", "inwoner", "gegevenselementen", "zaak", "gebruiker", "logregel", "verwerkingsactie",
    }  # fmt: skip
    assert {"trace_id", "span_id", "status", "name", "start_time", "end_time"} <= set(schemas["LdvRecord"]["required"])
    assert set(schemas["VngAction"]["required"]) == {"tijdstip", "verwerkteObjecten"}


@BOTH
async def test_the_log_says_since_when_a_system_reports_and_when_last(
    http: httpx2.AsyncClient, service: AuditService, kind: str
) -> None:
    asked = [System(recipient="groen", application="bomenbeheer"), System(recipient="groen", application="stil")]
    audit = service.door("web")
    assert [one.last for one in await audit.heard(DESK, asked)] == [0, 0]
    await sent(http, ldv())
    clock: Any = service.desk(FG).intake((Books(), People()))._clock
    clock.pass_by(90)
    await sent(http, ldv())
    heard, silent = await audit.heard(DESK, asked)
    assert (heard.since, heard.last) == (millis(NOON), millis(NOON) + 90_000)
    assert (silent.since, silent.last) == (0, 0)
