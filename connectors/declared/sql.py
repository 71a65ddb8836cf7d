"""A declared table or view of another system, read with one SELECT in a transaction that cannot write.

The rights of its database user are the control; that the session is read-only, and the statement one SELECT, is the
second and the third. Values are bound, never written into the text, and never shown in an error. Its address is not
judged as those of `connectors.outside` are: it stands in the file of its credential, with its password.
"""

import datetime
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import JsonValue
from sqlalchemy import URL, NullPool, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncMappingResult, create_async_engine

from audit.contract import Permit, Trust
from connectors.contract import NOTHING, Known
from connectors.declared.answering import values_of
from connectors.declared.declaration import Bounded, Declaration
from connectors.declared.filling import keys_of, parameters
from connectors.outside.data import Bounds, Unreadable, demand_bounded
from connectors.outside.failing import SourceFailed
from kernel.caller import Caller
from kernel.clock import Clock
from vault.contract import Bsn, Values

AT_ONCE = 10  # rows in memory before they are counted; one row comes whole
FEW = {"max_row_buffer": AT_ONCE}
HERE = ("", "localhost", "127.0.0.1", "::1")  # a socket, or this machine


def open_engine(address: str, at_once: int) -> AsyncEngine:
    """A pool of connections that read. address: as SQLAlchemy writes it, for PostgreSQL (psycopg) or SQLite."""
    url = sealed(make_url(address))
    small = url.get_backend_name() == "sqlite"
    pool: dict[str, Any] = {"poolclass": NullPool} if small else {"pool_size": at_once, "max_overflow": 0}
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, **pool)


def sealed(url: URL) -> URL:
    """With TLS to another machine, unless its address (`sslmode`, `service`) or PGSSLMODE says how: left alone, the
    driver would go on in the clear with a database that offers none. `verify-full` has its certificate checked."""
    # libpq takes several, and a folder with a socket; it calls `hostaddr`, whatever the name beside it
    named = url.query.get("hostaddr") or url.query.get("host", url.host or "")
    hosts = ",".join([named] if isinstance(named, str) else named).split(",")
    elsewhere = any(one not in HERE and not one.startswith("/") for one in hosts)
    said = {"sslmode", "service"} & url.query.keys() or os.environ.get("PGSSLMODE")
    silent = url.get_backend_name() == "postgresql" and not said
    return url.update_query_dict({"sslmode": "require"}) if silent and elsewhere else url


@dataclass(frozen=True)
class SqlSource:
    """Satisfies Source."""

    declared: Declaration
    engine: AsyncEngine
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch."""
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        declared = self.declared
        wanted = [name for name in ground.inputs_of(declared.name) if name in declared.elements]
        keys = keys_of(declared.keys, known)
        bound = parameters(keys, bsn) if keys is not None else None
        if not wanted or bound is None:
            return Values()
        rows = await self.rows(self.engine, declared, bound)
        try:
            if not declared.many and len(rows) > 1:
                raise Unreadable
            answer: JsonValue = rows if declared.many else (rows[0] if rows else None)
            return values_of(declared, wanted, answer, bsn, self.clock()) if rows else Values()
        except Unreadable:
            raise SourceFailed("onleesbaar") from None

    @staticmethod
    async def rows(engine: AsyncEngine, declared: Declaration, bound: dict[str, str]) -> list[JsonValue]:
        """What the statement finds. Raises SourceFailed."""
        try:
            async with engine.connect() as connection:
                await only_reading(connection, declared.limits.seconds)
                found = await connection.stream(text(declared.sql), bound, execution_options=FEW)
                try:
                    rows = await _limited(found.mappings(), declared.limits)
                finally:
                    await found.close()  # as `async with` it would stay open when this raises
                await connection.rollback()
            demand_bounded(rows, Bounds())
        except Unreadable:
            raise SourceFailed("onleesbaar") from None
        except (SQLAlchemyError, OSError):
            raise SourceFailed("niet-bereikbaar") from None  # its text may quote the statement
        return rows


async def _limited(found: AsyncMappingResult, most: Bounded) -> list[JsonValue]:
    """Row by row, a few at a time, so that what is too much is left where it is. Raises SourceFailed, Unreadable."""
    rows: list[JsonValue] = []
    size = 0
    while some := await found.fetchmany(AT_ONCE):
        for row in some:
            plain: JsonValue = {str(name): _plain(value) for name, value in row.items()}
            demand_bounded(plain, Bounds())
            rows.append(plain)
            size += len(json.dumps(plain))
        if len(rows) > most.rows or size > most.bytes:
            raise SourceFailed("te-groot")
    return rows


async def only_reading(connection: AsyncConnection, seconds: float) -> None:
    """From here on this transaction cannot write; on PostgreSQL a statement takes so many seconds at most."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("PRAGMA query_only = ON"))
        return
    await connection.execute(text("SET TRANSACTION READ ONLY"))
    limit = text("SELECT set_config('statement_timeout', :ms, true)")
    await connection.execute(limit, {"ms": str(int(seconds * 1_000))})


def _plain(value: Any) -> JsonValue:
    """As JSON has it: days and moments as RFC 3339, amounts as text. Raises Unreadable."""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    raise Unreadable
