"""Lines that the database lost come back from a mirror, byte for byte; nothing permits until two persons said so."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.chain import hold_of
from audit.contract import LogUnavailable, Overtaken
from audit.destroying import Order
from audit.ended import PRESENT, RECOVERED, RELEASED
from audit.escrow import SealedFile, opened_by
from audit.event import SYSTEM, FenceAt
from audit.heads import read_head
from audit.log import HELD, ROLLBACK
from audit.permit import Position
from audit.recovering import appending, supply
from audit.recovering.supply import Unfit
from audit.service import AuditService
from kernel.errors import BadInput, Problem
from tests.audit.logs import DESK, TENANT, Place, act, fence, outcome, receipt, release
from tests.audit.restored import SAID, Ground, ground, mirrored, moved, recovered, rows
from tests.audit.test_covert import SHARES, covert_case
from tests.audit.test_turn import NEW, OLD, fsck, to_january
from tests.once import tables

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
POINTS = ("audit.recover.stretch", "audit.recover.appended")
__all__ = ["ground"]  # a fixture
GONE = 2024  # a year of destruction that is over
LINES = 60


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many stretches of few lines."""
    monkeypatch.setattr(supply, "PAGE", 16)


async def before_it(service: AuditService, hek: str) -> None:
    """What every backup has: a subject with a key that goes later, a release without outcome."""
    door = service.door("connectors")
    await door.record(DESK, [act("weigering", subject="s7", keep_until=GONE), act("weigering", subject="s7")])
    (verdict,) = await door.record(DESK, [release({hek: 0}, subject="s1", case="z1")])
    receipt(verdict)
    await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])


async def in_the_gap(place: Place, service: AuditService, hek: str) -> None:
    """Everything that a log can live through: moves, a release that ends, new people, a destruction, a turn."""
    door, register = service.door("connectors"), service.door("consent")
    first = Position(term=OLD, index=2)
    await door.record(DESK, [outcome(first), act("weigering", subject="new-in-the-gap")])
    await register.record(DESK, [act("toestemming-ingetrokken", hek, fence())])
    await door.record(DESK, [act("weigering", subject="s8", keep_until=GONE)])
    await service.desk(DESK).destroyer.run(Order(year=GONE), lambda *_: None)
    to_january(place)
    (verdict,) = await door.record(DESK, [release({hek: 2}, place.clock(), subject="s2")])
    await door.record(DESK, [act("weigering", subject=f"s{n % 5}") for n in range(LINES)])
    await service.door("audit").record(DESK, [outcome(receipt(verdict).position, "onbekend", subject="s2")])
    await register.record(DESK, [act("toestemming-ingetrokken", hek)])


async def lived(ground: Ground) -> tuple[Place, str, str, Path]:
    """The place with all its lines, the url of an older copy, the fence, and what a mirror has."""
    place, hek = Place(ground.create(), ground.folder), fence()
    async with place.opened() as (service, _):
        await before_it(service, hek)
        await settled(service)
    older = ground.create(place.url)
    async with place.opened() as (service, _):
        await in_the_gap(place, service, hek)
        await settled(service)
        return place, older, hek, await mirrored(service, ground.folder / "mirror.db")


async def released(place: Place, hek: str) -> None:
    """As two persons did: what restricted in the gap stands, and permits go on in the same series."""
    async with place.opened() as (service, component):
        desk, door = service.desk(DESK), service.door("connectors")
        assert (desk.log.held, desk.log.sealed) == (True, "")
        await component.check()
        (verdict,) = await door.record(DESK, [release({fence(): 0}, place.clock())])
        assert isinstance(verdict, LogUnavailable) and verdict.detail == HELD
        with pytest.raises(LogUnavailable):
            await desk.turn({})
        keys = await desk.log.keys()
        async with desk.log.database.snapshot(TENANT) as reading:
            hold = await hold_of(reading, await read_head(reading, TENANT, keys.rows), keys)
        assert hold
        told = await service.door("web").line(DESK, hold.line)
        assert (told.event.kind, told.event.details["persoon2"]) == (RECOVERED, SAID["persoon2"])
        assert told.event.details[PRESENT] == str(hold.since)
        await desk.release(hold.mark, SAID)
        assert (await door.lines(DESK, SYSTEM)).lines[0].event.kind == RELEASED
        late, fine = await door.record(DESK, [release({hek: 2}, place.clock()), release({hek: 3}, place.clock())])
        assert isinstance(late, Overtaken) and not isinstance(fine, Problem)
        assert await door.holds(DESK, [FenceAt(fence=hek, epoch=3)])
        series = await door.lines(DESK, "s2")
        assert [line.n for line in series.lines] == list(range(series.total, 0, -1))
        report = await fsck(place, service)
        assert (report.status, report.unreadable) == (0, 0), (report.findings.shown, report.unjudged)


@pytest.mark.parametrize("start", ["older", "empty"])
async def test_every_line_is_back_and_everything_that_follows_from_it(ground: Ground, start: str) -> None:
    place, older, hek, mirror = await lived(ground)
    back = moved(place, older if start == "older" else ground.create())
    if start == "older":
        async with back.opened() as (service, _):
            assert service.desk(DESK).log.sealed == ROLLBACK
    else:
        await tables("audit", back.url)
    found = await recovered(back, mirror)
    assert found and found.since == Position(term=OLD, index=4 if start == "older" else 0)
    ours, theirs = await rows(back.url), await rows(place.url)
    new = ours["lines"].pop()  # the one that tells of it
    assert (new["term"], new["idx"]) == (NEW, found.target.size)
    for name, wanted in theirs.items():
        left = [one for one in ours[name] if (one.get("term"), one.get("idx")) != (NEW, found.target.size)]
        was = [one for one in wanted if not (name == "series" and one["subject"] == SYSTEM)]
        assert left == was, name
    assert await recovered(back, mirror) is None, "once more changes nothing"
    await released(back, hek)


class Died(Exception):
    pass


async def settled(service: AuditService) -> None:
    """The first rounds of what runs by itself are over."""
    if not service.desk(DESK).log.sealed:
        await service.desk(DESK).watcher.watch()
        await service.desk(DESK).sweeper.sweep()


@pytest.mark.parametrize("point", POINTS)
async def test_who_dies_half_way_goes_on_where_it_stopped(
    point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, older, hek, mirror = await lived(Ground(tmp_path, None))
    back, times = moved(place, older), iter(range(100))

    def die(name: str) -> None:
        if name == point and (next(times) == 2 or not point.endswith("stretch")):
            raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(appending, "reached", die)
        await recovered(back, mirror)
    async with back.opened() as (service, _):
        log = service.desk(DESK).log
        assert log.sealed == ROLLBACK if point.endswith("stretch") else log.held
        await settled(service)
    await recovered(back, mirror)
    await released(back, hek)


def spoilt(statement: str, *values: object) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with sqlite3.connect(path) as door:
            door.execute(statement, values)
        door.close()

    return spoil


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file of a mirror": (lambda path: path.write_text("niets" * 1000), "niet te lezen"),
    "an act": (spoilt("UPDATE entries SET act = ? WHERE idx = 40", b"x" * 200), "2027h1-40"),
    "a leaf": (spoilt("UPDATE entries SET leaf = ? WHERE idx = 40", b"RGL\x01" + bytes(96)), "2027h1-40"),
    "what only we can read": (spoilt("UPDATE entries SET rest = ? WHERE idx = 40", b"x" * 200), "2027h1-40"),
    "the rest of another line": (
        spoilt("UPDATE entries SET rest = (SELECT rest FROM entries WHERE idx = 41) WHERE idx = 40"), "2027h1-40",
    ),
    "a column of another type": (spoilt("UPDATE entries SET body = 7 WHERE idx = 40"), "2027h1-40"),
    "a line that is gone": (spoilt("DELETE FROM entries WHERE idx = 40"), "2027h1"),
    "lines in another order": (spoilt("UPDATE entries SET idx = CASE idx WHEN 40 THEN -1 ELSE idx END"), "2027h1"),
    "the last lines": (spoilt("DELETE FROM entries WHERE idx > 60"), "van de 64 regels"),
    "a term": (spoilt("DELETE FROM entries WHERE origin LIKE '%2027h1'"), "van de 64 regels"),
}  # fmt: skip


async def test_a_mirror_that_does_not_fit_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    place, older, _, mirror = await lived(Ground(tmp_path, None))
    back, kept = moved(place, older), mirror.read_bytes()
    before = await rows(back.url)
    for name, (spoil, words) in SPOILT.items():
        for left in ("-wal", "-shm"):
            mirror.with_name(mirror.name + left).unlink(missing_ok=True)
        mirror.write_bytes(kept)
        spoil(mirror)
        with pytest.raises(Unfit, match=words):
            await recovered(back, mirror)
        assert await rows(back.url) == before, name


async def test_lines_of_another_log_do_not_fit(tmp_path: Path) -> None:
    place, older, _, _ = await lived(Ground(tmp_path, None))
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = Place(f"sqlite+aiosqlite:///{other}/audit.db", other)
    async with elsewhere.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering") for _ in range(80)])
        to_january(elsewhere)
        await service.door("connectors").record(DESK, [act("weigering") for _ in range(80)])
        mirror = await mirrored(service, other / "mirror.db")
    with pytest.raises(Unfit, match="sleutel voor de handelingen van 2027h1"):
        await recovered(moved(place, older), mirror)


async def test_as_far_as_a_mirror_goes_the_log_stays_closed(tmp_path: Path) -> None:
    place, hek = Place(f"sqlite+aiosqlite:///{tmp_path}/0.db", tmp_path), fence()
    ground = Ground(tmp_path, None)
    async with place.opened() as (service, _):
        await before_it(service, hek)
        await settled(service)
    older = ground.create(place.url)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering") for _ in range(20)])
        mirror = await mirrored(service, tmp_path / "mirror.db")
        await service.door("connectors").record(DESK, [act("weigering")])
    back = moved(place, older)
    with pytest.raises(Unfit, match="24 van de 25"):
        await recovered(back, mirror)
    found = await recovered(back, mirror, partial=True)
    assert found and found.partial and found.count == 20
    async with back.opened() as (service, _):
        assert service.desk(DESK).log.sealed == ROLLBACK
    with pytest.raises(Unfit, match="niets"):
        await recovered(back, mirror, partial=True)


async def test_a_lost_server_comes_back_from_an_old_backup_and_a_mirror(ground: Ground) -> None:
    """The signer's memory went with it: two persons say that nobody holds more than the mirror."""
    place, older, _, mirror = await lived(ground)
    for state in (ground.folder / "signer").glob("*.state"):
        state.unlink()
    back = moved(place, older)
    with pytest.raises(Unfit, match="REGIE_HOUSE_ADOPT"):
        await recovered(back, mirror)
    found = await recovered(back, mirror, new_host=True)
    assert found and found.by_mirror
    async with back.opened() as (service, _):
        log = service.desk(DESK).log
        assert (log.sealed, log.held, log.signer.remembered().size) == ("", True, found.target.size + 1)
        await settled(service)
    forged = ground.folder / "forged.db"
    forged.write_bytes(mirror.read_bytes())
    spoilt("UPDATE logs SET note = replace(note, char(10) || '64' || char(10), char(10) || '65' || char(10))")(forged)
    for state in (ground.folder / "signer").glob("*.state"):
        state.unlink()
    with pytest.raises(Unfit, match="niet door dit logboek getekend"):
        await recovered(moved(place, ground.create(place.url)), forged, new_host=True)


async def test_covert_lines_come_back_sealed_as_they_were(tmp_path: Path) -> None:
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/0.db", tmp_path, escrow={TENANT: SHARES[0].public})
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    older = Ground(tmp_path, None).create(place.url)
    async with place.opened() as (service, _):
        places = await covert_case(service, fence())
        mirror = await mirrored(service, tmp_path / "mirror.db")
    back = moved(place, older)
    assert await recovered(back, mirror)
    ours, theirs = await rows(back.url), await rows(place.url)
    assert ours["under_way"] == theirs["under_way"]
    wanted = [(row["act"], row["body"], row["content"]) for row in theirs["lines"]]
    assert [(row["act"], row["body"], row["content"]) for row in ours["lines"]][: len(wanted)] == wanted
    async with back.opened() as (service, _):
        assert all([(await service.door("web").line(DESK, at)).event.kind == "vertrouwelijk" for at in places])
        report = await fsck(back, service)
        assert (report.status, report.findings.total) == (0, 0), report.findings.shown
        await settled(service)
        lifter, normal = service.desk(DESK).lifter, Position(term=OLD, index=0)
        assert await lifter.sealed("r1", "Z-9") == (), "what they are found by is in no mirror"
        with pytest.raises(BadInput):
            await lifter.sealed_with(normal)
        file = SealedFile(tenant=TENANT, lines=await lifter.sealed_with(places[1]))
        assert await lifter.lift(opened_by(SHARES[1:], file).lines, "Het onderzoek is klaar.") == 3
        assert await lifter.sealed_with(places[1]) == ()
