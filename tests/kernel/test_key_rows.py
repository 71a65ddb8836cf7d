"""A room's own keys are made once; what was lost is not made anew."""

from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, Text, delete

from kernel.crypto import Keyring, KeyUnavailable
from kernel.crypto.file_keys import FileKeyProvider
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows, key_table

pytestmark = pytest.mark.anyio
METADATA = MetaData(schema="room")
KEYS = key_table(METADATA)
PEOPLE = Table("people", METADATA, Column("tenant_id", Text, primary_key=True))


async def rows_in(folder: Path) -> tuple[Database, KeyRows]:
    database = Database(f"sqlite+aiosqlite:///{folder}/room.db", "room")
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    provider = FileKeyProvider(folder / "keys")
    await provider.found("regie/gm1/room")
    return database, KeyRows(database, KEYS, Keyring(provider))


async def test_founding_twice_keeps_the_first_keys(tmp_path: Path) -> None:
    database, rows = await rows_in(tmp_path)
    await rows.found("gm1", ("AA", "BB"), PEOPLE)
    first = await rows.open("gm1", "AA")
    await rows.found("gm1", ("BB", "AA"), PEOPLE)
    assert await rows.open("gm1", "AA") == first
    await database.close()


async def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    database, rows = await rows_in(tmp_path)
    await rows.found("gm1", ("AA", "BB"))
    async with database.writing("gm1") as connection:
        await connection.execute(delete(KEYS).where(KEYS.c.purpose == "AA"))
    with pytest.raises(KeyUnavailable):
        await rows.found("gm1", ("AA", "BB"))
    await database.close()


async def test_a_lost_set_beside_data_is_not_made_anew(tmp_path: Path) -> None:
    database, rows = await rows_in(tmp_path)
    async with database.writing("gm1") as connection:
        await connection.execute(PEOPLE.insert().values(tenant_id="gm1"))
    with pytest.raises(KeyUnavailable):
        await rows.found("gm1", ("AA", "BB"), PEOPLE)
    await database.close()
