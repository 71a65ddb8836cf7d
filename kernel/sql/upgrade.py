"""Bring one room's tables to the newest version. The history is the room's own; the ini is shared."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

ROOT = Path(__file__).resolve().parents[2]


def config_of(room: str) -> Config:
    """The room's section of alembic.ini."""
    return Config(str(ROOT / "alembic.ini"), ini_section=room)


def newest(room: str) -> str:
    """The revision at which this code expects the room's tables."""
    return str(ScriptDirectory.from_config(config_of(room)).get_current_head())


async def upgrade(room: str, url: str) -> None:
    """Raises what the database raises; nothing is half done on PostgreSQL, where DDL is transactional."""
    config = config_of(room)

    def work(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # two instances that start at once take turns
                lock = text("SELECT pg_advisory_xact_lock(hashtext(:room))")
                await connection.execute(lock, {"room": "regie/" + room})
            await connection.run_sync(work)
    finally:
        await engine.dispose()


async def revision(room: str, url: str) -> str:
    """Where the room's tables are now; "None" when they are not there."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            schema = room if connection.dialect.name == "postgresql" else None

            def read(sync: Connection) -> str:
                return str(
                    MigrationContext.configure(sync, opts={"version_table_schema": schema}).get_current_revision()
                )

            return await connection.run_sync(read)
    finally:
        await engine.dispose()
