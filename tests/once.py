"""What a run makes once, whichever of its workers wants it first; everybody takes copies."""

import asyncio
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import psycopg
from anyio import to_thread
from psycopg import sql
from psycopg.rows import scalar_row

from kernel.sql.upgrade import newest, upgrade
from tests.needles import RUN
from tests.postgres import Postgres, shared_cluster

SQLITE = "sqlite+aiosqlite:///"


def once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder of the run, filled by `make`. Who comes while it is being made waits."""
    run = Path(os.environ[RUN])
    made, half = run / f"once-{name}", run / f"half-{name}"
    with (run / f"lock-{name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(half, ignore_errors=True)  # of somebody who failed
            half.mkdir()
            make(half)
            half.rename(made)
    return made


def tables_of(room: str) -> Path:
    """An SQLite file with the room's tables, empty, at their newest version."""
    folder = once(f"tables-{room}", lambda folder: asyncio.run(upgrade(room, f"{SQLITE}{folder}/{room}.db")))
    return folder / f"{room}.db"


def template_of(postgres: Postgres, *rooms: str) -> str:
    """The name of a database with the schemas of these rooms, to make others from."""

    def make(folder: Path) -> None:
        url = postgres.create()
        for room in rooms:
            asyncio.run(upgrade(room, url))
        (folder / "name").write_text(url.rpartition("/")[2])

    return (once("-".join(("template", *rooms)), make) / "name").read_text()


async def tables(room: str, url: str) -> None:
    """As `upgrade`; what is there already is not looked for by all of Alembic, and what is new is a copy."""
    there = _in_file if url.startswith(SQLITE) else _on_server
    if not await to_thread.run_sync(there, room, url):
        await upgrade(room, url)


def _in_file(room: str, url: str) -> bool:
    file = Path(url.removeprefix(SQLITE))
    if not file.exists():
        shutil.copy(tables_of(room), file)
        return True
    with closing(sqlite3.connect(file)) as door, suppress(sqlite3.OperationalError):
        return door.execute("SELECT version_num FROM alembic_version").fetchall() == [(_newest(room),)]
    return False


def _on_server(room: str, url: str) -> bool:
    with psycopg.connect(url.replace("+psycopg", ""), row_factory=scalar_row) as door:
        tables = door.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'alembic_version'").fetchall()
        if room in tables:
            version = sql.SQL("SELECT version_num FROM {}.alembic_version").format(sql.Identifier(room))
            return door.execute(version).fetchall() == [_newest(room)]
    cluster = shared_cluster()
    if tables or not cluster or url != cluster.url(url.rpartition("/")[2]):
        return False
    cluster.fill(url, template_of(cluster, room))
    return True


@cache
def _newest(room: str) -> str:
    return newest(room)
