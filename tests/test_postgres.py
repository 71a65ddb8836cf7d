"""The server that the tests stand on keeps its promises, or what they show on PostgreSQL is worth nothing."""

import psycopg
import pytest

from tests.postgres import Postgres


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@pytest.mark.parametrize("setting", ["data_checksums", "fsync", "full_page_writes", "synchronous_commit"])
def test_the_server_is_as_careful_as_a_real_one(postgres_url: str, setting: str) -> None:
    with connect(postgres_url) as door:
        assert door.execute("SELECT current_setting(%s)", [setting]).fetchone() == ("on",)


def test_a_failing_statement_leaves_its_values_out_of_the_server_log(postgres: Postgres, postgres_url: str) -> None:
    with connect(postgres_url) as door, pytest.raises(psycopg.DataError):
        door.execute("SELECT 1 / (length(%s::text) - 13)", ["canary-value!"])
    log = postgres.log.read_text()
    assert "division by zero" in log
    assert "canary" not in log


@pytest.mark.faults
def test_what_was_acknowledged_before_a_kill_is_there_after_the_start(own_postgres: Postgres) -> None:
    url = own_postgres.create()
    with connect(url) as door:
        door.execute("CREATE TABLE kept (number int)")
        door.execute("INSERT INTO kept VALUES (1)")
        own_postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            door.execute("INSERT INTO kept VALUES (2)")
    own_postgres.start()
    with connect(url) as door:
        assert door.execute("SELECT number FROM kept").fetchall() == [(1,)]
