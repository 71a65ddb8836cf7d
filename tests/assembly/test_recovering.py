"""`regie audit recover` on a founded house: two persons, a file of a mirror, and a log that goes on."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from assembly.demo.register import TENANT
from assembly.house import assemble
from assembly.reconciling import Person
from assembly.recovering import Begun, signed_off
from assembly.settings import HouseSettings
from audit.permit import Position
from audit.recovering.course import Part, Target
from audit.recovering.missing import Missing
from tests.assembly.test_auditing import another_line, lived_in, regie, settings
from tests.audit.restored import mirrored

pytestmark = pytest.mark.slow
__all__ = ["settings"]  # a fixture
ORIGIN = "regie.example/gm9901/2026h2"


def said(name: str, mirror: Path) -> Result:
    told = ("--name", name, "--reason", "de schijf was stuk, dit is de laatste backup")
    return regie("recover", "--mirror", str(mirror), *told)


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


def copied(database: Path, to: Path) -> None:
    """As it is now, also what still lies beside it in the log of its writes; and nothing of what was there before."""
    for left in ("", "-wal", "-shm"):
        to.with_name(to.name + left).unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)


def found(size: int, begin: int) -> Missing:
    target = Target(ORIGIN, size, bytes(32))
    return Missing(None, target, [Part(ORIGIN, begin, size, size, bytes(32))], by_mirror=False, partial=False)


def test_what_two_persons_decided_anybody_finishes_and_another_end_needs_both_again() -> None:
    one, two, three = (Person(name=name, reason="de schijf was stuk") for name in ("A. Een", "B. Twee", "C. Drie"))
    first = signed_off(None, found(9, 4), one)
    assert (first.people, first.since) == ((one,), Position(term="2026h2", index=4))
    both = signed_off(first, found(9, 4), two)
    assert both.people == (one, two)
    # it broke off at line 7: who comes next goes on, and the gap is the one that they saw
    later = signed_off(both, found(9, 7), three)
    assert (later.people, later.since) == ((one, two), first.since)
    assert signed_off(both, found(10, 4), three).people == (three,)
    assert Begun.model_validate_json(both.model_dump_json()) == both
