"""What survives: kills at every step, a full disk, a database set back, rows that somebody changed."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from audit.contract import LogUnavailable, NoSuchLine, OutcomeUnknown, Position, Receipt
from audit.doubts import EXIT
from audit.event import Entry
from audit.slots import found_state
from kernel.clock import utc_now
from tests.audit.logs import DESK, HOST, TENANT, Place, Ticking, act, fence, outcome, receipt, release
from tests.audit.victim import killed_at, spoilt_by
from tests.patience import PATIENCE
from tests.postgres import Postgres
from tests.set_back import copied

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
ROOT = Path(__file__).parents[2]
POINTS = ["audit.0", "audit.a", "audit.b", "audit.c", "audit.d", "audit.committed", "audit.slot", "audit.signed"]


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/audit.db"


def change(url: str, statement: str) -> None:
    """As somebody who owns the database."""
    sqlite = url.startswith("sqlite")
    engine = create_engine(url.replace("+aiosqlite", ""), poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        if not sqlite:
            connection.execute(text("SELECT set_config('regie.tenant', :tenant, true)"), {"tenant": TENANT})
        connection.execute(text(statement.replace("audit.", "") if sqlite else statement))


ROTS = [
    "DROP TRIGGER no_update_lines",
    "CREATE TRIGGER rot AFTER INSERT ON lines BEGIN UPDATE lines SET leaf = zeroblob(100) WHERE idx = NEW.idx; END",
]


async def test_a_line_that_is_stored_otherwise_than_it_was_written_gets_no_receipt(tmp_path: Path) -> None:
    """The process ends before the signer is asked; the next one finds what is there, and opens nothing."""
    url = sqlite_url(tmp_path)
    status, given = await asyncio.to_thread(spoilt_by, ROTS, url, tmp_path)
    assert (status, given) == (EXIT, [given[0]])
    async with Place(url, tmp_path, clock=utc_now).opened() as (service, _):
        log = service.desk(DESK).log
        assert log.sealed and log.signer.remembered().size == 1


def put_back(folder: Path, copy: Path | None) -> None:
    """The database of a moment ago, or none."""
    for file in folder.glob("audit.db*"):
        file.unlink()
    if copy:
        shutil.copy(copy, folder / "audit.db")


def forget(folder: Path) -> None:
    for state in folder.glob("*.state"):
        state.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_kill_loses_no_receipt_and_forks_nothing(point: str, url: str, tmp_path: Path) -> None:
    asked: dict[str, Entry] = {}
    known: dict[str, tuple[str, str]] = {}
    for count in (1, 3):
        for word, rest in killed_at(point, count, url, tmp_path):
            if word == "asks":
                entry = Entry.model_validate_json(rest)
                asked[entry.event.id] = entry
            else:
                event_id, position, leaf = rest.split()
                known[event_id] = (position, leaf)
    async with Place(url, tmp_path, clock=utc_now).opened() as (service, component):
        await component.check()
        door = service.door("connectors")
        await door.record(DESK, [act("weigering", subject=subject) for subject in ("s0", "s1")])
        for event_id, (position, leaf) in known.items():
            (again,) = await door.record(DESK, [asked[event_id]])
            assert (str(receipt(again).position), receipt(again).leaf) == (position, leaf)
        unanswered = [entry for event_id, entry in asked.items() if event_id not in known]
        for verdict in await door.record(DESK, unanswered):
            assert isinstance(verdict, Receipt) or verdict.code == "ingehaald"  # written before, or too late now
        for subject in ("s0", "s1"):
            series = await door.lines(DESK, subject, limit=200)
            assert [line.n for line in series.lines] == list(range(series.total, 0, -1))
            await door.bundle(DESK, series.lines[-1].position)


async def test_database_put_back_while_open_seals_the_log(tmp_path: Path) -> None:
    url, copy = sqlite_url(tmp_path), tmp_path / "older.db"
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    copied(tmp_path / "audit.db", copy)
    async with place.opened() as (service, component):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering")])
        with sqlite3.connect(copy) as older, sqlite3.connect(tmp_path / "audit.db") as now:
            older.backup(now)
        with pytest.raises(LogUnavailable, match="ouder"):
            await door.record(DESK, [act("weigering")])
        with pytest.raises(LogUnavailable, match="ouder"):
            await component.check()
        older.close()
        now.close()


@pytest.mark.parametrize("gone", ["older", "empty"])
async def test_database_put_back_before_the_start_seals_the_log(gone: str, tmp_path: Path) -> None:
    place, copy = Place(sqlite_url(tmp_path), tmp_path), tmp_path / "older.db"
    async with place.opened():
        pass
    copied(tmp_path / "audit.db", copy)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    put_back(tmp_path, copy if gone == "older" else None)
    async with place.opened() as (service, component):
        with pytest.raises(LogUnavailable, match="verzegeld"):
            await component.check()
        with pytest.raises(LogUnavailable, match="verzegeld"):
            await service.door("connectors").record(DESK, [act("weigering")])


async def test_signer_without_memory_is_believed_only_when_a_person_says_so(tmp_path: Path) -> None:
    place = Place(sqlite_url(tmp_path), tmp_path)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    forget(tmp_path / "signer")
    async with place.opened() as (_, component):
        with pytest.raises(LogUnavailable, match="verzegeld"):
            await component.check()
    place.adopt = True
    async with place.opened() as (service, component):
        await component.check()
        (verdict,) = await service.door("connectors").record(DESK, [act("weigering")])
        assert receipt(verdict).position.index == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.head SET size = size - 1",
        "UPDATE audit.head SET last_logged_at = last_logged_at + 1",
        "UPDATE audit.series SET n = 7",
        "UPDATE audit.fences SET epoch = 0",
        "DELETE FROM audit.series",
    ],
)
async def test_changed_row_is_noticed_before_anything_is_written(statement: str, url: str, tmp_path: Path) -> None:
    hek = fence()
    async with Place(url, tmp_path).opened() as (service, _):
        await service.door("consent").record(DESK, [act("beperking", hek)])
        change(url, statement)
        with pytest.raises(LogUnavailable):
            await service.door("connectors").record(DESK, [release({hek: 0}), act("weigering")])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit.lines",
        "UPDATE audit.lines SET term = 'x'",
        "DELETE FROM audit.tags",
        "DELETE FROM audit.moves",
    ],
)
async def test_what_was_written_cannot_be_changed_or_removed(statement: str, url: str, tmp_path: Path) -> None:
    async with Place(url, tmp_path).opened() as (service, _):
        await service.door("consent").record(DESK, [act("beperking", fence())])
    with pytest.raises(DatabaseError, match="append-only"):
        change(url, statement)


async def test_leaf_changed_behind_the_trigger_seals_the_next_start(tmp_path: Path) -> None:
    place, url = Place(sqlite_url(tmp_path), tmp_path), sqlite_url(tmp_path)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering") for _ in range(3)])
    change(url, "DROP TRIGGER no_update_lines")
    change(url, "UPDATE lines SET leaf = zeroblob(100) WHERE idx = 1")
    async with place.opened() as (_, component):
        with pytest.raises(LogUnavailable, match="veranderd"):
            await component.check()


@pytest.mark.parametrize("gone", ["n = 1", "n = 2", "n = 4"])
async def test_a_series_with_a_line_taken_out_is_not_shown_as_if_it_were_whole(tmp_path: Path, gone: str) -> None:
    url = sqlite_url(tmp_path)
    async with Place(url, tmp_path).opened() as (service, _):
        web = service.door("web")
        await service.door("connectors").record(DESK, [act("weigering") for _ in range(4)])
        first = await web.lines(DESK, "s1", None, 2)
        rest = await web.lines(DESK, "s1", first.before, 2)
        assert [line.n for line in (*first.lines, *rest.lines)] == [4, 3, 2, 1] and rest.before is None
        with pytest.raises(NoSuchLine):
            await web.lines(DESK, "s1", Position(term="2026h2", index=99))
        change(url, "DROP TRIGGER no_delete_lines")
        change(url, f"DELETE FROM lines WHERE {gone}")  # noqa: S608 - of the list above
        with pytest.raises(LogUnavailable):
            await web.lines(DESK, "s1")
        with pytest.raises(LogUnavailable):
            page = await web.lines(DESK, "s1", None, 2)
            await web.lines(DESK, "s1", page.before, 2)
        change(url, "DELETE FROM series")
        with pytest.raises(LogUnavailable):
            await web.lines(DESK, "s1")


async def test_sweeper_goes_on_after_a_round_that_no_error_of_ours_ended(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path, clock=utc_now, sweep_seconds=0.05)
    long_ago = Ticking(utc_now() - timedelta(minutes=2))
    async with Place(url, tmp_path, clock=long_ago).opened() as (service, _):
        (left,) = await service.door("connectors").record(DESK, [release({fence(): 0}, long_ago.now)])
    at = receipt(left).position
    change(url, f"INSERT INTO audit.outcomes VALUES ('{TENANT}', '{at.term}', {at.index}, 'x', 0, 'x')")  # noqa: S608 - our own
    async with place.opened() as (service, _):
        await asyncio.sleep(0.5)
        change(url, "DELETE FROM audit.outcomes")
        for _ in range(int(PATIENCE * 10)):
            await asyncio.sleep(0.1)
            if await service.door("web").outcomes(DESK, [at]) == ["onbekend"]:
                return
    pytest.fail("nobody sweeps any more")


async def test_fork_found_at_the_start_opens_the_log_sealed(tmp_path: Path) -> None:
    place, state = Place(sqlite_url(tmp_path), tmp_path), tmp_path / "signer" / f"{HOST}~{TENANT}~2026h2.state"
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering"), act("weigering")])
    for size in (1, 2):
        state.unlink()
        found_state(state, size, bytes(32))
        async with place.opened() as (service, component):
            with pytest.raises(LogUnavailable, match="verzegeld"):
                await component.check()
            with pytest.raises(LogUnavailable, match="verzegeld"):
                await service.door("connectors").record(DESK, [act("weigering")])


async def test_signer_out_of_reach_stops_the_log_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    state = tmp_path / "signer" / f"{HOST}~{TENANT}~2026h2.state"
    async with Place(sqlite_url(tmp_path), tmp_path).opened() as (service, component):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering")])
        state.symlink_to(state.rename(tmp_path / "away"))
        with pytest.raises(LogUnavailable, match="niets vastgelegd"):
            await door.record(DESK, [act("weigering")])
        state.unlink()
        (tmp_path / "away").rename(state)
        assert receipt((await door.record(DESK, [act("weigering")]))[0]).position.index == 1
        await component.check()


async def test_line_that_stands_is_not_said_to_be_missing_when_its_head_cannot_be_signed(tmp_path: Path) -> None:
    async with Place(sqlite_url(tmp_path), tmp_path).opened() as (service, component):
        door, folder = service.door("connectors"), tmp_path / "signer"
        await door.record(DESK, [act("weigering"), act("weigering")])
        forget(folder)
        found_state(folder / f"{service.desk(DESK).log.origin.replace('/', '~')}.state", 1, bytes(32))
        with pytest.raises(OutcomeUnknown):
            await door.record(DESK, [act("weigering")])
        with pytest.raises(LogUnavailable):
            await component.check()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Two megabytes."""
    if os.geteuid():
        pytest.skip("NOT RUN: a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["/bin/umount", str(disk)], check=True)


async def test_full_disk_acknowledges_nothing_and_leaves_nothing_half_written(small_disk: Path, tmp_path: Path) -> None:
    filler, written = small_disk / "filler", 0
    async with Place(f"sqlite+aiosqlite:///{small_disk}/audit.db", tmp_path).opened() as (service, component):
        door = service.door("connectors")
        filler.write_bytes(b"x" * 700_000)
        with pytest.raises(LogUnavailable):
            for _ in range(200):
                written += len(await door.record(DESK, [act("weigering") for _ in range(20)]))
        filler.unlink()
        (verdict,) = await door.record(DESK, [act("weigering")])
        assert receipt(verdict).position == Position(term="2026h2", index=written)
        assert (await door.lines(DESK, "s1")).total == written + 1
        await component.check()


async def test_database_that_is_gone_answers_unavailable_and_comes_back(own_postgres: Postgres, tmp_path: Path) -> None:
    async with Place(own_postgres.create(), tmp_path).opened() as (service, _):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering")])
        own_postgres.kill()
        entry = act("weigering")
        with pytest.raises((LogUnavailable, OutcomeUnknown)):
            await door.record(DESK, [entry])
        own_postgres.start()
        for _ in range(10):  # those that died with the server are found by the first; two pools, and a start
            try:
                (verdict,) = await door.record(DESK, [entry])
                break
            except (LogUnavailable, OutcomeUnknown):
                continue
        assert receipt(verdict).position.index == 1


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "value"), [("data_sync_retry", "on"), ("synchronous_commit", "off")])
async def test_database_that_may_forget_is_not_ready(
    setting: str, value: str, own_postgres: Postgres, tmp_path: Path
) -> None:
    url = own_postgres.create()
    with psycopg.connect(own_postgres.url("postgres", "postgres").replace("+psycopg", ""), autocommit=True) as door:
        door.execute(f"ALTER SYSTEM SET {setting} = {value}")
    own_postgres.kill()
    own_postgres.start()
    async with Place(url, tmp_path).opened() as (_, component):
        with pytest.raises(LogUnavailable, match=setting):
            await component.check()


async def test_release_without_outcome_is_closed_after_a_minute_by_whoever_sweeps(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (one, _), place.opened() as (other, _):
        door, clock = one.door("connectors"), place.clock
        late, closed = await door.record(DESK, [release({fence(): 0}), release({fence(): 0})])
        await door.record(DESK, [outcome(receipt(closed).position)])
        assert await one.desk(DESK).sweeper.sweep() == 0
        clock.pass_by(61)  # type: ignore[attr-defined]  # Ticking
        first, second = one.desk(DESK).sweeper, other.desk(DESK).sweeper
        assert await first.sweep() + await second.sweep() == 1
        places = [receipt(each).position for each in (late, closed)]
        assert await door.outcomes(DESK, places) == ["onbekend", "geleverd"]
        assert (await door.lines(DESK, "s1")).total == 4
        # who comes all the same knows better than the sweeper, never the reverse
        unknown = outcome(places[1]).event.model_copy(update={"id": fence(), "details": {"uitkomst": "onbekend"}})
        await door.record(DESK, [outcome(places[0]), Entry(event=unknown)])
        assert await door.outcomes(DESK, places) == ["geleverd", "geleverd"]
