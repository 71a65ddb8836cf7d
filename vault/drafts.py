"""What residents asked to be gone, until it is: a row each, with a MAC, so that nobody puts words into the log by
writing here. A crash leaves a row; the sweeper goes on with it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Column, RowMapping, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from audit.contract import EventIdTaken
from kernel.logs import logger
from kernel.sql import Database, RowForged
from vault.keys import TenantKeys

AGAIN_AFTER = 5_000  # ms
_log = logger("vault")


if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# A dataclass with the columns of its table but tenant and MAC. `position`: of the line that says it is done, "" until
# then.
D = TypeVar("D", bound="DataclassInstance")


class DraftRows(Generic[D]):
    """Reads and writes of one table. Raises RowForged for a row that is not ours."""

    def __init__(self, database: Database, table: Table, draft: Callable[..., D], newest: Column[Any]) -> None:
        self._database, self._table, self._draft, self._newest = database, table, draft, newest

    async def last(self, keys: TenantKeys, **of: str) -> D | None:
        """The newest that is about this."""
        mine = [self._table.c.tenant_id == keys.tenant, *(self._table.c[name] == value for name, value in of.items())]
        query = select(self._table).where(*mine).order_by(self._newest.desc()).limit(1)
        async with self._database.snapshot(keys.tenant) as connection:
            row = (await connection.execute(query)).mappings().first()
        return self._read(keys, row) if row else None

    async def unfinished(self, keys: TenantKeys, before: int, limit: int = 100) -> list[D]:
        """Asked before this moment (ms) and not done, the oldest first. A row that is not ours holds up no other."""
        columns = self._table.c
        mine = (columns.tenant_id == keys.tenant, columns.position == "", columns.asked_at < before)
        query = select(self._table).where(*mine).order_by(columns.asked_at, *self._table.primary_key).limit(limit)
        async with self._database.snapshot(keys.tenant) as connection:
            rows = list((await connection.execute(query)).mappings())
        return [one for row in rows if (one := self._ours(keys, row))]

    async def add(self, keys: TenantKeys, asked: D) -> None:
        """One that is there already stays as it is, done or not."""
        insert = postgresql.insert if self._database.postgres else sqlite.insert
        sealed = keys.seal.sealed(self._table, _row(keys.tenant, asked))
        async with self._database.writing(keys.tenant) as connection:
            await connection.execute(insert(self._table).values(sealed).on_conflict_do_nothing())

    async def done(self, keys: TenantKeys, asked: D, position: str) -> None:
        """Its last line is there."""
        row = _row(keys.tenant, asked) | {"position": position}
        change = update(self._table).where(*(key == row[key.name] for key in self._table.primary_key))
        async with self._database.writing(keys.tenant) as connection:
            await connection.execute(change.values(keys.seal.sealed(self._table, row)))

    async def swept(self, keys: TenantKeys, now: int, go_on: Callable[[D], Awaitable[object]]) -> int:
        """Goes on with what was left; how many."""
        found = await self.unfinished(keys, now - AGAIN_AFTER)
        for asked in found:
            with passing_over():
                await go_on(asked)
        return len(found)

    def _read(self, keys: TenantKeys, row: RowMapping) -> D:
        checked = keys.seal.checked(self._table, dict(row))
        return self._draft(**{name: value for name, value in checked.items() if name != "tenant_id"})

    def _ours(self, keys: TenantKeys, row: RowMapping) -> D | None:
        """None for a row that is not."""
        with passing_over():
            return self._read(keys, row)
        return None


@contextmanager
def passing_over() -> Iterator[None]:
    """A row that is not ours, or that says another thing than its line, stays where it is, for people to look at, and
    holds up no other."""
    try:
        yield
    except RowForged as forged:
        _log.critical("row_forged", table=str(forged))
    except EventIdTaken as taken:
        _log.critical("row_forged", position=str(taken.members.get("position")))


def _row(tenant: str, asked: "DataclassInstance") -> dict[str, Any]:
    return {"tenant_id": tenant, **asdict(asked)}
