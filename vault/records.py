"""The rows that hold what residents keep: sealed values, the wrapped keys, and the acts that made them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.crypto import kek_version
from kernel.sql import Database
from kernel.sql.prepared import Prepared, any_of
from vault.contract import AlreadyKept, NotKept
from vault.tables import record_salts, records, resident_keys

PENDING, EFFECTIVE = "pending", "effective"


@dataclass(frozen=True)
class ResidentKey:
    """D[r] as it lies in the table. entry: the opening, word for word as given to the log."""

    resident: str
    version: int
    key_id: bytes
    wrapped: bytes = field(repr=False)
    kek_version: int
    entry: str
    created_at: int


@dataclass(frozen=True)
class Record:
    """One kept value, sealed. salt: without it nothing opens it."""

    record_id: str
    resident: str
    element: str
    version: int
    state: str
    envelope: bytes = field(repr=False)
    content: bytes = field(repr=False)
    entry: str
    position: str
    created_at: int
    replaces: str = ""
    salt: bytes = field(repr=False, default=b"")


class RecordRows:
    """Reads and writes; knows nothing of what is inside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keys_of(self, tenant: str, residents: Sequence[str]) -> dict[str, ResidentKey]:
        """The wrapped keys of these residents, in one statement."""
        mine = (resident_keys.c.tenant_id == tenant, resident_keys.c.resident.in_(set(residents)))
        newest_last = select(resident_keys).where(*mine).order_by(resident_keys.c.version)
        async with self._database.snapshot(tenant) as connection:
            rows = (await connection.execute(newest_last)).mappings()
            return {str(row["resident"]): _key(row) for row in rows}

    async def add_key(self, tenant: str, key: ResidentKey) -> ResidentKey:
        """Pending until its line is there. The one that counts: another instance may have been first."""
        try:
            async with self._database.writing(tenant) as connection:
                await connection.execute(resident_keys.insert().values(tenant_id=tenant, **asdict(key)))
        except IntegrityError:
            return (await self.keys_of(tenant, (key.resident,)))[key.resident]
        return key

    async def reword_key(self, tenant: str, resident: str, entry: str) -> None:
        """The opening is asked again, at another epoch."""
        mine = (resident_keys.c.tenant_id == tenant, resident_keys.c.resident == resident)
        async with self._database.writing(tenant) as connection:
            await connection.execute(update(resident_keys).where(*mine).values(entry=entry))

    async def held(self, tenant: str, wanted: Sequence[tuple[str, str]]) -> list[Record]:
        """What is kept of these (resident, element), pending or not, in one statement."""
        return _among(wanted, await self._select(tenant, _about(tenant, wanted)))

    async def sealed(
        self, tenant: str, wanted: Sequence[tuple[str, str]]
    ) -> tuple[list[Record], dict[str, ResidentKey]]:
        """What can be read of these, and the wrapped keys of their residents: two statements at one moment."""
        mine = {"tenant": tenant, "residents": list({owner for owner, _ in wanted})}
        elements = list({element for _, element in wanted})

        async def look(connection: AsyncConnection) -> tuple[list[Record], dict[str, ResidentKey]]:
            held = await _EFFECTIVE.rows(connection, elements=elements, **mine)
            rows = await _KEYS.rows(connection, **mine)
            return _among(wanted, map(_record, held)), {str(row["resident"]): _key(row) for row in rows}

        return await self._database.seen(tenant, look)

    async def unfinished(self, tenant: str, before: int, limit: int = 100) -> list[Record]:
        """Pending since before this moment (ms), the oldest first."""
        mine = [records.c.tenant_id == tenant, records.c.state == PENDING, records.c.created_at < before]
        return await self._select(tenant, mine, limit)

    async def add(self, tenant: str, new: Sequence[Record]) -> None:
        """Pending, with their salts. Raises IntegrityError when another act for such an element was first; AlreadyKept
        when that took effect meanwhile, NotKept when what it replaces went: looked at after the insert, for which such
        an act in hand waits."""
        rows = [{name: value for name, value in asdict(one).items() if name != "salt"} for one in new]
        salts = [{"tenant_id": tenant, "record_id": one.record_id, "salt": one.salt} for one in new]
        async with self._database.writing(tenant) as connection:
            await connection.execute(records.insert(), [{"tenant_id": tenant, **row} for row in rows])
            await connection.execute(record_salts.insert(), salts)
            first = [(one.resident, one.element) for one in new if not one.replaces]
            there = select(records.c.element).where(*_about(tenant, first), records.c.state == EFFECTIVE)
            if first and (taken := list(await connection.scalars(there))):
                raise AlreadyKept("Dit wordt al bewaard.", gegevenselementen=taken)
            old = {one.replaces for one in new if one.replaces}
            stands = select(records.c.record_id).where(
                records.c.tenant_id == tenant, records.c.record_id.in_(old), records.c.state == EFFECTIVE
            )
            if old and set(await connection.scalars(stands)) != old:
                raise NotKept("Er staat intussen iets anders.")

    async def reword(self, tenant: str, record_id: str, entry: str) -> None:
        """The keeping is asked again, at another epoch."""
        mine = (records.c.tenant_id == tenant, records.c.record_id == record_id, records.c.state == PENDING)
        async with self._database.writing(tenant) as connection:
            await connection.execute(update(records).where(*mine).values(entry=entry))

    async def take_effect(self, tenant: str, record: Record, position: str) -> None:
        """From now on it can be read, and what it replaces is gone. Twice is once. Raises IntegrityError where
        another one of that element can be read."""
        mine = (records.c.tenant_id == tenant, records.c.record_id == record.record_id, records.c.state == PENDING)
        async with self._database.writing(tenant) as connection:
            if record.replaces:
                await _shred(connection, tenant, record.replaces)
            await connection.execute(update(records).where(*mine).values(state=EFFECTIVE, position=position))

    async def shred(self, tenant: str, record_id: str) -> None:
        """Salt and value, whatever its state. Twice is once."""
        async with self._database.writing(tenant) as connection:
            await _shred(connection, tenant, record_id)

    async def of(self, tenant: str, resident: str) -> list[tuple[str, str, int]]:
        """Id, element and beginning (ms) of all that this resident can let be read."""
        mine = (records.c.tenant_id == tenant, records.c.resident == resident, records.c.state == EFFECTIVE)
        query = select(records.c.record_id, records.c.element, records.c.created_at).where(*mine)
        async with self._database.snapshot(tenant) as connection:
            return [(one[0], one[1], one[2]) for one in await connection.execute(query.order_by(records.c.element))]

    async def after(self, tenant: str, record_id: str, limit: int = 500) -> list[tuple[str, str, str]]:
        """A page of all values, in the order of their ids: id, owner, element."""
        query = select(records.c.record_id, records.c.resident, records.c.element)
        mine = query.where(records.c.tenant_id == tenant, records.c.record_id > record_id)
        async with self._database.snapshot(tenant) as connection:
            page = await connection.execute(mine.order_by(records.c.record_id).limit(limit))
            return [(one[0], one[1], one[2]) for one in page]

    async def drop(self, tenant: str, record_id: str) -> None:
        """A keeping that never took effect: row and salt."""
        mine = (records.c.tenant_id == tenant, records.c.record_id == record_id, records.c.state == PENDING)
        salt = (record_salts.c.tenant_id == tenant, record_salts.c.record_id == record_id)
        async with self._database.writing(tenant) as connection:
            if (await connection.execute(delete(records).where(*mine))).rowcount:
                await connection.execute(delete(record_salts).where(*salt))

    async def count_keys(self, tenant: str) -> int:
        """Residents with a key of their own."""
        async with self._database.snapshot(tenant) as connection:
            mine = select(func.count()).select_from(resident_keys).where(resident_keys.c.tenant_id == tenant)
            return int(await connection.scalar(mine) or 0)

    async def keys_after(self, tenant: str, resident: str, limit: int = 500) -> list[ResidentKey]:
        """A page of wrapped keys, in the order of their owners' ids."""
        mine = (resident_keys.c.tenant_id == tenant, resident_keys.c.resident > resident)
        page = select(resident_keys).where(*mine).order_by(resident_keys.c.resident).limit(limit)
        async with self._database.snapshot(tenant) as connection:
            return [_key(row) for row in (await connection.execute(page)).mappings()]

    async def rewrapped(self, tenant: str, key: ResidentKey, wrapped: bytes) -> None:
        """Only if it still is what was re-wrapped: a key destroyed meanwhile does not come back."""
        mine = (
            resident_keys.c.tenant_id == tenant,
            resident_keys.c.resident == key.resident,
            resident_keys.c.wrapped == key.wrapped,
        )
        change = update(resident_keys).where(*mine).values(wrapped=wrapped, kek_version=kek_version(wrapped))
        async with self._database.writing(tenant) as connection:
            await connection.execute(change)

    async def _select(
        self, tenant: str, conditions: Sequence[ColumnElement[bool]], limit: int | None = None
    ) -> list[Record]:
        oldest = _salted(conditions).order_by(records.c.created_at, records.c.record_id).limit(limit)
        async with self._database.snapshot(tenant) as connection:
            return [_record(row) for row in (await connection.execute(oldest)).mappings()]


async def overwriting(connection: AsyncConnection) -> None:
    """SQLite leaves what is deleted in its file until something else needs the room, unless it is told."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA secure_delete = ON")


async def _shred(connection: AsyncConnection, tenant: str, record_id: str) -> None:
    await overwriting(connection)
    for table in (record_salts, records):
        await connection.execute(delete(table).where(table.c.tenant_id == tenant, table.c.record_id == record_id))


def _about(tenant: str, wanted: Sequence[tuple[str, str]]) -> list[ColumnElement[bool]]:
    return [
        records.c.tenant_id == tenant,
        records.c.resident.in_({resident for resident, _ in wanted}),
        records.c.element.in_({element for _, element in wanted}),
    ]


def _among(wanted: Sequence[tuple[str, str]], found: Iterable[Record]) -> list[Record]:
    pairs = set(wanted)
    return [record for record in found if (record.resident, record.element) in pairs]


def _salted(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    salted = and_(record_salts.c.tenant_id == records.c.tenant_id, record_salts.c.record_id == records.c.record_id)
    return select(records, record_salts.c.salt).join(record_salts, salted).where(*conditions)


def _key(row: Mapping[Any, Any]) -> ResidentKey:
    return ResidentKey(**{name: value for name, value in row.items() if name != "tenant_id"})


def _record(row: Mapping[Any, Any]) -> Record:
    return Record(**{name: value for name, value in row.items() if name != "tenant_id"})


_TENANT: BindParameter[str] = bindparam("tenant")
_EFFECTIVE = Prepared(
    _salted(
        [
            records.c.tenant_id == _TENANT,
            records.c.resident.in_(any_of("residents")),
            records.c.element.in_(any_of("elements")),
            records.c.state == EFFECTIVE,
        ]
    )
)
_KEYS = Prepared(
    select(resident_keys)
    .where(resident_keys.c.tenant_id == _TENANT, resident_keys.c.resident.in_(any_of("residents")))
    .order_by(resident_keys.c.version)
)
