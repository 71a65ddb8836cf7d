"""Every way into the register's tables: sealed when written, checked when read, refused when forged."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.alarms import alarm
from consent.contract import RegisterUnavailable
from consent.events.outbox import tell
from consent.keys import PURPOSES, TenantKeys
from consent.tables import history
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.logs import logger
from kernel.sql import Database, RowForged
from kernel.sql.key_rows import KeyRows
from kernel.sql.prepared import Prepared

Row = dict[str, Any]
Result = TypeVar("Result")
GUARD: Mapping[str, Any] = {
    "status": "", "epoch": 0, "position": "", "entry": "", "pending_at": 0, "effective_at": 0, "revision": 0,
}  # fmt: skip
READ_MAX = 5_000  # rows of one statement; more is a fault of ours

_log = logger("consent")


class Rows:
    """One transaction of one tenant. `keys`: opened before it began."""

    def __init__(self, connection: AsyncConnection, keys: TenantKeys) -> None:
        self._connection, self.keys, self._seal = connection, keys, keys.seal

    async def find(
        self,
        table: Table,
        *where: ColumnElement[bool],
        lock: bool = False,
        order: Sequence[ColumnElement[Any]] = (),
        most: int = READ_MAX,
    ) -> list[Row]:
        """Checked rows, one statement. lock: nobody else changes them before this transaction ends. order: before that
        of the key, so that `most` cuts off the last ones."""
        return [self._checked(table, row) for row in await self._read(table, where, lock, order, most)]

    async def sound(self, table: Table, *where: ColumnElement[bool], lock: bool = False) -> list[Row]:
        """For whoever finishes what was left: a row that is not ours stays where it is, for people to look at, and
        holds up no other. It is an alarm each time. Never to decide with: of what is left out nothing is known."""
        found = []
        for row in await self._read(table, where, lock, order=(), most=READ_MAX):
            with passing_over():
                found.append(self._checked(table, row))
        return found

    async def _read(
        self,
        table: Table,
        where: Sequence[ColumnElement[bool]],
        lock: bool,
        order: Sequence[ColumnElement[Any]],
        most: int,
    ) -> list[Row]:
        """As they lie there."""
        mine = table.c.tenant_id == self.keys.tenant
        found = select(table).where(mine, *where).order_by(*order, *table.primary_key.columns).limit(most)
        rows = (await self._connection.execute(found.with_for_update() if lock else found)).mappings()
        return [dict(row) for row in rows]

    async def count(self, table: Table, *where: ColumnElement[bool]) -> int:
        """How many there are, whoever wrote them: for people to look at, or to keep a table from filling; never to
        decide about data with."""
        mine = select(func.count()).select_from(table).where(table.c.tenant_id == self.keys.tenant, *where)
        return int(await self._connection.scalar(mine) or 0)

    async def asked(self, table: Table, question: Prepared, **values: Any) -> list[Row]:
        """Checked rows, by a question of `consent.prepared` and what it is asked about."""
        found = await question.rows(self._connection, tenant=self.keys.tenant, **values)
        return [self._checked(table, row) for row in found]

    async def one(self, table: Table, *, lock: bool = False, **key: str | int) -> Row | None:
        """The row with this key, if there is one."""
        found = await self.find(table, *(table.c[name] == value for name, value in key.items()), lock=lock)
        return found[0] if found else None

    async def marks(self, question: Prepared) -> tuple[tuple[Any, ...], ...]:
        """The key and the MAC of each row, in order, not checked. As long as these are the same, what `find` gave and
        checked is what this room last wrote; what somebody else wrote beside its MAC is not read."""
        return tuple(await question.tuples(self._connection, tenant=self.keys.tenant))

    async def add(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Whether it was added; False when the key is taken."""
        guard = GUARD if "revision" in table.c else {}
        full = self._sealed(table, {**guard, **row, "tenant_id": self.keys.tenant})
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        adding = insert(table).values(full).on_conflict_do_nothing().returning(table.c.tenant_id)
        added = (await self._connection.execute(adding)).first() is not None
        if added:
            await tell(self, table, None, full)
        return added

    async def add_all(self, table: Table, new: Sequence[Mapping[str, Any]]) -> None:
        """Rows with the same columns, in one statement; those whose key is taken stay as they are."""
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        full = [self._sealed(table, {**GUARD, **row, "tenant_id": self.keys.tenant}) for row in new]
        await self._connection.execute(insert(table).on_conflict_do_nothing(), full)

    async def put(self, table: Table, row: Row, **changes: Any) -> Row:
        """The row with changes, one revision on where it has them. It must have been found with `lock` in this
        transaction."""
        changed = {**row, **changes}
        if "revision" in table.c:
            await self._remember(table, row)
            changed["revision"] = row["revision"] + 1
        same = [column == row[column.name] for column in table.primary_key.columns]
        values = {
            name: value for name, value in self._sealed(table, changed).items() if name not in table.primary_key.columns
        }
        await self._connection.execute(update(table).where(*same).values(values))
        await tell(self, table, row, changed)
        return changed

    async def remove(self, table: Table, row: Row) -> None:
        """A pending row that never took effect. A decision may have seen it."""
        if "mac" in table.c:
            await self._remember(table, row)
        same = [column == row[column.name] for column in table.primary_key.columns]
        await self._connection.execute(table.delete().where(*same))

    async def forget(self, table: Table, *where: ColumnElement[bool], most: int) -> int:
        """How many rows went, with all that they were before. Their MACs are not looked at: one that was altered is not
        kept for it. `table`: with an id, and never in a decision."""
        mine = table.c.tenant_id == self.keys.tenant
        found = select(table.c.id).where(mine, *where).order_by(table.c.id).limit(most).with_for_update()
        ids = (await self._connection.execute(found)).scalars().all()
        before = (history.c.tenant_id == self.keys.tenant, history.c.kind == table.name, history.c.name.in_(ids))
        if ids:
            await self._connection.execute(delete(history).where(*before))
            await self._connection.execute(delete(table).where(mine, table.c.id.in_(ids)))
        return len(ids)

    async def _remember(self, table: Table, row: Row) -> None:
        """As it was: the transaction that changes it keeps it. The same revision of a row is kept once."""
        kept = {name: value for name, value in row.items() if name != "mac"}
        await self.add(history, named(table, row) | {"document": json.dumps(kept, ensure_ascii=False, sort_keys=True)})

    async def as_it_was(self, table: Table, version: str, key: Mapping[str, str | int]) -> Row | None:
        """The row at that revision, whether it is still so or was before. Raises RowForged."""
        now = await self.find(table, *(table.c[name] == value for name, value in key.items()))
        if now and str(now[0]["revision"]) == version:
            return now[0]
        kept = named(table, {**key, "revision": version})
        found = await self.find(history, *(history.c[name] == value for name, value in kept.items()))
        return _unsaid(table) | json.loads(found[0]["document"]) if found else None

    def _sealed(self, table: Table, row: Mapping[str, Any]) -> Row:
        return self._seal.sealed(table, row) if "mac" in table.c else dict(row)

    def _checked(self, table: Table, row: Mapping[Any, Any]) -> Row:
        return self._seal.checked(table, row) if "mac" in table.c else dict(row)


def named(table: Table, row: Mapping[str, Any]) -> dict[str, str]:
    """Where `history` keeps a revision of a row."""
    key = [str(row[column.name]) for column in table.primary_key.columns if column.name != "tenant_id"]
    return {"kind": table.name, "name": "/".join(key), "version": str(row["revision"])}


def _unsaid(table: Table) -> Row:
    """Columns that came later say nothing of what was before."""
    return {column.name: 0 if isinstance(column.type, BigInteger) else "" for column in table.columns}


class Register:
    """The database with its keys. A forged row or a database that fails is RegisterUnavailable: nothing was decided."""

    def __init__(self, database: Database, keys: KeyRows) -> None:
        self.database, self._keys = database, keys

    async def keys_of(self, tenant: str) -> TenantKeys:
        """Opened; no connection is held while the provider is asked. Raises RegisterUnavailable."""
        try:
            return TenantKeys(tenant, *[await self._keys.open(tenant, purpose) for purpose in PURPOSES])
        except (CannotOpen, KeyUnavailable, KeyError, SQLAlchemyError, OSError) as error:
            _log.error("keys_closed", kind=type(error).__name__)
            raise RegisterUnavailable() from error

    async def rewrap(self, tenant: str) -> int:
        """All keys under the newest KEK; how many changed."""
        return await self._keys.rewrap(tenant)

    @asynccontextmanager
    async def reading(self, tenant: str) -> AsyncIterator[Rows]:
        """All statements at one moment."""
        opened = await self.keys_of(tenant)
        with refusing():
            async with self.database.snapshot(tenant) as connection:
                yield Rows(connection, opened)

    async def seen(self, tenant: str, look: Callable[[Rows], Coroutine[Any, Any, Result]]) -> Result:
        """As `reading`, in a worker thread: for what is asked all day (kernel.sql.Database.seen). `look` awaits nothing
        but its rows."""
        opened = await self.keys_of(tenant)
        with refusing():
            return await self.database.seen(tenant, lambda connection: look(Rows(connection, opened)))

    async def soon(self, tenant: str, look: Callable[[Rows], Coroutine[Any, Any, Result]]) -> Result:
        """As `seen`, for who takes power away: behind no other reader."""
        opened = await self.keys_of(tenant)
        with refusing():
            return await self.database.seen(tenant, lambda tx: look(Rows(tx, opened)), first=True)

    async def written(self, tenant: str, work: Callable[[Rows], Coroutine[Any, Any, Result]]) -> Result:
        """As `writing`, in a worker thread, where a statement does not wait for what else the loop has to do. `work`
        awaits nothing but its rows."""
        opened = await self.keys_of(tenant)
        with refusing():
            return await self.database.written(tenant, lambda tx: work(Rows(tx, opened)))

    @asynccontextmanager
    async def writing(self, tenant: str) -> AsyncIterator[Rows]:
        """Commits at the end of the block; a Problem raised in it rolls back."""
        opened = await self.keys_of(tenant)
        with refusing():
            async with self.database.writing(tenant) as connection:
                yield Rows(connection, opened)


@contextmanager
def passing_over() -> Iterator[None]:
    """What it needs is forged: an alarm, and whoever goes through many goes on with the next. Nothing may have been
    written in it before all that it needs was read."""
    try:
        yield
    except RowForged as forged:
        alarm(str(forged))


@contextmanager
def refusing() -> Iterator[None]:
    """What is not as this room wrote it, or cannot be read, is RegisterUnavailable; of what was forged an alarm."""
    try:
        yield
    except RowForged as forged:
        alarm(str(forged))
        raise RegisterUnavailable() from forged
    except (CannotOpen, SQLAlchemyError, OSError) as error:  # CannotOpen: a text that was altered or moved
        _log.error("register_failed", kind=type(error).__name__)
        raise RegisterUnavailable() from error
