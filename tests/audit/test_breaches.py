"""A breach: whose data somebody could have had. Nobody is missing because an outcome was not written."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx2
import pytest
from fastapi import Request
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from audit.api import routes
from audit.breach import MARKED, UNASKED, Page
from audit.breach_answers import BreachAsked
from audit.breach_api import breach_routes
from audit.service import AuditService
from audit.tables import breaches
from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable, NotLoggedIn
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.hosts import Hosts
from tests.audit.logs import DESK, FG, HOST, TENANT, Place, act, fence, outcome, receipt, release
from tests.audit.test_api import Known

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
CALLERS = {"fg": FG, "desk": DESK, "app": Caller(tenant=TENANT, kind="automatisch", scope=("logboek",))}
ASKED = {
    "ontvanger": "r1",
    "van": "2026-11-22T00:00:00Z",
    "tot": "2026-11-23T00:00:00Z",
    "ontdekt": "2026-11-22T11:00:00Z",
    "samenvatting": "Laptop gestolen.",
    "reden": {"reden": "datalek", "zaak": "FG-9"},
}
WHY = {"reden": ASKED["reden"]}
KINDS = {"brp.naam": "naam-en-adres", "hulp": "gezondheid"}


class Register:
    """Who hides, as a test has it; without an answer to any it is silent."""

    answers: Mapping[str, bool] | None = None

    async def hidden(self, caller: Caller, subjects: Sequence[str]) -> list[bool | None]:
        """See Hiding.hidden."""
        if self.answers is None:
            raise NeighbourUnavailable()
        return [self.answers.get(subject) for subject in subjects]


@pytest.fixture
def register() -> Register:
    return Register()


async def caller_of(request: Request) -> Caller:
    authorization = request.headers.get("authorization", "")
    if authorization not in CALLERS:
        raise NotLoggedIn()
    return CALLERS[authorization]


BOTH = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


@pytest.fixture
def audit_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """PostgreSQL where a test says so (BOTH): what differs are grouping and order, not doors."""
    if "kind" in request.fixturenames and request.getfixturevalue("kind") == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path}/audit.db"


@pytest.fixture
async def service(audit_url: str, tmp_path: Path) -> AsyncIterator[AuditService]:
    async with Place(audit_url, tmp_path).opened() as (service, _):
        await filled(service)
        yield service


async def filled(service: AuditService) -> None:
    """s1: arrived, and a refusal. s2: nobody knows. s3: never opened. s4: with somebody else. s5: much later."""
    log = service.door("connectors")
    made = await log.record(
        DESK,
        [
            release({fence(): 0}, subject="s1", elements=("brp.naam", "hulp"), used=("kluis.x",)),
            release({fence(): 0}, subject="s2"),
            release({fence(): 0}, subject="s3"),
            release({fence(): 0}, subject="s4", recipient="r2", application="app-2", actor="mw-2"),
            act("weigering", subject="s1", recipient="r1", refused=(("inkomen", "geen-toestemming"),)),
        ],
    )
    places = [receipt(one).position for one in made]
    await log.record(DESK, [outcome(places[0]), outcome(places[2], "niet-geopend", subject="s3")])


@pytest.fixture
async def http(service: AuditService, register: Register) -> AsyncIterator[httpx2.AsyncClient]:
    gate = StartGate()
    app = make_app("log", gate)
    router = routes(service, Known(), caller_of, Hosts({f"https://{HOST}": TENANT}))
    router.include_router(breach_routes(service, caller_of, KINDS, register))
    app.include_router(router, prefix="/logboek/v1")
    gate.open()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"https://{HOST}/logboek/v1") as http:
        http.headers["authorization"] = "fg"
        yield http


async def kinds(service: AuditService, subject: str) -> list[str]:
    return [line.event.kind for line in (await service.door("web").lines(DESK, subject)).lines]


@BOTH
async def test_the_file_counts_what_surely_and_what_possibly_went(http: httpx2.AsyncClient, kind: str) -> None:
    answer = await http.post("/datalekken", json=ASKED)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["inwoners"], found["inwonersZeker"], found["regels"], found["regelsMogelijk"]) == (2, 1, 2, 1)
    by_name = {one["gegevenselement"]: one for one in found["gegevenselementen"]}
    assert {name: (one["inwoners"], one["bijzonder"]) for name, one in by_name.items()} == {
        "brp.naam": (2, False),
        "hulp": (1, True),
    }
    assert found["eerste"] == found["laatste"] == "2026-11-22T12:00:00Z"
    notice = found["melding"]
    assert (notice["betrokkenenMinimaal"], notice["betrokkenenMaximaal"]) == (1, 2)
    assert (notice["soortenGegevens"], notice["bijzondereGegevens"]) == (["naam-en-adres"], ["gezondheid"])
    assert notice["uiterlijkMelden"] == "2026-11-25T11:00:00Z" and notice["vervolgmelding"] is False
    assert notice["maatregelen"] is None
    assert (found["nogInBezit"]["inwoners"], found["nogInBezit"]["regelsZonderTermijn"]) == (0, 0)


async def test_people_are_shown_only_after_a_line_in_their_series(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    made = (await http.post("/datalekken", json=ASKED)).json()
    assert await kinds(service, "s2") == ["verstrekking"], "numbers show nobody"
    page = (await http.post(f"/datalekken/{made['id']}/betrokkenen/_zoek", json=WHY)).json()
    assert [(one["betrokkene"], one["regels"], one["regelsMogelijk"]) for one in page["betrokkenen"]] == [
        ("s1", 1, 0),
        ("s2", 1, 1),
    ]
    assert page["betrokkenen"][0]["gegevenselementen"] == ["brp.naam", "hulp"] and page["volgende"] is None
    assert [(await kinds(service, who))[0] for who in ("s1", "s2", "s3")] == ["zoeking", "zoeking", "afloop"]
    own = (await service.door("web").lines(DESK, "systeem")).lines
    assert [line.event.details["datalek"] for line in own] == [made["id"]] * 2
    assert [line.event.name for line in own] == ["Betrokkenen van een datalek zien", "Een datalek onderzoeken"]


@BOTH
async def test_people_come_in_pages_without_gap_or_double(service: AuditService, kind: str) -> None:
    asked = BreachAsked.model_validate_json(json.dumps(ASKED))
    files = service.desk(FG).breaches
    files.page = 1
    made = await files.report(FG, asked.window(), asked.why.reason)
    pages, cursor = list[str](), ""
    for _ in range(2):
        _, found, cursor = await files.people(FG, made.id, asked.why.reason, Page(cursor))
        pages += [one.subject for one in found]
    assert (pages, cursor) == (["s1", "s2"], "")


@pytest.mark.parametrize(
    ("said", "residents"),
    [
        ({"ontvanger": "", "toepassing": "app-2"}, 1),
        ({"ontvanger": "", "gebruiker": "mw-2"}, 1),
        ({"toepassing": "app-2"}, 0),
        ({"ontvanger": "", "sleutel": "k-9"}, 0),
        ({"tot": "2026-11-22T11:59:59Z"}, 0),
    ],
)
async def test_a_window_is_all_that_was_said(http: httpx2.AsyncClient, said: dict[str, str], residents: int) -> None:
    found = (await http.post("/datalekken", json=ASKED | said)).json()
    assert found["inwoners"] == residents
    assert (found["eerste"] is None) == (residents == 0)


@BOTH
async def test_a_version_is_added_and_the_old_one_stays_as_it_was(
    http: httpx2.AsyncClient, service: AuditService, kind: str
) -> None:
    first = (await http.post("/datalekken", json=ASKED)).json()
    await service.door("connectors").record(DESK, [release({fence(): 0}, subject="s6")])
    second = (await http.post(f"/datalekken/{first['id']}/versies", json=ASKED)).json()
    assert (second["id"], second["versie"], second["inwoners"]) == (first["id"], 2, 3)
    assert second["melding"]["vervolgmelding"] is True
    assert (await http.get(f"/datalekken/{first['id']}")).json()["versies"] == [first, second]
    other = (await http.post("/datalekken", json=ASKED | {"ontvanger": "r2"})).json()
    listed = (await http.get("/datalekken")).json()["versies"]
    assert sorted(listed, key=lambda one: one["id"]) == sorted([second, other], key=lambda one: one["id"])
    assert (await http.get("/datalekken", headers={"authorization": "desk"})).status_code == 403


async def test_what_is_kept_is_sealed_and_stays_in_its_place(
    http: httpx2.AsyncClient, service: AuditService, tmp_path: Path
) -> None:
    made = (await http.post("/datalekken", json=ASKED)).json()
    log = service.desk(FG).log
    async with log.database.snapshot(TENANT) as reading:
        row = dict((await reading.execute(breaches.select())).mappings().one())
    assert b"Laptop" not in row["sealed"] and b"window" not in row["sealed"]
    async with log.database.writing(TENANT) as tx:
        await tx.execute(breaches.insert(), [row | {"id": "ab" * 16}])
    assert (await http.get(f"/datalekken/{'ab' * 16}")).status_code == 503
    assert (await http.get(f"/datalekken/{made['id']}")).status_code == 200


async def test_the_export_opens_for_the_key_that_was_named(http: httpx2.AsyncClient, service: AuditService) -> None:
    made, key = (await http.post("/datalekken", json=ASKED)).json(), PrivateKey.generate()
    asked = WHY | {"sleutel": base64.b64encode(bytes(key.public_key)).decode()}
    answer = await http.post(f"/datalekken/{made['id']}/uitvoer", json=asked)
    sealed = base64.b64decode(answer.json()["inhoud"])
    rows = [json.loads(line) for line in SealedBox(key).decrypt(sealed).decode().splitlines()]
    assert [row["betrokkene"] for row in rows] == ["s1", "s2"] and answer.json()["aantal"] == 2
    assert (await service.door("web").lines(DESK, "systeem")).lines[0].event.name == "Betrokkenen uitvoeren"
    assert b"betrokkene" not in sealed and (await kinds(service, "s2"))[0] == "zoeking"
    with pytest.raises(CryptoError):
        SealedBox(PrivateKey.generate()).decrypt(sealed)


@pytest.mark.parametrize(
    ("who", "answers", "told"),
    [
        ("fg", {"s1": False, "s2": True}, [("s2", MARKED), ("s1", None)]),
        ("fg", {"s1": False}, [("s2", UNASKED), ("s1", None)]),
        ("fg", None, [("s1", UNASKED), ("s2", UNASKED)]),
        ("app", {"s1": False, "s2": True}, [("s1", UNASKED), ("s2", UNASKED)]),
    ],
)
async def test_whose_address_nobody_may_know_comes_first_and_nobody_is_taken_to_be_safe_to_write_to(
    http: httpx2.AsyncClient, register: Register, who: str, answers: Mapping[str, bool] | None, told: object
) -> None:
    register.answers = answers
    made, key = (await http.post("/datalekken", json=ASKED)).json(), PrivateKey.generate()
    http.headers["authorization"] = who
    page = (await http.post(f"/datalekken/{made['id']}/betrokkenen/_zoek", json=WHY)).json()
    asked = WHY | {"sleutel": base64.b64encode(bytes(key.public_key)).decode()}
    sealed = (await http.post(f"/datalekken/{made['id']}/uitvoer", json=asked)).json()["inhoud"]
    rows = [json.loads(line) for line in SealedBox(key).decrypt(base64.b64decode(sealed)).splitlines()]
    for people in (page["betrokkenen"], rows):
        assert [(one["betrokkene"], one["letOp"]) for one in people] == told


@pytest.mark.parametrize(
    ("who", "path", "body", "status"),
    [
        ("fg", "", ASKED | {"ontvanger": ""}, 400),
        ("fg", "", ASKED | {"recipient": "r1"}, 400),
        ("fg", "", ASKED | {"ontvanger": "123456789"}, 400),
        ("fg", "", ASKED | {"samenvatting": "over 123456789"}, 400),
        ("fg", "", ASKED | {"van": "2026-11-24T00:00:00Z"}, 400),
        ("fg", "", ASKED | {"van": "gisteren"}, 400),
        ("fg", "", {name: value for name, value in ASKED.items() if name != "reden"}, 400),
        ("fg", "", ASKED | {"reden": {"reden": "  ", "zaak": "B-1"}}, 400),
        ("fg", f"/{'0' * 32}/betrokkenen/_zoek", WHY | {"vorige": "zz"}, 400),
        ("fg", f"/{'0' * 32}/versies", ASKED, 404),
        ("fg", f"/{'0' * 32}/betrokkenen/_zoek", WHY, 404),
        ("fg", f"/{'0' * 32}/betrokkenen/_zoek", WHY | {"deel": "later"}, 400),
        ("fg", f"/{'0' * 32}/uitvoer", WHY | {"sleutel": "AAAA"}, 400),
        ("fg", "/x/versies", ASKED, 400),
        ("desk", "", ASKED, 403),
        ("desk", f"/{'0' * 32}/betrokkenen/_zoek", WHY, 403),
        ("", "", ASKED, 401),
    ],
)
async def test_what_may_not_be_leaves_no_line(
    http: httpx2.AsyncClient, service: AuditService, who: str, path: str, body: dict[str, object], status: int
) -> None:
    before = await service.door("web").holds(DESK, ())
    answer = await http.post(f"/datalekken{path}", json=body, headers={"authorization": who})
    assert answer.status_code == status, answer.text
    assert "123456789" not in answer.text
    assert await service.door("web").holds(DESK, ()) == before
