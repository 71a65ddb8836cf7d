"""A declared source that is tried by who sets it up: what is wrong is said, with where and what to do."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connectors.declared.checking import GAVE, UNKNOWN, check
from connectors.declared.loading import read_file
from kernel.settings import SettingsWrong
from tests.connectors.published import Published, published
from tests.connectors.test_declared import CASES, HERE, example, page, permit_object

pytestmark = pytest.mark.anyio


def test_a_mistake_in_a_file_is_told_by_its_place_and_not_by_what_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "brp.toml"
    file.write_text('name = "brp"\nurl = geheim\n')
    with pytest.raises(SettingsWrong, match="regel 2, teken 7") as wrong:
        read_file(file)
    assert "geheim" not in str(wrong.value)
    with pytest.raises(SettingsWrong, match="er niet"):
        read_file(file.with_name("anders.toml"))


async def test_where_nothing_is_nobody_is_searched_for(tmp_path: Path) -> None:
    async with published(Published("", {}, status=404)) as url:
        told = [step async for step in check(example("objecten", tmp_path, url=url, networks=HERE))]
        assert told[-1][0] is False and "(status 404)" in told[-1][1]
        told = [step async for step in check(example("bag", tmp_path, url=url, networks=HERE))]
        assert told[-1] == (True, UNKNOWN)
    told = [step async for step in check(example("bag", tmp_path, url="http://93.184.216.34"))]
    assert told[-1][0] is False and "https" in told[-1][1]


async def test_a_source_that_gives_something_about_nobody_is_not_used(tmp_path: Path) -> None:
    """As a register of an older version does, that passes over a filter which it does not know."""
    for name in ("zaken", "bag", "objecten"):
        answer = page([permit_object("999999990")]) if name == "objecten" else CASES[name][1]
        async with published(Published("", answer, kind="application/hal+json")) as url:
            told = [step async for step in check(example(name, tmp_path, url=url, networks=HERE))]
        assert told[-1] == (False, GAVE), name
    old = page([{**CASES["zaken"][1]["results"][0], "startdatum": "2020-01-01"}])
    async with published(Published("", old)) as url:
        dated = {"dated": "results[0].startdatum", "fresh_days": 1}
        told = [step async for step in check(example("zaken", tmp_path, url=url, networks=HERE, **dated))]
    assert told[-1] == (False, GAVE), "also what is too old to be given"
    everybody = tmp_path / "everybody.db"
    with closing(sqlite3.connect(everybody)) as database:
        database.executescript("CREATE TABLE x (regeling TEXT); INSERT INTO x VALUES ('IOAW');")
    declared = example("bijstand", tmp_path, secret=f"sqlite+aiosqlite:///{everybody}", dated=None, fresh_days=0,
                       sql="SELECT regeling FROM x WHERE :bsn <> ''")  # fmt: skip
    assert [step async for step in check(declared)][-1] == (False, GAVE)
