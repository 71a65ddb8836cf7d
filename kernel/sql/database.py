"""Transactions. SQLite's driver starts one only at the first write; ours starts where we say so."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from kernel.sql.direct import SOON, to_its_end, told
from kernel.sql.threads import Question, carried_out

Result = TypeVar("Result")
Work = Callable[[AsyncConnection], Coroutine[Any, Any, Result]]
"""What is done in a transaction, with its connection."""
BEGIN = "regie_begin"  # execution option: how SQLite opens this transaction
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", SOON)
# KiB, as much as five hundred lines change; SQLite's own is 2,000. In threads only: what reads much is on the loop
CACHE = "cache_size=-16000"


class Database:
    """One room's tables. `tenant` is set for row-level security on PostgreSQL in every transaction; SQLite has none."""

    def __init__(self, url: str, schema: str, pool: int = 8) -> None:
        self.schema, self.postgres = schema, url.startswith("postgresql")
        self.engine = _postgres(url, pool) if self.postgres else _sqlite(url, schema, pool)
        self._threads = _for_threads(url, schema, pool)
        # SQLite has one writer, and its own waiting is blind sleep: here they stand in line, first come first served
        self._readers = CapacityLimiter(max(1, pool // 2))
        self._turn: asyncio.Lock | None = None if self.postgres else asyncio.Lock()

    @asynccontextmanager
    async def writing(self, tenant: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends. SQLite: BEGIN IMMEDIATE, what was read is still true at
        commit. PostgreSQL: READ COMMITTED, lock what must not change with FOR UPDATE."""
        async with self._turn or nullcontext(), self.engine.connect() as connection, connection.begin():
            await self._enter(connection, tenant)
            yield connection

    async def written(self, tenant: str, work: Work[Result]) -> Result:
        """The same in a worker thread, for what is written all day: a statement costs a fifth. `work` may await nothing
        but its connection, and of that `execute` and `exec_driver_sql`. Who is cancelled waits until it has ended."""
        return await self.alone(partial(self.written_here, tenant, work))

    async def alone(self, steps: Callable[[], Result]) -> Result:
        """Several steps in one worker thread, while nobody else of this process writes to SQLite: `written_here`,
        `seen_here`, and what waits for the disk between them. Who is cancelled waits until it has ended."""
        async with self._turn or nullcontext():
            return await to_its_end(to_thread.run_sync(steps))

    def written_here(self, tenant: str, work: Work[Result]) -> Result:
        """`written`, of who is in a worker thread already, by `alone`."""
        return self._worked(("BEGIN" if self.postgres else "BEGIN IMMEDIATE"), tenant, work)

    async def seen(self, tenant: str, work: Work[Result], *, first: bool = False) -> Result:
        """As `snapshot`, in a worker thread as `written`: for a few short questions whose rows fit in memory. Readers
        take half of the connections at most, and no thread while they wait: a writer always finds one. first: it is a
        writer who asks, or who may wait for no other reader."""
        return await to_thread.run_sync(self.seen_here, tenant, work, limiter=None if first else self._readers)

    def seen_here(self, tenant: str, work: Work[Result]) -> Result:
        """`seen`, of who is in a worker thread already."""
        return self._worked(_ONE_MOMENT if self.postgres else "BEGIN", tenant, work)

    def _worked(self, begin: str, tenant: str, work: Work[Result]) -> Result:
        whose: tuple[Question, ...] = ((_SET_TENANT, (tenant,)),) if self.postgres else ()
        return carried_out(self.engine, self._threads, ((begin, ()), *whose), work)

    @property
    def _reading(self) -> dict[str, Any]:
        """How a snapshot begins."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if self.postgres else {}
        return {**options, BEGIN: "BEGIN"}

    @asynccontextmanager
    async def snapshot(self, tenant: str, patient: bool = False) -> AsyncIterator[AsyncConnection]:
        """Read-only, all statements at one moment. Waits for no writer. patient: a statement may take a quarter of an
        hour in place of seconds, for what counts over years and holds up nobody."""
        async with self.engine.connect() as connection:
            reading = await connection.execution_options(**self._reading)
            async with reading.begin():
                await self._enter(reading, tenant)
                if patient and self.postgres:
                    await reading.execute(_PATIENT)
                yield reading

    async def _enter(self, connection: AsyncConnection, tenant: str) -> None:
        if self.postgres:
            await told(connection, _SET_TENANT, (tenant,))

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()
        self._threads.dispose()


_PATIENT = text("SET LOCAL statement_timeout = '15min'")
_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SET_TENANT = "SELECT set_config('regie.tenant', %s, true)"
_POOL: dict[str, Any] = {"max_overflow": 0, "pool_timeout": 5, "hide_parameters": True}  # no rows in what went wrong
# Statement timeouts bound every wait for a server that lives; the others (ms, then s) for a machine that went without a
# word: a thread cannot be called back from it. synchronous_commit is the server's and is checked at start.
_SILENCE = {"tcp_user_timeout": 8000, "keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 2}
_PATIENCE = {"connect_timeout": 3, "options": "-c statement_timeout=5000 -c lock_timeout=4000", **_SILENCE}


def _postgres(url: str, pool: int) -> AsyncEngine:
    return create_async_engine(url, **_POOL, pool_size=pool, pool_pre_ping=False, connect_args=_PATIENCE)


def _sqlite(url: str, schema: str, pool: int) -> AsyncEngine:
    engine = create_async_engine(url, **_POOL, pool_size=pool)
    _pragmas(engine.sync_engine, PRAGMAS)
    _begins(engine.sync_engine)
    return engine.execution_options(schema_translate_map={schema: None})


def _for_threads(url: str, schema: str, pool: int) -> Engine:
    """The same database for worker threads; nothing is opened before it is asked for, and what was used last is still
    warm. Its drivers begin nothing by themselves: `carried_out` does."""
    plain = url.replace("+aiosqlite", "")
    if url.startswith("postgresql"):
        begun_by_us = {**_PATIENCE, "autocommit": True}
        return create_engine(plain, **_POOL, pool_size=pool, pool_use_lifo=True, connect_args=begun_by_us)
    engine = create_engine(plain, **_POOL, pool_size=pool, pool_use_lifo=True)
    _pragmas(engine, (CACHE, *PRAGMAS))
    return engine.execution_options(schema_translate_map={schema: None})


def _pragmas(engine: Engine, pragmas: Sequence[str]) -> None:
    @event.listens_for(engine, "connect")
    def _take_over(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not open transactions behind our back
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _begins(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN IMMEDIATE"))
