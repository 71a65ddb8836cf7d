"""Rows of a batch go to the database together, and it is one all the same: one series, one tree, all or nothing."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from audit.contract import LogUnavailable
from tests.audit.fsck_ground import checked
from tests.audit.logs import DESK, Place, fence, outcome, receipt, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
MANY = 2 * 64 + 5  # lines: rows in statements that are full, and some more


async def test_the_series_of_a_resident_runs_on_through_a_large_batch(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        door, writer = service.door("connectors"), service.desk(DESK).writer
        given = await door.record(DESK, [release({fence(): 0}) for _ in range(MANY)])
        ended = await door.record(DESK, [outcome(receipt(each).position) for each in given])
        assert writer.batches == 2
        places = [receipt(each).position for each in (*given, *ended)]
        assert [each.index for each in places] == list(range(2 * MANY))
        newest = await service.door("web").lines(DESK, "s1")
        assert [(line.n, line.position) for line in newest.lines[:2]] == [
            (2 * MANY, places[-1]),
            (2 * MANY - 1, places[-2]),
        ]
        keys = {origin: key.hex() for origin, key in service.public_keys.items()}
    report = await checked(url, tmp_path, keys)
    assert report.status == 0, (report.findings.shown, report.unjudged)


@pytest.mark.parametrize("place", [0, MANY - 1])
async def test_of_a_batch_that_fails_at_its_first_or_last_line_nothing_stays(
    url: str, tmp_path: Path, place: int
) -> None:
    entries = [release({fence(): 0}) for _ in range(MANY)]
    async with Place(url, tmp_path).opened() as (service, _):
        door = service.door("connectors")
        for table in ("lines", "tags"):
            change(url, *refusing(url, table, place))
            with pytest.raises(LogUnavailable):
                await door.record(DESK, entries)
            change(url, *ceasing(url, table))
        again = await door.record(DESK, entries)
        assert [receipt(each).position.index for each in again] == list(range(MANY))
        keys = {origin: key.hex() for origin, key in service.public_keys.items()}
    report = await checked(url, tmp_path, keys)
    assert report.status == 0, (report.findings.shown, report.unjudged)


def refusing(url: str, table: str, place: int) -> tuple[str, ...]:
    """A table that takes no row at this place."""
    if url.startswith("sqlite"):
        return (f"CREATE TRIGGER full BEFORE INSERT ON {table} WHEN NEW.idx = {place} "
                "BEGIN SELECT RAISE(FAIL, 'no'); END",)  # fmt: skip
    raising = "CREATE FUNCTION audit.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE disk_full; END'"
    when = f"BEFORE INSERT ON audit.{table} FOR EACH ROW WHEN (NEW.idx = {place}) EXECUTE FUNCTION audit.no()"
    return raising, f"CREATE TRIGGER full_now {when}"


def ceasing(url: str, table: str) -> tuple[str, ...]:
    """As it was."""
    if url.startswith("sqlite"):
        return ("DROP TRIGGER full",)
    return f"DROP TRIGGER full_now ON audit.{table}", "DROP FUNCTION audit.no()"


def change(url: str, *statements: str) -> None:
    """As somebody who owns the database."""
    engine = create_engine(url.replace("+aiosqlite", ""), poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)
