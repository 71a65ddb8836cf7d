"""`/logboek/v1` from outside: who may search, what a search must say, what everybody may read."""

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import Request

from audit.api import routes
from audit.contract import ResidentRef
from audit.service import AuditService
from kernel.caller import Caller
from kernel.errors import BadInput, NotLoggedIn
from kernel.hidden import Hidden
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.hosts import Hosts
from kernel.proof.tlogproof import TlogProof
from tests.audit.logs import DESK, FG, HOST, TENANT, Place, fence, release

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
CALLERS = {"fg": FG, "desk": DESK.model_copy(update={"kind": "automatisch"})}
REASON = {"reden": "klacht", "zaak": "FG-7", "toelichting": "op verzoek"}
BSN = "999993653"


class Known:
    """One resident."""

    async def identify(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        if bsn != Hidden(BSN):
            raise BadInput("Dit BSN bestaat niet.")
        return ResidentRef(id="r", subject="s1", fence=fence())


async def caller_of(request: Request) -> Caller:
    authorization = request.headers.get("authorization", "")
    if authorization not in CALLERS:
        raise NotLoggedIn()
    return CALLERS[authorization]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[AuditService]:
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path).opened() as (service, _):
        yield service


@pytest.fixture
async def http(service: AuditService) -> AsyncIterator[httpx2.AsyncClient]:
    gate = StartGate()
    app = make_app("log", gate)
    app.include_router(routes(service, Known(), caller_of, Hosts({f"https://{HOST}": TENANT})), prefix="/logboek/v1")
    gate.open()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"https://{HOST}") as http:
        yield http


async def test_search_by_number_answers_in_dutch_and_never_repeats_the_number(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    await service.door("connectors").record(DESK, [release({fence(): 0}, purpose="Doel", used=("brp.geboortedatum",))])
    body = {"inwoner": {"bsn": BSN}, "van": "2026-11-22T00:00:00Z", "tot": "2026-11-23T00:00:00+01:00", "reden": REASON}
    answer = await http.post("/logboek/v1/logregels/_zoek", json=body, headers={"authorization": "fg"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["totalen"] == {"regels": 1, "inwoners": 1, "vernietigd": 0}
    assert (found["regels"][0]["soort"], found["regels"][0]["doel"]) == ("verstrekking", "Doel")
    assert found["regels"][0]["gebruikt"] == ["brp.geboortedatum"]
    assert found["logregel"] == {
        "logboek": f"{HOST}/{TENANT}/2026h2",
        "index": 1,
        "bewijs": "/logboek/v1/logregels/2026h2-1/bewijs",
    }
    assert BSN not in answer.text
    assert [line.event.kind for line in (await service.door("web").lines(DESK, "s1")).lines] == [
        "zoeking",
        "verstrekking",
    ]


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("fg", {"ontvanger": "r1"}, 400),
        ("fg", {"ontvanger": "r1", "reden": {"reden": "klacht"}}, 400),
        ("fg", {"ontvanger": "r1", "reden": REASON, "anders": 1}, 400),
        ("fg", {"reden": REASON}, 400),
        ("fg", {"recipient": "r1", "reden": REASON}, 400),
        *(
            ("fg", {"ontvanger": "r1", field: "over 123456789", "reden": REASON}, 400)
            for field in ("toepassing", "gebruiker", "verwerkingsactiviteit", "zaak", "sleutel", "gegevenselement")
        ),
        ("fg", {"ontvanger": "r1", "reden": REASON | {"toelichting": "over 123456789 dus"}}, 400),
        ("fg", {"ontvanger": "r1", "reden": REASON | {"zaak": "123456789"}}, 400),
        ("fg", {"inwoner": {"bsn": "123456789"}, "reden": REASON}, 400),
        ("fg", {"ontvanger": "r1", "reden": REASON, "vorige": "x"}, 400),
        ("fg", {"recipient": "r1", "reden": REASON}, 400),
        ("fg", {"ontvanger": "r1", "reden": {"code": "klacht", "zaak": "FG-7"}}, 400),
        ("fg", {"ontvanger": "r1", "reden": REASON, "van": "1969-12-31T23:59:59Z"}, 400),
        ("fg", {"ontvanger": "r1", "reden": REASON, "tot": "9999-12-31T23:59:59-23:00"}, 400),
        ("desk", {"ontvanger": "r1", "reden": REASON}, 403),
        ("", {"ontvanger": "r1", "reden": REASON}, 401),
    ],
)
async def test_search_that_may_not_be_leaves_no_line(
    http: httpx2.AsyncClient, service: AuditService, who: str, body: dict[str, object], status: int
) -> None:
    answer = await http.post("/logboek/v1/logregels/_zoek", json=body, headers={"authorization": who})
    assert answer.status_code == status, answer.text
    assert "123456789" not in answer.text
    assert await service.door("web").holds(DESK, ()) is None


async def test_head_key_and_proof_are_for_everybody(http: httpx2.AsyncClient, service: AuditService) -> None:
    await service.door("connectors").record(DESK, [release({fence(): 0})])
    away = await http.get("/logboek/v1/checkpoint")
    assert (away.status_code, away.headers["location"]) == (307, "/logboek/v1/2026h2/checkpoint")
    head = await http.get("/logboek/v1/2026h2/checkpoint")
    assert head.text.startswith(f"{HOST}/{TENANT}/2026h2\n1\n")
    assert (await http.get("/logboek/v1/sleutels")).text.strip() in service.vkeys.values()
    proof = TlogProof.parse((await http.get("/logboek/v1/logregels/2026h2-0/bewijs")).text)
    assert proof.index == 0
    for path in ("2026h1/checkpoint", "logregels/2026h2-9/bewijs", "logregels/x/bewijs"):
        assert (await http.get(f"/logboek/v1/{path}")).status_code == 404
    for host, status in ((f"{HOST}:443", 200), ("elsewhere.example", 404)):
        assert (await http.get("/logboek/v1/sleutels", headers={"host": host})).status_code == status


async def test_how_often_something_was_covert_is_counted_once_an_hour(
    http: httpx2.AsyncClient, service: AuditService, tmp_path: Path
) -> None:
    answer = await http.get("/logboek/v1/heimelijk")
    with sqlite3.connect(tmp_path / "audit.db") as database:  # whoever asks again, nothing is read for it
        database.execute("DROP TABLE labels")
    database.close()
    assert [(await http.get("/logboek/v1/heimelijk")).json() for _ in range(3)] == [answer.json()] * 3


async def test_the_act_goes_with_a_proof_only_to_whom_the_line_was_for(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    await service.door("connectors").record(DESK, [release({fence(): 0})])
    recipient = (await service.door("web").lines(DESK, "s1")).lines[0].event.recipient
    CALLERS["theirs"] = DESK.model_copy(update={"kind": "automatisch", "organisation": recipient})
    CALLERS["other"] = DESK.model_copy(update={"kind": "automatisch", "organisation": "somebody-else"})
    told = {}
    for who in ("", "theirs", "other", "fg", "unknown"):
        headers = {"authorization": who} if who else {}
        answer = await http.get("/logboek/v1/logregels/2026h2-0/bewijs", headers=headers)
        extra = TlogProof.parse(answer.text).extra if answer.status_code == 200 else None
        told[who] = sorted(json.loads(extra)) if extra else answer.status_code
    whole = ["act", "actZout", "blad"]
    assert told == {"": ["blad"], "theirs": whole, "other": 404, "fg": whole, "unknown": 401}
