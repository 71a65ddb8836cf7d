"""The search at the end of the run finds what it must, wherever it stands, and says where without saying what."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.canary import HEARD
from tests.needles import RUN, canaries, search
from tests.parts import POSTGRES

PLANTED = "999993653"


def test_a_number_in_text_or_in_a_database_is_found_by_file_and_offset(tmp_path: Path) -> None:
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "good.log").write_text("bsn=*** 123456789 1999999999")
    assert list(search([tmp_path], canaries())) == []
    try:
        (folder / "bad.log").write_text(f"GET /inwoners/{PLANTED}")
        with closing(sqlite3.connect(folder / "bad.db")) as database, database:
            database.execute("CREATE TABLE t (x TEXT)")
            database.execute("INSERT INTO t VALUES (?)", [f"x{PLANTED}x"])
        found = list(search([tmp_path], canaries()))
        assert found[0].startswith(f"{folder / 'bad.db'}: byte ") and found[1] == f"{folder / 'bad.log'}: byte 14"
        assert not any(PLANTED in place for place in found)
    finally:
        for bad in folder.glob("bad.*"):
            bad.unlink()


def test_a_number_is_no_part_of_an_id_by_chance_and_beside_an_id_it_is_found(tmp_path: Path) -> None:
    one, head = "0a1b2c3d" * 4, "019a0b1c-2d3e-7f40-8a5b-"
    by_chance = (
        one[:11] + PLANTED + one[20:],
        one + "9901" + PLANTED + one[13:],
        f"{head}{PLANTED}abc",
        f"{head}ab{PLANTED}c",
    )
    beside = [one + PLANTED, PLANTED + one, "9901" + one + PLANTED + one, f"{head[:-1]}{PLANTED}abc"]
    beside += [f"{head}{PLANTED}", f"bad{PLANTED}", "1" * 23 + PLANTED]
    file = tmp_path / "planted"
    try:
        for text, found in (*((one, 0) for one in by_chance), *((one, 1) for one in beside)):
            file.write_text(f"id={text}.")
            assert len(list(search([file], canaries()))) == found, text.replace(PLANTED, "*")
    finally:
        file.unlink()


def test_every_resident_and_every_number_in_a_test_is_searched_for() -> None:
    numbers = canaries()
    assert {PLANTED, "999990019", "111222333"} <= numbers and len(numbers) > 40
    assert "123456789" not in numbers


def test_whatever_is_said_to_a_logger_is_heard_before_any_filter(tmp_path_factory: pytest.TempPathFactory) -> None:
    logging.getLogger("canary.proof").info("heard %s", "this very line")
    assert "canary.proof heard this very line" in (tmp_path_factory.getbasetemp() / HEARD).read_text()


LEAKS = {
    "a file": ("tmp_path", '(tmp_path / "planted.log").write_text(PLANTED)', "planted.log"),
    "a database that is dropped": (
        "postgres_url",
        """with connect(postgres_url) as door:
                door.execute("CREATE TABLE kept (number text)")
                door.execute("INSERT INTO kept VALUES ('" + PLANTED + "')")""",
        "/data/base/",
    ),
    "the log of a cluster that is removed": (
        "own_postgres",
        """with connect(own_postgres.create()) as door, suppress(psycopg.Error):
                door.execute("SELECT 1 FROM x" + PLANTED)""",
        "server.log",
    ),
}


@pytest.mark.parametrize(
    "where", [pytest.param(where, marks=[pytest.mark.postgres] * (where != "a file")) for where in LEAKS]
)
@pytest.mark.slow
def test_a_find_fails_the_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """In a run of its own, with a PostgreSQL of its own, in this process's image of the house."""
    if where != "a file":
        POSTGRES.or_skip()
    monkeypatch.delenv(RUN)
    fixture, leak, place = LEAKS[where]
    pytester.makeconftest('pytest_plugins = ["tests.postgres", "tests.canary"]')
    pytester.makepyfile(
        f"""
        from contextlib import suppress
        import psycopg

        PLANTED = "".join(("{PLANTED[:4]}", "{PLANTED[4:]}"))  # a sum would stand whole in the bytecode

        def connect(url):
            return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

        def test_that_leaks({fixture}):
            {leak}
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", "--rootdir", str(pytester.path))
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["* 1 passed*"])
    done.stdout.fnmatch_lines([f"*CANARY: somebody's number stands in *{place}*: byte *"])
    assert PLANTED not in done.stdout.str()
    for file in pytester.path.parent.rglob("planted.log"):
        file.unlink()
