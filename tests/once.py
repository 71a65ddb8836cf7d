"""What a run makes once, whichever of its workers wants it first; everybody takes copies."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from anyio import to_thread

from kernel.sql.upgrade import upgrade
from tests.needles import RUN
from tests.postgres import Postgres

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
    """As `upgrade`; a file that is not there yet is a copy."""
    if not await to_thread.run_sync(_copied, room, url):
        await upgrade(room, url)


def _copied(room: str, url: str) -> bool:
    file = Path(url.removeprefix(SQLITE))
    if not url.startswith(SQLITE) or file.exists():
        return False
    shutil.copy(tables_of(room), file)
    return True
