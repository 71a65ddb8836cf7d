"""`regie audit recover` on a founded house: two persons, a file of a mirror, and a log that goes on."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import Result

from assembly.demo.register import TENANT
from assembly.house import assemble
from assembly.reconciling import Person
from assembly.recovering import Begun, signed_off
from assembly.settings import HouseSettings
from audit.contract import Entry, Event, record_one
from audit.destroying import Order
from audit.permit import Position
from audit.recovering.course import Part, Target
from audit.recovering.missing import Missing
from kernel.caller import room_of
from kernel.ids import random_id
from tests.assembly.test_auditing import another_line, lived_in, regie, settings
from tests.audit.restored import mirrored
from tests.set_back import copied

pytestmark = pytest.mark.slow
__all__ = ["settings"]  # a fixture
ORIGIN = "regie.example/gm9901/2026h2"


TOLD = ("--reason", "de schijf was stuk, dit is de laatste backup")
GONE = 2024  # a year of destruction that is over


def said(name: str, mirror: Path, *more: str) -> Result:
    return regie("recover", "--mirror", str(mirror), "--name", name, *TOLD, *more)


async def kept(settings: HouseSettings, mirror: Path) -> None:
    """By a mirror."""
    house = await assemble(settings, ("audit", "consent", "vault"))
    async with house.app.router.lifespan_context(house.app):
        assert house.log
        await mirrored(house.log, mirror)


def test_two_persons_put_back_what_was_lost(settings: HouseSettings, tmp_path: Path) -> None:
    mirror, database = tmp_path / "mirror.db", settings.data / "audit.db"
    asyncio.run(lived_in(settings))
    copied(database, tmp_path / "kept.db")
    asyncio.run(another_line(settings))
    asyncio.run(kept(settings, mirror))
    assert "er valt niets terug te zetten" in said("A. de Vries", mirror).output
    copied(tmp_path / "kept.db", database)
    (tmp_path / "other.db").write_text("niets")
    done = said("A. de Vries", tmp_path / "other.db")
    assert done.exit_code == 1 and not list(settings.data.glob("recover-*"))
    for name in ("A. de Vries", "a.  DE vries"):  # the same person twice is one
        done = said(name, mirror)
        assert (done.exit_code, "terug te zetten: 1 regels" in done.output) == (0, True), done.output
        assert "Een tweede persoon" in done.output
        assert regie("status").exit_code == 1
    done = said("B. Jansen", mirror)
    assert (done.exit_code, "vrijgegeven" in done.output) == (0, True), done.output
    assert regie("fsck").exit_code == 0
    (one,) = json.loads(regie("status", "--json").output)
    assert one["healthy"] and one["tenant"] == TENANT
    assert not list(settings.data.glob("recover-*"))
    the_rest_of_another_gap_is_lost(settings, tmp_path)


def the_rest_of_another_gap_is_lost(settings: HouseSettings, tmp_path: Path) -> None:
    """A mirror has a part of it: what two persons saw is kept until all is done, and what was destroyed goes again."""
    mirror, database = tmp_path / "part.db", settings.data / "audit.db"
    asyncio.run(destroyed_in_the_gap(settings, tmp_path / "again.db", mirror))
    asyncio.run(another_line(settings))
    copied(tmp_path / "again.db", database)
    for name in ("A. de Vries", "B. Jansen"):
        done = said(name, mirror, "--partial")
        assert done.exit_code == 0, done.output
    (file,) = settings.data.glob("recover-*")
    assert len(Begun.model_validate_json(file.read_bytes()).people) == 2 and keys_of(database, GONE) == 1
    for name in ("A. de Vries", "B. Jansen"):
        done = regie("reconcile", "--name", name, *TOLD)
    assert (done.exit_code, "vrijgegeven" in done.output) == (0, True), done.output
    assert (keys_of(database, GONE), list(settings.data.glob("rec*-*.json"))) == (0, [])
    done = regie("fsck")
    assert (done.exit_code, "ontbreken" in done.output) == (2, True), done.output


async def destroyed_in_the_gap(settings: HouseSettings, backup: Path, mirror: Path) -> None:
    """The backup has a key that goes; the mirror has the lines that say so."""
    house = await assemble(settings, ("audit", "consent", "vault"))
    async with house.app.router.lifespan_context(house.app):
        assert house.log
        event = Event(id=random_id(), kind="weigering", subject="s7", keep_until=GONE)
        await record_one(house.audit("consent"), room_of(TENANT, "consent"), Entry(event=event))
        copied(settings.data / "audit.db", backup)
        await house.log.desks[0].destroyer.run(Order(year=GONE), lambda done, of: None)
        await mirrored(house.log, mirror)


def keys_of(database: Path, year: int) -> int:
    with sqlite3.connect(database) as file:
        (count,) = file.execute("SELECT count(*) FROM keys WHERE purpose = 'A' AND version = ?", (year,)).fetchone()
    file.close()
    return int(count)


def found(size: int, begin: int) -> Missing:
    target = Target(ORIGIN, size, bytes(32))
    return Missing(None, target, [Part(ORIGIN, begin, size, size, bytes(32))], by_mirror=False, partial=False)


def test_what_two_persons_decided_anybody_finishes_and_another_end_needs_both_again() -> None:
    one, two, three = (Person(name=name, reason="de schijf was stuk") for name in ("A. Een", "B. Twee", "C. Drie"))
    first = signed_off(None, found(9, 4), one)
    assert (first.people, first.since) == ((one,), at(4))
    both = signed_off(first, found(9, 4), two)
    assert both.people == (one, two)
    # it broke off at line 7: who comes next goes on, and the gap is the one that they saw
    later = signed_off(both, found(9, 7), three)
    assert (later.people, later.since) == ((one, two), first.since)
    # a part came back, and now there is a longer copy: what was given in that part is still of the gap
    longer = signed_off(both, found(10, 9), three)
    assert (longer.people, longer.since) == ((three,), first.since)
    # an even older backup was put there meanwhile
    assert signed_off(both, found(9, 2), three).since == signed_off(both, found(10, 2), three).since == at(2)
    assert Begun.model_validate_json(both.model_dump_json()) == both


def at(index: int) -> Position:
    return Position(term="2026h2", index=index)
