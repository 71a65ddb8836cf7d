"""A declared table on the database that municipalities have: read a few rows at a time, in time, and never written."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.declared.sql import SqlSource, open_engine
from connectors.outside.failing import SourceFailed
from tests.connectors.test_declared import BSN, example
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


async def test_postgresql_gives_rows_within_limits_and_takes_none(postgres_url: str, tmp_path: Path) -> None:
    engine = open_engine(postgres_url, 2)
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE parking AS SELECT 'P-' || i AS nummer FROM generate_series(1, 9) i")
        )
        # a function that writes: what the words of the statement do not show, the transaction refuses
        writes = "DELETE FROM parking RETURNING nummer"
        await connection.execute(text(f"CREATE FUNCTION taken() RETURNS SETOF text LANGUAGE sql AS '{writes}'"))

    async def rows(sql: str, **limits: float) -> int:
        declared = example("bijstand", tmp_path, sql=sql, limits=limits, dated=None, fresh_days=0, many=True)
        return len(await SqlSource.rows(engine, declared, {"bsn": BSN}))

    async def failed(sql: str, **limits: float) -> str:
        with pytest.raises(SourceFailed) as why:
            await rows(sql, **limits)
        return why.value.why

    assert await rows("SELECT nummer FROM parking WHERE :bsn <> ''", rows=9) == 9
    assert await failed("SELECT nummer FROM parking WHERE :bsn <> ''", rows=8) == "te-groot"
    assert await failed("SELECT nummer, repeat('x', 200) AS x FROM parking WHERE :bsn <> ''", bytes=1_024) == "te-groot"
    # row 300 cannot be computed: who reads that far meets an error
    assert await failed("SELECT 1 / (300 - i) AS x FROM generate_series(1, 1000) i WHERE :bsn <> ''") == "te-groot"
    assert await failed("SELECT * FROM taken() AS nummer WHERE :bsn <> ''") == "niet-bereikbaar"
    async with asyncio.timeout(PATIENCE):
        assert await failed("SELECT pg_sleep(600) AS x WHERE :bsn <> ''", seconds=0.2) == "niet-bereikbaar"
    assert await rows("SELECT nummer FROM parking WHERE :bsn <> ''") == 9, "nothing was taken, no connection lost"
    await engine.dispose()
