"""What a reviewer tried against the log's reading doors."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import Request
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from audit import tables
from audit.api import routes
from audit.contract import LogUnavailable, Overtaken, ResidentRef
from audit.event import FenceAt
from audit.service import AuditService
from kernel.caller import Caller
from kernel.errors import NotLoggedIn
from kernel.hidden import Hidden
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.hosts import Hosts
from kernel.proof.tlogproof import TlogProof
from tests.audit.logs import DESK, FG, HOST, TENANT, Place, act, fence, receipt, release
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
RECIPIENT = DESK.model_copy(update={"kind": "automatisch", "organisation": "r1"})
TOOL = DESK.model_copy(update={"kind": "automatisch", "scope": ("logboek",)})
CALLERS = {"fg": FG, "recipient": RECIPIENT, "tool": TOOL}


class Strangers:
    """Everybody is unknown."""

    async def identify(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        return ResidentRef(id="x" * 32, subject="niemand", fence=fence(), stand_in=True)


async def caller_of(request: Request) -> Caller:
    found = CALLERS.get(request.headers.get("authorization", ""))
    if found is None:
        raise NotLoggedIn()
    return found


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[AuditService]:
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path).opened() as (service, _):
        yield service


@pytest.fixture
async def http(service: AuditService) -> AsyncIterator[httpx2.AsyncClient]:
    gate = StartGate()
    app = make_app("log", gate)
    app.include_router(
        routes(service, Strangers(), caller_of, Hosts({f"https://{HOST}": TENANT})), prefix="/logboek/v1"
    )
    gate.open()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"https://{HOST}") as http:
        yield http


async def test_a_fence_that_stands_below_a_fact_is_no_answer_at_all(service: AuditService) -> None:
    door, gone, other = service.door("consent"), fence(), fence()
    await door.record(DESK, [act("toestemming-ingetrokken", gone), act("toestemming-ingetrokken", other)])
    with pytest.raises(Overtaken):
        await door.holds(DESK, [FenceAt(fence=gone, epoch=0)])
    assert await door.holds(DESK, [FenceAt(fence=gone, epoch=1)])
    async with service.desk(DESK).log.database.writing(TENANT) as tx:
        await tx.execute(delete(tables.fences).where(tables.fences.c.fence == gone))
    # a reader that looks for its own fence in `moved` would find nothing there and go on
    for requires in ([(gone, 1)], [(gone, 1), (other, 0)]):
        with pytest.raises(LogUnavailable):
            await door.holds(DESK, [FenceAt(fence=name, epoch=epoch) for name, epoch in requires])


async def test_two_facts_about_one_fence_must_both_hold(service: AuditService) -> None:
    door, one = service.door("consent"), fence()
    await door.record(DESK, [act("toestemming-ingetrokken", one)])
    with pytest.raises(Overtaken):
        await door.holds(DESK, [FenceAt(fence=one, epoch=0), FenceAt(fence=one, epoch=1)])


async def test_a_search_for_an_unknown_number_does_not_show_lines_about_other_unknown_people(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    await service.door("connectors").record(DESK, [act("weigering", subject="niemand", recipient="r1")])
    body = {"inwoner": {"bsn": "999993653"}, "reden": {"reden": "klacht", "zaak": "FG-7", "toelichting": ""}}
    answer = await http.post("/logboek/v1/logregels/_zoek", json=body, headers={"authorization": "fg"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["totalen"]["regels"] == 0
    (own,) = (await service.door("web").lines(DESK, "systeem")).lines
    assert own.event.details["gezochtInwoner"] == "x" * 32


@pytest.mark.parametrize("kind", ["toestemming-geweigerd", "vraag"])
async def test_a_recipient_cannot_find_a_no_or_a_question_by_its_line(
    http: httpx2.AsyncClient, service: AuditService, kind: str
) -> None:
    moved = (fence(),) if kind == "toestemming-geweigerd" else ()
    await service.door("consent").record(DESK, [act(kind, *moved, recipient="r1")])  # type: ignore[arg-type]  # a kind of the table
    await service.door("connectors").record(DESK, [release({fence(): 0})])
    theirs = {"authorization": "recipient"}
    for at, status in ((0, 404), (1, 200)):
        answer = await http.get(f"/logboek/v1/logregels/2026h2-{at}/bewijs", headers=theirs)
        assert answer.status_code == status


@pytest.mark.parametrize("who", ["tool", "recipient", "fg"])
async def test_no_application_tells_by_proofs_whose_fence_a_flag_moved(
    http: httpx2.AsyncClient, service: AuditService, who: str
) -> None:
    """The act of a flag names the fence of its resident, and so does that of each release about them, which a search
    finds: without a line or a reason, place by place, a list of who hides."""
    theirs = fence()
    await service.door("consent").record(DESK, [act("vlag", theirs)])
    about = {"activity": "regie-veilig-adres", "recipient": "r1"}
    await service.door("connectors").record(DESK, [release({theirs: 1}, **dict[str, Any](about))])
    await service.door("connectors").record(DESK, [release({fence(): 0})])
    told = []
    for at in range(3):
        answer = await http.get(f"/logboek/v1/logregels/2026h2-{at}/bewijs", headers={"authorization": who})
        extra = TlogProof.parse(answer.text).extra if answer.status_code == 200 else None
        told.append(len(json.loads(extra)) if extra else answer.status_code)
    assert told == {"tool": [1, 1, 3], "recipient": [404, 1, 3], "fg": [3, 3, 3]}[who]


async def test_hour_and_number_of_a_line_are_those_that_were_sealed(service: AuditService) -> None:
    made = receipt((await service.door("connectors").record(DESK, [release({fence(): 0})]))[0])
    async with service.desk(DESK).log.database.writing(TENANT) as tx:
        names = await tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'lines'")
        for (name,) in names.fetchall():
            await tx.exec_driver_sql(f'DROP TRIGGER "{name}"')
        await tx.execute(update(tables.lines).values(logged_at=1, n=7))
    line = await service.door("web").line(DESK, made.position)
    assert (line.at, line.n) == (made.at, 1)
    assert json.loads(made.act)["tijd"] == str(line.at)


async def test_who_asks_for_many_proofs_keeps_no_release_waiting(service: AuditService) -> None:
    """Proofs are for everybody, and a release is sent within two seconds of hearing that its fences stand, or not."""
    (verdict,) = await service.door("connectors").record(DESK, [release({fence(): 0})])
    database, inside, go_on = service.desk(DESK).log.database, threading.Semaphore(0), threading.Event()

    async def look(_: AsyncConnection) -> None:
        inside.release()
        go_on.wait(PATIENCE)

    proofs = [asyncio.create_task(database.seen(TENANT, look)) for _ in range(60)]
    try:
        while not inside.acquire(blocking=False):  # noqa: ASYNC110 - a thread tells it
            await asyncio.sleep(0.01)
        async with asyncio.timeout(PATIENCE):
            assert await service.door("connectors").holds(DESK, ()) == receipt(verdict).position
    finally:
        go_on.set()
        await asyncio.gather(*proofs)
