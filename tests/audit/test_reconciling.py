"""A database that was set back goes on without the lines that are gone: held, until two persons release it."""

from dataclasses import replace
from pathlib import Path

import pytest

from audit import reconciling
from audit.component import signer_of
from audit.contract import LogUnavailable, Overtaken
from audit.ended import BEFORE, BEGUN, PRESENT, RELEASED, head_of
from audit.event import SYSTEM, FenceAt
from audit.heads import founding_of
from audit.keychain import Keychain
from audit.log import HELD, ROLLBACK, Log
from audit.permit import Position
from audit.reconciling import Behind, begin_anew, behind, holds
from audit.service import AuditService
from audit.settings import AuditSettings
from audit.signer import Signers
from kernel.crypto.file_keys import FileKeyProvider
from kernel.errors import Problem
from kernel.sql import Database
from tests.audit.logs import DESK, TENANT, Place, act, fence, receipt, release
from tests.audit.test_turn import NEW, OLD, fsck, sqlite_url, to_january
from tests.postgres import Postgres
from tests.set_back import copied

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
POINTS = ("audit.anew.line", "audit.anew.begun")
SAID = {"persoon1": "A. de Vries", "persoon2": "B. Jansen"}


async def set_back(place: Place, folder: Path, lost: int = 3, *, turned: bool = False) -> str:
    """Two lines and a fence that moved once; `lost` lines more are gone again. The fence."""
    hek, kept = fence(), folder / "kept.db"
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
        await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
    copied(folder / "audit.db", kept)
    if turned:
        to_january(place)
    async with place.opened() as (service, _):
        for _ in range(lost):
            await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
    copied(kept, folder / "audit.db")
    async with place.opened() as (service, _):
        assert service.desk(DESK).log.sealed == ROLLBACK
    return hek


async def unopened(place: Place) -> Log:
    """As `regie audit reconcile` looks at it."""
    settings = AuditSettings(mode="test", database=place.url, signer=place.folder / "signer")
    database = Database(place.url, "audit")
    async with database.snapshot(TENANT) as reading:
        founding = await founding_of(reading, TENANT)
    assert founding
    chain = Keychain(database, FileKeyProvider(place.folder / "keys"), TENANT)
    return Log(database, chain, Signers(signer_of(settings)), (TENANT, founding[0]), place.clock)


async def test_a_log_that_has_all_its_lines_is_not_reconciled(tmp_path: Path) -> None:
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
        log = await unopened(place)
        assert await behind(log) is None and not await holds(log)
        await log.database.close()


async def nothing_permits(place: Place, service: AuditService, hek: str) -> None:
    """And restrictions are written."""
    desk, door = service.desk(DESK), service.door("connectors")
    (verdict,) = await door.record(DESK, [release({fence(): 0}, place.clock())])
    assert isinstance(verdict, LogUnavailable) and verdict.detail == HELD
    with pytest.raises(LogUnavailable, match="hersteld"):
        await door.holds(DESK, [FenceAt(fence=hek, epoch=1)])
    (moved,) = await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
    assert receipt(moved).epochs[hek] == 2
    # nor does a turn let it go
    await desk.watcher.watch()
    with pytest.raises(LogUnavailable):
        await desk.turn({})


async def old_lines_are_read_and_not_proven(place: Place, service: AuditService) -> None:
    door = service.door("connectors")
    assert (await door.line(DESK, Position(term=OLD, index=0))).n == 1
    with pytest.raises(LogUnavailable, match="geen bewijs"):
        await door.proof(DESK, Position(term=OLD, index=0))
    report = await fsck(place, service)
    assert (report.findings.total, report.status) == (0, 2), report.findings.shown
    assert any("ontbreken" in one for one in report.unjudged)


class Died(Exception):
    pass


async def died(
    place: Place, log: Log, found: Behind, where: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Log, Behind]:
    """It dies before the head of the new term is signed: no start opens the log, and somebody looks again."""

    def die(name: str) -> None:
        if name == where:
            raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(reconciling, "reached", die)
        await begin_anew(log, found, SAID, 20)
    async with place.opened() as (service, _):
        assert service.desk(DESK).log.sealed
    await log.database.close()
    log = await unopened(place)
    again = await behind(log)
    assert again and again.anew == (where == "audit.anew.begun")
    return log, again


@pytest.mark.parametrize("dies", ["", *POINTS])
@pytest.mark.parametrize("turned", [False, True])
async def test_a_log_goes_on_without_what_was_lost(
    turned: bool, dies: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(sqlite_url(tmp_path), tmp_path)
    hek = await set_back(place, tmp_path, turned=turned)
    log = await unopened(place)
    found = await behind(log)
    assert found and (found.head.size, found.known.state.size) == (2, 4 if turned else 5)
    if dies:
        log, found = await died(place, log, found, dies, monkeypatch)
    await begin_anew(log, found, SAID, 20)
    await log.database.close()
    log = await unopened(place)
    assert await behind(log) is None and await holds(log)
    await log.database.close()
    term = "2027h2" if turned else NEW
    async with place.opened() as (service, component):
        desk, door = service.desk(DESK), service.door("connectors")
        await component.check()
        assert (desk.log.term, desk.log.held) == (term, True)
        # the gap is a line
        begun = await service.door("web").line(DESK, Position(term=term, index=0))
        assert (begun.event.kind, begun.event.details[PRESENT]) == (BEGUN, f"{OLD}-2")
        assert head_of(begun.event.details[BEFORE]).size == found.known.state.size
        await nothing_permits(place, service, hek)
        await desk.release(desk.log.origin, SAID)
        assert (await door.lines(DESK, SYSTEM)).lines[0].event.kind == RELEASED
        (late, fine) = await door.record(DESK, [release({hek: 1}, place.clock()), release({hek: 2}, place.clock())])
        assert isinstance(late, Overtaken) and not isinstance(fine, Problem)
        assert await door.proof(DESK, fine.position)
        await old_lines_are_read_and_not_proven(place, service)
    async with place.opened() as (service, _):
        assert not service.desk(DESK).log.held
        (verdict,) = await service.door("connectors").record(DESK, [release({fence(): 0}, place.clock())])
        assert not isinstance(verdict, Problem)


@pytest.mark.postgres
async def test_a_log_on_postgresql_goes_on_as_well(tmp_path: Path, postgres: Postgres) -> None:
    place, hek = Place(postgres.create(), tmp_path), fence()
    async with place.opened() as (service, _):
        await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
    older = postgres.create(place.url.rpartition("/")[2])
    async with place.opened() as (service, _):
        await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
    back = replace(place, url=older)
    log = await unopened(back)
    found = await behind(log)
    assert found and (found.head.size, found.known.state.size) == (1, 2)
    await begin_anew(log, found, SAID, 20)
    await log.database.close()
    async with back.opened() as (service, component):
        desk = service.desk(DESK)
        await component.check()
        (verdict,) = await service.door("connectors").record(DESK, [release({fence(): 0}, place.clock())])
        assert desk.log.held and isinstance(verdict, LogUnavailable)
        await desk.release(desk.log.origin, SAID)
        (fine,) = await service.door("connectors").record(DESK, [release({hek: 1}, place.clock())])
        assert not isinstance(fine, Problem)
        report = await fsck(back, service)
        assert (report.findings.total, report.status) == (0, 2), report.findings.shown
