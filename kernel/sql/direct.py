"""Statements of a transaction that stays in one worker thread: they do not go to and fro between a thread and the loop,
which cost several times what the database itself did. What is asked all day goes to the driver as it is (`told`,
`done`): to hand it on through the layers between cost three times as much as to ask it.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from anyio import CancelScope
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sql.threads import Direct, Given, touched

Result = TypeVar("Result")
# pages of 4 kB. SQLite's own is 1,000, and with it each page that changes all the time is written back twice as often
SOON, LATE = (f"wal_autocheckpoint={pages}" for pages in (2_000, 8_000))


@contextmanager
def unanswered(connection: AsyncConnection) -> Iterator[None]:
    """What is only written within goes to PostgreSQL one behind the other, and it works while we make the next; nobody
    looks at an answer. Raises as `told`, at the end at the latest; nothing was done of what came behind what failed.
    SQLite works in our own thread."""
    if isinstance(connection, Direct) and connection.dialect.name == "postgresql":
        with connection.pipelined():
            yield
    else:
        yield


async def in_numbers(connection: AsyncConnection, many: bool) -> None:
    """Whether this transaction writes many rows for many who wait together. SQLite copies its journal back in the
    COMMIT that fills it: late then, after 32 MB, for a page that changes all the time is copied once; else after 8, so
    that nobody who comes alone waits long for it. To be said each time: it holds for the connection."""
    if connection.dialect.name == "sqlite":
        await told(connection, f"PRAGMA {LATE if many else SOON}", ())


async def told(connection: AsyncConnection, text: str, given: Given) -> list[tuple[Any, ...]]:
    """All rows of a statement in the driver's own words."""
    if isinstance(connection, Direct):
        return connection.asked(text, given, _rows)
    return [tuple(row) for row in await connection.exec_driver_sql(text, given)]


async def done(connection: AsyncConnection, text: str, given: Given) -> int:
    """How many rows a statement in the driver's own words touched; of one for many rows no promise."""
    if isinstance(connection, Direct):
        return connection.asked(text, given, touched)
    return (await connection.exec_driver_sql(text, given)).rowcount


def _rows(cursor: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


async def to_its_end(step: Coroutine[Any, Any, Result]) -> Result:
    """Nobody calls a thread back: who is cancelled meanwhile waits for it, and so does who is next in line."""
    going = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(going)
    except asyncio.CancelledError:
        while not going.done():
            with suppress(asyncio.CancelledError), CancelScope(shield=True):
                await asyncio.wait((going,))
        if not going.cancelled():
            going.exception()  # seen: nobody waits for it, and the loop need not report it with its text
        raise
