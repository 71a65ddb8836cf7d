"""The client repeats a record once, with the same bytes, and then says that nobody may act, and what it knows."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from audit.client import AuditClient
from audit.contract import LogUnavailable, OutcomeUnknown
from audit.service import AuditService
from kernel.http.app import make_app
from kernel.http.client import RoomLine
from kernel.http.health import StartGate
from kernel.http.rooms import RoomGate, RoomKey
from tests.audit.logs import DESK, Place, Ticking, act, receipt

pytestmark = pytest.mark.anyio


class Losing(httpx2.AsyncBaseTransport):
    """Delivers every question and loses the first answers."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, lost: int) -> None:
        self._inner, self._lost = inner, lost
        self.sent: list[bytes] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request.content)
        answer = await self._inner.handle_async_request(request)
        if len(self.sent) <= self._lost:
            await answer.aread()
            raise httpx2.ReadTimeout("lost", request=request)
        return answer


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[tuple[AuditService, httpx2.ASGITransport, RoomKey]]:
    clock = Ticking()
    key = RoomKey("connectors", b"1" * 32, clock)
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=clock)
    async with place.opened(RoomGate("audit", {"connectors": key.public}, clock)) as (service, component):
        gate = StartGate()
        app = make_app("log", gate)
        app.include_router(component.doors().intern()[0])
        gate.open()
        yield service, httpx2.ASGITransport(app=app), key


@pytest.mark.parametrize("lost", [1, 2])
async def test_lost_answer_is_asked_once_more_with_the_same_bytes(
    log: tuple[AuditService, httpx2.ASGITransport, RoomKey], lost: int
) -> None:
    service, inner, key = log
    transport, entry = Losing(inner, lost), act("weigering")
    async with httpx2.AsyncClient(transport=transport, base_url="http://audit") as http:
        client = AuditClient(RoomLine(http, key, "audit"))
        if lost == 1:
            assert receipt((await client.record(DESK, [entry]))[0]).position.index == 0
        else:
            with pytest.raises(OutcomeUnknown):
                await client.record(DESK, [entry])
    assert len(transport.sent) == 2
    assert transport.sent[0] == transport.sent[1]
    assert (await service.door("connectors").lines(DESK, "s1")).total == 1, "one line, however often it was asked"


async def test_refusal_after_a_lost_answer_speaks_of_the_second_question_only(
    log: tuple[AuditService, httpx2.ASGITransport, RoomKey],
) -> None:
    service, inner, key = log

    class Sealing(Losing):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            try:
                return await super().handle_async_request(request)
            finally:
                service.desk(DESK).log.seal("Verzegeld.")

    async with httpx2.AsyncClient(transport=Sealing(inner, 1), base_url="http://audit") as http:
        with pytest.raises(OutcomeUnknown):
            await AuditClient(RoomLine(http, key, "audit")).record(DESK, [act("weigering")])
    async with httpx2.AsyncClient(transport=inner, base_url="http://audit") as http:
        with pytest.raises(LogUnavailable):
            await AuditClient(RoomLine(http, key, "audit")).record(DESK, [act("weigering")])


async def test_question_that_never_left_is_known_to_have_written_nothing(
    log: tuple[AuditService, httpx2.ASGITransport, RoomKey], free_tcp_port: int
) -> None:
    *_, key = log
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{free_tcp_port}") as http:
        with pytest.raises(LogUnavailable):
            await AuditClient(RoomLine(http, key, "audit")).record(DESK, [act("weigering")])
