"""One tenant's rows of bulk in a transaction: checked when read, sealed anew when changed."""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.bulk.keys import JobKeys
from connectors.bulk.tables import parts
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.errors import NeighbourUnavailable
from kernel.logs import logger
from kernel.sql import Database, RowForged, RowSeal

Row = dict[str, Any]
Result = TypeVar("Result")
AWAY = "Dit lukt nu niet; probeer het later opnieuw."
_log = logger("connectors.bulk")


@dataclass(frozen=True)
class Rows:
    """Within one transaction. Who changes a job and its parts locks the job first."""

    connection: AsyncConnection
    seal: RowSeal
    tenant: str

    async def find(
        self, table: Table, *where: ColumnElement[bool], lock: bool = False, limit: int = 1, newest: bool = False
    ) -> list[Row]:
        """At most `limit` rows, by key; newest: from its end. lock: nobody else changes them; of parts, those that
        others hold are left out. Raises RowForged."""
        return [self.seal.checked(table, row) for row in await self._read(table, where, lock, limit, newest)]

    async def sound(self, table: Table, *where: ColumnElement[bool], lock: bool = False, limit: int = 1) -> list[Row]:
        """For whoever finishes what was left: a row that is not ours stays where it is, for people to look at, and
        holds up no other."""
        found = []
        for row in await self._read(table, where, lock, limit, newest=False):
            try:
                found.append(self.seal.checked(table, row))
            except RowForged:
                _log.critical("row_forged", table=table.name)
        return found

    async def _read(
        self, table: Table, where: Sequence[ColumnElement[bool]], lock: bool, limit: int, newest: bool
    ) -> list[Row]:
        """As they lie there."""
        keys = [column.desc() if newest else column for column in table.primary_key]
        query = select(table).where(table.c.tenant_id == self.tenant, *where).order_by(*keys).limit(limit)
        if lock:
            query = query.with_for_update(skip_locked=table is parts)
        return [dict(row) for row in (await self.connection.execute(query)).mappings()]

    async def one(self, table: Table, *where: ColumnElement[bool], lock: bool = False) -> Row | None:
        """The first of them."""
        return next(iter(await self.find(table, *where, lock=lock)), None)

    async def add(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """New ones."""
        sealed = [self.seal.sealed(table, {"tenant_id": self.tenant, **row}) for row in rows]
        await self.connection.execute(insert(table), sealed)

    async def change(self, table: Table, row: Row, **changed: Any) -> Row:
        """The row as it is now."""
        new = {**row, **changed}
        mine = (table.c[column.name] == row[column.name] for column in table.primary_key)
        await self.connection.execute(update(table).where(*mine).values(self.seal.sealed(table, new)))
        return new


class BulkRows:
    """Opens transactions; whatever goes wrong below becomes NeighbourUnavailable, without its text."""

    def __init__(self, database: Database, keys: JobKeys) -> None:
        self._database, self.keys = database, keys

    @asynccontextmanager
    async def writing(self, tenant: str) -> AsyncIterator[Rows]:
        """Commits when the block ends."""
        async with self.guarded():
            seal = await self.keys.rows(tenant)
            async with self._database.writing(tenant) as connection:
                yield Rows(connection, seal, tenant)

    async def written(self, tenant: str, work: Callable[[Rows], Coroutine[Any, Any, Result]]) -> Result:
        """The same in a worker thread, for what each part does: `work` awaits nothing but its rows."""

        async def within(connection: AsyncConnection) -> Result:
            return await work(Rows(connection, seal, tenant))

        async with self.guarded():
            seal = await self.keys.rows(tenant)
            return await self._database.written(tenant, within)

    @asynccontextmanager
    async def reading(self, tenant: str) -> AsyncIterator[Rows]:
        """All at one moment."""
        async with self.guarded():
            seal = await self.keys.rows(tenant)
            async with self._database.snapshot(tenant) as connection:
                yield Rows(connection, seal, tenant)

    @asynccontextmanager
    async def guarded(self) -> AsyncIterator[None]:
        """For what opens what the rows hold."""
        try:
            yield
        except (SQLAlchemyError, KeyUnavailable, CannotOpen, RowForged, KeyError, TimeoutError) as error:
            _log.error("bulk_rows_failed", exc_info=error)
        else:
            return
        raise NeighbourUnavailable(
            AWAY, onderdeel="connectors"
        )  # outside the handler: its text may quote what was asked
