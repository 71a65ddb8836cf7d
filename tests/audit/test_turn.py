"""The turn of the half-year: another log, and yet one series, one memory of fences, one set of event ids."""

import asyncio
import json
import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import regie_verify
from audit.contract import LogUnavailable, Outcome, OutcomeUnknown, Overtaken, Query, Reason
from audit.ended import BEFORE, BEGUN, head_of
from audit.event import SYSTEM, FenceAt
from audit.fsck.checking import check_log
from audit.fsck.findings import Report
from audit.fsck.outside import outside_of
from audit.fsck.walk import Asked
from audit.log import ROLLBACK
from audit.permit import Position
from audit.service import AuditService
from audit.signer import LogSigner
from audit.terms import term_after
from audit.turning import turn
from audit.witnessed import Witnessed
from kernel.crypto.file_keys import FileKeyProvider
from kernel.proof.checks import check_inclusion
from kernel.proof.hashes import leaf_hash
from kernel.proof.tlogproof import TlogProof
from kernel.sql import Database
from tests.audit.logs import DESK, FG, HOST, NOON, TENANT, Place, Ticking, act, fence, outcome, receipt, release
from tests.audit.turner import turned_elsewhere
from tests.patience import PATIENCE
from tests.set_back import copied

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
OLD, NEW = "2026h2", "2027h1"
JANUARY = datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)
WHY = Reason(code="klacht", case="FG-1")
STEPS = ("key", "keys", "last", "line", "begun", "signed")


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/audit.db"


def to_january(place: Place) -> None:
    assert isinstance(place.clock, Ticking)
    place.clock.now = JANUARY


async def fsck(place: Place, service: AuditService, *, keys: bool = True) -> Report:
    anchors = {origin: key.hex() for origin, key in service.public_keys.items()}
    outside = outside_of(partial(LogSigner, place.folder / "signer"), TENANT, anchors, with_key=keys)
    database = Database(place.url, "audit")
    try:
        asked = Asked(TENANT, [TENANT], outside.signed, outside.origins, outside.unjudged)
        return await check_log(database, FileKeyProvider(place.folder / "keys") if keys else None, asked)
    finally:
        await database.close()


async def fits(place: Place, service: AuditService) -> None:
    for keys in (True, False):
        report = await fsck(place, service, keys=keys)
        assert report.status == 0, (report.findings.shown, report.unjudged)


async def test_everything_runs_on_into_the_new_term(url: str, tmp_path: Path) -> None:
    place, hek, stop = Place(url, tmp_path), fence(), act("toestemming-ingetrokken", fence())
    async with place.opened() as (service, component):
        desk, register = service.door("connectors"), service.door("consent")
        (given,) = await desk.record(DESK, [first := release({hek: 0})])
        (stopped,) = await register.record(DESK, [stop])
        to_january(place)
        (moved,) = await register.record(DESK, [act("toestemming-ingetrokken", hek)])
        assert receipt(moved).position == Position(term=NEW, index=1), "after the line with which the term begins"
        assert receipt(moved).origin == f"{HOST}/{TENANT}/{NEW}"
        # a retry of an act of the old term is that act
        for entry, known in ((first, given), (stop, stopped)):
            (again,) = await desk.record(DESK, [entry]) if entry is first else await register.record(DESK, [entry])
            assert (receipt(again).position, receipt(again).origin) == (receipt(known).position, receipt(known).origin)
        # fences bind: those that moved before the turn, and those that moved after it
        for name, epoch in ((stop.advances[0], 0), (hek, 0)):
            (late,) = await desk.record(DESK, [release({name: epoch}, JANUARY)])
            assert isinstance(late, Overtaken)
            with pytest.raises(Overtaken):
                await desk.holds(DESK, [FenceAt(fence=name, epoch=epoch)])
        assert await desk.holds(DESK, [FenceAt(fence=hek, epoch=1)]) == Position(term=NEW, index=1)
        moves = await register.moves(DESK, receipt(stopped).position)
        assert [(one.position, one.fence) for one in moves.moves] == [(receipt(moved).position, hek)]
        # one series, one search
        series = await service.door("web").lines(DESK, "s1")
        assert [(line.n, line.position.term) for line in series.lines] == [(3, NEW), (2, OLD), (1, OLD)]
        rest = await service.door("web").lines(DESK, "s1", series.lines[0].position)
        assert [line.n for line in rest.lines] == [2, 1]
        found = await service.door("web").search(FG, Query(subject="s1"), WHY)
        assert {line.position.term for line in found.found.lines} == {OLD, NEW}
        # an outcome in the new term ends a release of the old one
        await desk.record(DESK, [outcome(receipt(given).position)])
        ended: list[Outcome | str] = [*await desk.outcomes(DESK, [receipt(given).position])]
        assert ended == ["geleverd"]
        await component.check()
        await fits(place, service)
    async with place.opened() as (service, component):
        assert service.desk(DESK).log.term == NEW
        await component.check()


async def test_the_first_line_carries_the_last_head_of_the_old_log(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering"), act("weigering")])
        last = await service.desk(DESK).prover.checkpoint()
        to_january(place)
        await door.record(DESK, [act("weigering")])
        (begun,) = (await service.door("web").lines(DESK, SYSTEM)).lines
        assert (begun.event.kind, begun.position) == (BEGUN, Position(term=NEW, index=0))
        assert begun.event.details[BEFORE] == last == await service.desk(DESK).prover.checkpoint(OLD)
        assert head_of(last).size == 2
        old = TlogProof.parse(await door.proof(DESK, Position(term=OLD, index=1)))
        assert old.checkpoint == last


async def test_a_period_over_two_terms_holds_for_a_stranger(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        door, web = service.door("connectors"), service.door("web")
        await door.record(DESK, [act("weigering"), release({fence(): 0}), act("weigering", subject="s2")])
        to_january(place)
        await door.record(DESK, [act("weigering"), release({fence(): 0}, JANUARY)])
        lines = (await web.lines(DESK, "s1")).lines
        bundles = [(await web.bundle(DESK, line.position)).model_dump(mode="json") for line in lines]
        file, keys = tmp_path / "period.json", tmp_path / "log.vkey"
        file.write_text(json.dumps(bundles))
        keys.write_text(await web.vkeys(DESK))
    assert len(keys.read_text().splitlines()) == 2
    assert regie_verify.main([str(file), "--vkey", str(keys)]) == regie_verify.GOOD
    file.write_text(json.dumps([bundles[0], *bundles[2:]]))  # one of the middle, at the seam of the terms
    assert regie_verify.main([str(file), "--vkey", str(keys)]) == regie_verify.UNKNOWN
    keys.write_text(keys.read_text().splitlines()[1] + "\n")
    assert regie_verify.main([str(file), "--vkey", str(keys)]) == regie_verify.UNKNOWN, (
        "the key of the old term is missed"
    )


async def test_two_instances_turn_at_the_same_moment_and_begin_one_term(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (one, _), place.opened() as (two, other):
        doors = [one.door("connectors"), two.door("connectors")]
        await doors[0].record(DESK, [act("weigering")])
        to_january(place)
        work = [doors[number % 2].record(DESK, [act("weigering")]) for number in range(20)]
        given = [receipt(verdicts[0]).position for verdicts in await asyncio.gather(*work)]
        assert set(given) == {Position(term=NEW, index=index) for index in range(1, 21)}
        assert (await doors[0].lines(DESK, SYSTEM)).total == 1
        await other.check()
        await fits(place, two)


async def test_who_lags_behind_reads_the_new_term_too(url: str, tmp_path: Path) -> None:
    place, hek = Place(url, tmp_path), fence()
    async with place.opened() as (one, _), place.opened() as (two, _):
        await one.door("connectors").record(DESK, [act("weigering")])
        await two.desk(DESK).watcher.watch()
        to_january(place)
        (moved,) = await one.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
        place_of = receipt(moved).position
        lagging = two.desk(DESK).log
        for ask in (
            lambda: two.door("web").lines(DESK, "s1"),
            lambda: two.door("web").proof(DESK, place_of),
            lambda: two.door("consent").moves(DESK, None),
        ):
            await ask()
        with pytest.raises(Overtaken):
            await two.door("connectors").holds(DESK, [FenceAt(fence=hek, epoch=0)])
        assert lagging.term == NEW and not lagging.sealed
        assert len(two.vkeys) == 2
        await two.desk(DESK).watcher.watch()


async def test_an_idle_log_turns_when_somebody_watches(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        await service.desk(DESK).watcher.watch()
        assert service.desk(DESK).log.term == OLD
        to_january(place)
        await service.desk(DESK).watcher.watch()
        assert service.desk(DESK).log.memory.last == Position(term=NEW, index=0), "an empty log turns too"
        await fits(place, service)


@pytest.mark.parametrize("step", STEPS)
async def test_whoever_comes_next_finishes_a_turn_that_died(step: str, url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        (before,) = await service.door("connectors").record(DESK, [act("weigering")])
    assert turned_elsewhere(url, tmp_path, f"audit.turn.{step}") == -signal.SIGKILL
    to_january(place)
    async with place.opened() as (service, component):
        (after,) = await service.door("connectors").record(DESK, [act("weigering")])
        assert receipt(before).position == Position(term=OLD, index=0)
        assert receipt(after).position == Position(term=NEW, index=1)
        assert (await service.door("web").lines(DESK, "s1")).total == 2
        await component.check()
        await fits(place, service)


async def test_the_turner_turns_when_nobody_kills_it(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    url = sqlite_url(tmp_path)
    async with Place(url, tmp_path).opened():
        pass
    assert turned_elsewhere(url, tmp_path) == 0
    async with Place(url, tmp_path).opened() as (service, _):
        assert service.desk(DESK).log.term == NEW, "a clock that runs back brings no term back"


async def test_database_set_back_to_before_the_turn_is_found_at_the_start(tmp_path: Path) -> None:
    place, kept = Place(sqlite_url(tmp_path), tmp_path), tmp_path / "kept.db"
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    copied(tmp_path / "audit.db", kept)
    to_january(place)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    copied(kept, tmp_path / "audit.db")
    async with place.opened() as (service, _):
        assert service.desk(DESK).log.sealed == ROLLBACK
        with pytest.raises(LogUnavailable):
            await service.door("connectors").record(DESK, [act("weigering")])


async def test_who_lags_behind_gets_nothing_signed_in_a_term_that_ended(tmp_path: Path) -> None:
    """The database is set back to just before the turn, so the lagging instance sees nothing wrong by itself."""
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (lagging, _):
        await lagging.door("connectors").record(DESK, [act("weigering")])
        async with place.opened() as (other, _):
            kept = await dumped(other)
            to_january(place)
            await other.door("connectors").record(DESK, [act("weigering")])
        place.clock.now = NOON  # type: ignore[attr-defined]  # Ticking: or it would turn by itself
        await restored(lagging, kept)
        with pytest.raises(OutcomeUnknown):
            await lagging.door("connectors").record(DESK, [act("weigering")])
        assert lagging.desk(DESK).log.sealed


async def test_a_watch_finds_a_database_that_was_set_back_across_a_turn(tmp_path: Path) -> None:
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (lagging, _):
        await lagging.door("connectors").record(DESK, [act("weigering")])
        kept = await dumped(lagging)
        async with place.opened() as (other, _):
            to_january(place)
            await other.door("connectors").record(DESK, [act("weigering")])
        place.clock.now = NOON  # type: ignore[attr-defined]  # Ticking
        await restored(lagging, kept)
        with pytest.raises(LogUnavailable):
            await lagging.desk(DESK).watcher.watch()
        assert lagging.desk(DESK).log.sealed == ROLLBACK


async def dumped(service: AuditService) -> str:
    """The tables as they are now."""
    async with service.desk(DESK).log.database.snapshot(TENANT) as reading:
        driver = (await reading.get_raw_connection()).driver_connection
        assert driver is not None
        rows = [row async for row in driver.iterdump()]
    return "\n".join(rows)


async def restored(service: AuditService, dump: str) -> None:
    """Rows that came since are taken out again, as who owns the file can."""
    source = sqlite3.connect(":memory:")
    source.executescript(dump)
    path = service.desk(DESK).log.database.engine.url.database
    assert path
    with sqlite3.connect(path, timeout=PATIENCE) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            file.execute(f"DROP TRIGGER {name}")
        for table in ("head", "lines", "tiles", "series", "tags", "moves", "fences", "under_way", "outcomes"):
            columns = [row[1] for row in source.execute(f"PRAGMA table_info({table})")]
            old = source.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608 - our own tables
            file.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
            marks = ", ".join("?" * len(columns))
            file.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", old)  # noqa: S608 - our own
    file.close()
    source.close()


async def test_a_restriction_is_written_in_the_old_term_while_the_signer_is_away(tmp_path: Path) -> None:
    """No turn may stand in its way."""
    place, hek = Place(sqlite_url(tmp_path), tmp_path), fence()
    folder = tmp_path / "signer"
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
        to_january(place)
        folder.chmod(0o750)  # looser than it may be: refused, and no fault of the log
        (verdict,) = await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
        assert receipt(verdict).position == Position(term=OLD, index=1)
        folder.chmod(0o700)
        (verdict,) = await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
        assert receipt(verdict).position == Position(term=NEW, index=1)


async def test_a_line_of_a_term_that_ended_is_watched_over(tmp_path: Path) -> None:
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering"), act("weigering")])
        to_january(place)
        await service.door("connectors").record(DESK, [act("weigering")])
        async with service.desk(DESK).log.database.writing(TENANT) as tx:
            await tx.exec_driver_sql("DROP TRIGGER no_delete_lines")
            await tx.exec_driver_sql("DELETE FROM lines WHERE term = '2026h2' AND idx = 1")
        for keys in (True, False):
            report = await fsck(place, service, keys=keys)
            assert report.findings.first and report.findings.first.position == Position(term=OLD, index=1)


async def test_a_turn_at_once_takes_the_next_name(tmp_path: Path) -> None:
    """After a stolen key: the new log has a key of its own, and the old one signs nothing more."""
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (service, _):
        log = service.desk(DESK).log
        await service.door("connectors").record(DESK, [act("weigering")])
        old = log.signer
        await turn(log, term_after(log.term), 20)
        (verdict,) = await service.door("connectors").record(DESK, [act("weigering")])
        mine = receipt(verdict)
        assert (mine.position, log.signer.public_key == old.public_key) == (Position(term=NEW, index=1), False)
        proof = TlogProof.parse(mine.proof)
        head = head_of(proof.checkpoint)
        check_inclusion(1, head.size, leaf_hash(bytes.fromhex(mine.leaf)), proof.hashes, head.root)
        to_january(place)
        await service.desk(DESK).watcher.watch()
        assert log.term == NEW, "it has begun already"


async def test_a_log_with_witnesses_turns_only_when_somebody_does_it(tmp_path: Path) -> None:
    """They know it by its key: one that they were not told would stop every permit."""
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (service, _):
        desk = service.desk(DESK)
        desk.log.witnessed = Witnessed(timedelta(hours=1))
        to_january(place)
        (verdict,) = await service.door("connectors").record(DESK, [act("weigering")])
        assert receipt(verdict).position == Position(term=OLD, index=0)
        await desk.turn({"reden": "afgesproken"})
        assert desk.log.term == NEW
