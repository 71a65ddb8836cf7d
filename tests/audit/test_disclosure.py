"""What may not be shown yet does not show elsewhere: in lines about other things, in searches, in files on breaches."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from audit.breach import Page, Window
from audit.contract import Line, Query, Reason
from audit.service import AuditService
from kernel.clock import millis
from tests.audit.fsck_ground import checked
from tests.audit.logs import DESK, FG, NOON, Place, Ticking, act, fence, outcome, receipt, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
DAY = 86_400_000
UNTIL = millis(NOON) + 90 * DAY
WHY = Reason(code="klacht", case="FG-1")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=Ticking())


@pytest.fixture
async def service(place: Place) -> AsyncIterator[AuditService]:
    async with place.opened() as (service, _):
        yield service


async def own(service: AuditService, subject: str = "s1") -> list[Line]:
    return list((await service.door("web").lines(DESK, subject)).lines)


async def test_a_restriction_names_no_release_that_its_resident_may_not_see(
    service: AuditService, place: Place
) -> None:
    shared, door = fence(), service.door("connectors")
    secret, plain, same_batch = (release({shared: 0}, withheld_until=until) for until in (UNTIL, 0, UNTIL))
    hidden = receipt((await door.record(DESK, [secret]))[0])
    open_one = receipt((await door.record(DESK, [plain]))[0])
    stop = act("beperking", shared)
    *_, verdict = await service.desk(DESK).record("connectors", [same_batch])
    receipt(verdict)
    (verdict,) = await service.door("consent").record(DESK, [stop])
    assert receipt(verdict).under_way == (open_one.position,)
    key = service.desk(DESK).log.signer.public_key.hex()
    assert (await checked(place.url, place.folder, key)).status == 0
    await door.record(DESK, [outcome(hidden.position), outcome(open_one.position)])
    assert (await checked(place.url, place.folder, key)).status == 0


@pytest.mark.parametrize("how", ["zoeken", "datalek"])
async def test_who_is_found_by_withheld_lines_alone_reads_of_the_search_when_these_may_be_read(
    service: AuditService, place: Place, how: str
) -> None:
    door = service.door("connectors")
    await door.record(DESK, [release({fence(): 0}, withheld_until=UNTIL, case="Z-9")])
    await door.record(DESK, [release({fence(): 0}, subject="s2", withheld_until=UNTIL, case="Z-9")])
    await door.record(DESK, [release({fence(): 0}, subject="s2", case="Z-9")])
    await found(service, how)
    (mine, *_), (theirs, *_) = await own(service), await own(service, "s2")
    assert mine.withheld and mine.event.withheld_until == UNTIL
    assert theirs.event.kind == "zoeking" and not theirs.withheld
    place.clock.pass_by(91 * 86_400)  # type: ignore[attr-defined]  # a Ticking
    assert (await own(service))[0].event.kind == "zoeking"
    await found(service, how)
    assert [line.withheld for line in await own(service)][:2] == [False, False], "its day has come: told at once"


async def found(service: AuditService, how: str) -> None:
    desk = service.desk(FG)
    if how == "zoeken":
        assert (await desk.searcher.search(FG, Query(case="Z-9", kind="verstrekking"), WHY)).totals.residents == 2
        return
    file = await desk.breaches.report(FG, Window(recipient="r1", since=0, until=UNTIL), WHY)
    assert [one.subject for one in (await desk.breaches.people(FG, file.id, WHY, Page()))[1]] == ["s1", "s2"]
