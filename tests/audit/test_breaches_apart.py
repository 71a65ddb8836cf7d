"""Files on breaches over the inner door of the log: the same answers, the same refusals, and people sealed."""

import base64
from pathlib import Path

import httpx2
import pytest
from nacl.public import PrivateKey, SealedBox

from audit.breaches.api import breach_intern
from audit.breaches.client import BreachClient
from audit.breaches.contract import Decision, PeopleWanted, Window
from audit.breaches.service import BreachDesk
from audit.contract import LogUnavailable, Reason
from kernel.caller import Caller
from kernel.errors import BadInput, NoAccess, NotFound
from kernel.http.app import make_app
from kernel.http.client import RoomLine
from kernel.http.health import StartGate
from kernel.http.rooms import RoomGate, RoomKey
from tests.audit.logs import DESK, FG, Place, Ticking
from tests.audit.test_breaches import Register, filled

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
WINDOW = Window(recipient="r1", since=0, until=4_000_000_000_000)
WHY = Reason(code="datalek", case="FG-9")


async def test_the_portal_elsewhere_asks_and_is_refused_as_one_beside_the_log(tmp_path: Path) -> None:
    clock, key = Ticking(), PrivateKey.generate()
    room = RoomKey("web", b"1" * 32, clock)
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=clock)
    async with place.opened() as (service, _):
        await filled(service)
        gate = StartGate()
        app = make_app("log", gate)
        door = RoomGate("audit", {"web": room.public}, clock)
        app.include_router(breach_intern(BreachDesk(service, Register()), door))
        gate.open()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://audit") as http:
            breaches = BreachClient(RoomLine(http, room, "audit"))
            made = await breaches.report(FG, WINDOW, WHY)
            assert (made.at_least, made.at_most) == (1, 2) and await breaches.newest(FG) == (made,)
            again = await breaches.report(FG, WINDOW, WHY, made.id)
            assert await breaches.versions(FG, made.id) == (made, again) and again.version == 2
            pasted = base64.b64encode(bytes(key.public_key)).decode()
            wanted = PeopleWanted(file_id=made.id, key=pasted, reason=WHY)
            sealed = await breaches.export(FG, wanted)
            assert sealed.count == 2
            text = SealedBox(key).decrypt(base64.b64decode(sealed.content))
            assert text.count(b"niet-nagegaan") == 2, "a silent register makes nobody safe to write to"
            lines = len((await service.door("web").lines(DESK, "systeem")).lines)
            for wrong, refused in (
                (breaches.report(DESK, WINDOW, WHY), NoAccess),
                (breaches.newest(DESK), NoAccess),
                (breaches.export(DESK, wanted), NoAccess),
                (breaches.versions(FG, "0" * 32), NotFound),
                (breaches.report(FG, WINDOW, WHY, "0" * 32), NotFound),
                (breaches.report(FG, Window(since=0, until=1), WHY), BadInput),
                (breaches.export(FG, wanted.model_copy(update={"key": "AAAA"})), BadInput),
            ):
                with pytest.raises(refused):
                    await wrong
            assert len((await service.door("web").lines(DESK, "systeem")).lines) == lines, "who is refused searched not"
            stranger = BreachClient(RoomLine(http, RoomKey("web", b"2" * 32, clock), "audit"))
            with pytest.raises(LogUnavailable):
                await stranger.newest(FG)
            await _decided(breaches, made.id)


async def _decided(breaches: BreachClient, file_id: str) -> None:
    """Residents read it from then on."""
    resident = Caller(tenant=FG.tenant, kind="inwoner", user="a" * 32)
    told = await breaches.decide(FG, file_id, WHY, Decision(version=2, shown=True))
    (leak,) = await breaches.leaks(resident, "s1")
    assert told.told and (leak.told_at, len(leak.lines)) == (told.told.at, 1)
    for wrong in (breaches.leaks(FG, "s1"), breaches.decide(DESK, file_id, WHY, Decision(version=3, shown=False))):
        with pytest.raises(NoAccess):
            await wrong
