"""No question walks the whole log: each goes by a key, a tag or its place, whatever SQLite thinks of sizes.

But one: who asks for an element and nothing else has every line looked at."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from audit.breach import Decision, Page, Window
from audit.contract import Position, Query, Reason, System
from audit.service import AuditService
from kernel.caller import Caller
from kernel.clock import millis
from tests.audit.logs import DESK, FG, NOON, Place, fence, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
WHY = Reason(code="datalek", case="FG-7")
# Of `lines`: a scan, or a search by the municipality and what stands before some place, which is the same.
WHOLE = re.compile(
    r"SCAN (main\.)?(lines|t)\b|SEARCH (main\.)?(lines|t) USING .*\(tenant_id=\?( AND \(term,idx\)<\(\?,\?\))?\)$"
)
Asked = list[tuple[str, Any]]


async def asked_of(service: AuditService) -> None:
    """By residents, auditors and whoever proves."""
    door, files = service.door("web"), service.desk(DESK).breaches
    given = await service.door("connectors").record(DESK, [release({fence(): 0}, application="app-1")])
    assert len(given) == 1
    now = millis(NOON)
    window = Window(recipient="r1", application="app-1", since=now - 1_000, until=now + 60_000)
    made = await files.report(FG, window, WHY)
    assert made.tally.residents == 1
    await files.people(FG, made.id, WHY, Page())
    await files.decide(FG, made.id, WHY, Decision(version=1, shown=True))
    (leak,) = await files.leaks(Caller(tenant=DESK.tenant, kind="inwoner", user="a" * 32), "s1")
    assert len(leak.lines) == 1
    for query in (
        Query(recipient="r1"), Query(subject="s1"), Query(activity="regeling", element="brp.naam"),
        Query(recipient="r1", outcome="open", since=now - 1_000), Query(kind="weigering", since=now - 1_000),
    ):  # fmt: skip
        await door.search(FG, query, WHY)
    place = Position(term="2026h2", index=0)
    await door.search(FG, Query(subject="s1", case="Z-1", before=place), WHY)
    for before in (None, place):
        await door.lines(DESK, "s1", before)
    await door.line(DESK, place)
    await door.outcomes(DESK, [place])
    await door.about(DESK, [place])
    for after in (None, place):
        await service.door("connectors").passed(DESK, after)
    await door.bundle(DESK, place)
    await door.proof(DESK, place)
    await service.door("consent").moves(DESK, place)
    urgent = release({fence(): 0}, kind="noodverstrekking")
    await service.door("connectors").record(DESK, [urgent])
    (waits,) = await service.door("consent").unreviewed(DESK)
    assert waits.event.id == urgent.event.id
    await service.door("consent").heard(DESK, [System(recipient="r1", application="app-1")])


async def test_no_question_walks_the_whole_log(tmp_path: Path) -> None:
    asked: Asked = []
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path).opened() as (service, _):
        database = service.desk(DESK).log.database

        def told(*given: Any) -> None:
            asked.append((given[2], given[3]))

        engines = (database.engine.sync_engine, database._threads)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", told)
        await asked_of(service)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", told)
    walked = walks(tmp_path / "audit.db", asked)
    assert not walked, "\n\n".join(walked)
    # and this test would see one
    assert walks(
        tmp_path / "audit.db", [("SELECT count(*) FROM lines WHERE tenant_id = ? AND length(act) = 3", ("a",))]
    )


def walks(path: Path, asked: Asked) -> list[str]:
    """Those of them that do, each with how SQLite goes about it."""
    file, found, looked = sqlite3.connect(path), [], 0
    for text, given in asked:
        if not text.startswith("SELECT") or not re.search(r"\blines\b", text):
            continue
        looked += 1
        plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {text}", given)]
        if any(WHOLE.search(step) for step in plan):
            found.append("\n".join([text, *plan]))
    file.close()
    assert looked
    return found
