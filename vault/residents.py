"""The rows that say who is who. Every row is checked against its MAC before anything is believed of it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.contract import Position
from kernel.ids import random_id
from kernel.sql import Database, RowForged
from kernel.sql.prepared import Prepared, Row, any_of
from vault.contract import Bsn, ResidentRef
from vault.keys import TenantKeys
from vault.tables import residents

WALKED = 5_000  # ids read at once
_BY_INDEX = Prepared(
    select(residents).where(residents.c.tenant_id == bindparam("tenant"), residents.c.bsn_index.in_(any_of("indexes")))
)


@dataclass(frozen=True)
class ResidentRow:
    """What this room knows of an enrolled resident. epoch: where the resident fence stood when it was written."""

    id: str
    bsn_index: bytes
    enrolled_at: int
    opened_at: int
    epoch: int
    position: str


class ResidentRows:
    """Reads and writes of one table. Raises RowForged for a row that is not ours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def refs(self, keys: TenantKeys, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """In order, in ONE statement. Known and unknown numbers cost the same: both are derived and checked."""
        indexes = [keys.bsn_index(bsn) for bsn in bsns]

        async def look(connection: AsyncConnection) -> dict[bytes, Row]:
            found = await _BY_INDEX.rows(connection, tenant=keys.tenant, indexes=indexes)
            return {bytes(row["bsn_index"]): row for row in found}

        rows = await self._database.seen(keys.tenant, look)
        return [self._ref(keys, index, rows.get(index)) for index in indexes]

    def _ref(self, keys: TenantKeys, index: bytes, row: Row | None) -> ResidentRef:
        stand_in = keys.stand_in(index)
        nobody = keys.seal.sealed(residents, _new(keys.tenant, stand_in.id, index, 0))
        checked = keys.seal.checked(residents, row or nobody)
        known = keys.known(str(checked["id"]))
        return known if row else stand_in

    async def add(self, keys: TenantKeys, bsns: Sequence[Bsn], now: int) -> None:
        """An index row for each; one that is there already stays as it is."""
        rows = [_new(keys.tenant, random_id(), keys.bsn_index(bsn), now) for bsn in bsns]
        sealed = [keys.seal.sealed(residents, row) for row in rows]
        insert = postgresql.insert if self._database.postgres else sqlite.insert
        async with self._database.writing(keys.tenant) as connection:
            for row in sealed:  # an executemany cannot skip the rows that are there
                await connection.execute(insert(residents).values(row).on_conflict_do_nothing())

    async def get(self, keys: TenantKeys, ids: Sequence[str]) -> dict[str, ResidentRow]:
        """The enrolled ones among these, by id."""
        wanted = select(residents).where(residents.c.tenant_id == keys.tenant, residents.c.id.in_(set(ids)))
        async with self._database.snapshot(keys.tenant) as connection:
            rows = list((await connection.execute(wanted)).mappings())
        return {str(row["id"]): _read(keys, row) for row in rows}

    async def behind(self, keys: TenantKeys, subjects: Collection[str]) -> dict[str, ResidentRef]:
        """Whom the log calls so, by that. No row says it: each id is hashed until all were found. A row that somebody
        wrote makes nobody, for the id is the whole of it."""
        wanted, after, found = set(subjects), "", dict[str, ResidentRef]()
        while len(found) < len(wanted):
            page = select(residents.c.id).where(residents.c.tenant_id == keys.tenant, residents.c.id > after)
            async with self._database.snapshot(keys.tenant) as connection:
                ids = [str(one) for one in await connection.scalars(page.order_by(residents.c.id).limit(WALKED))]
            found |= {subject: keys.known(one) for one in ids if (subject := keys.subject(one)) in wanted}
            if len(ids) < WALKED:
                break
            after = ids[-1]
        return found

    async def change(self, keys: TenantKeys, resident: str, change: Callable[[ResidentRow], dict[str, object]]) -> None:
        """Writes what `change` makes of the row as it stands, under its lock; {} changes nothing."""
        mine = (residents.c.tenant_id == keys.tenant, residents.c.id == resident)
        async with self._database.writing(keys.tenant) as connection:
            row = (await connection.execute(select(residents).where(*mine).with_for_update())).mappings().first()
            if row is None:
                raise RowForged(residents.name)
            changed = change(_read(keys, row))
            if changed:
                sealed = keys.seal.sealed(residents, {**row, **changed})
                await connection.execute(update(residents).where(*mine).values(sealed))


def opened(at: int, position: str) -> Callable[[ResidentRow], dict[str, object]]:
    """The vault is open since its line; the first time counts, and none that stands before an erasure."""
    open_now = {"opened_at": at, "position": position}
    return lambda row: open_now if not row.opened_at and _later(position, row.position) else {}


def closed(position: str) -> Callable[[ResidentRow], dict[str, object]]:
    """The vault is gone since that line; not one that was opened after it."""
    return lambda row: {"opened_at": 0, "position": position} if _later(position, row.position) else {}


def moved(epoch: int) -> Callable[[ResidentRow], dict[str, object]]:
    """The resident fence stands there now. Only upwards: order and repetition do not matter."""
    return lambda row: {"epoch": epoch} if epoch > row.epoch else {}


def _later(position: str, than: str) -> bool:
    return not than or Position.parse(than) < Position.parse(position)


def _new(tenant: str, resident: str, index: bytes, now: int) -> dict[str, object]:
    row = {"tenant_id": tenant, "id": resident, "bsn_index": index, "enrolled_at": now}
    return {**row, "opened_at": 0, "epoch": 0, "position": ""}


def _read(keys: TenantKeys, row: RowMapping) -> ResidentRow:
    checked = keys.seal.checked(residents, dict(row))
    return ResidentRow(**{name: value for name, value in checked.items() if name != "tenant_id"})
