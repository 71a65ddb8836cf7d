"""A resident's whole vault goes (trust.md 2.5, AVG 17): a line first, then its key, salts and values, then a line that
says it is done. Lines about it stay: they are the log's, and hold no value.

A crash before the first line leaves a row that says what the resident asked; after it, a line and a vault that no
permit opens any more. The sweeper goes on with both. A backup that is put back has the key again, and the log knows
better: `returned` finds such vaults by their fence, and they go once more.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, RowMapping, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.contract import Audit, Overtaken, Receipt, fence_at, record_one
from kernel.caller import Caller, room_of
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.sql import Database, RowForged
from vault.acts import ERASING, erased, erasing
from vault.keys import TenantKeys
from vault.records import RecordRows
from vault.residents import ResidentRows, closed
from vault.tables import erasures, record_salts, records, resident_keys

AGAIN_AFTER = 5_000  # ms
_log = logger("vault")


@dataclass(frozen=True)
class Erasure:
    """One row. version: of the D[r] that goes. position: of the line that says it is done, "" until then."""

    resident: str
    version: int
    asked_at: int
    position: str = ""


class ErasureRows:
    """Reads and writes of one table. Raises RowForged for a row that is not ours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, keys: TenantKeys, resident: str) -> Erasure | None:
        """The last one of this resident."""
        mine = (erasures.c.tenant_id == keys.tenant, erasures.c.resident == resident)
        query = select(erasures).where(*mine).order_by(erasures.c.version.desc()).limit(1)
        async with self._database.snapshot(keys.tenant) as connection:
            row = (await connection.execute(query)).mappings().first()
        return _read(keys, row) if row else None

    async def unfinished(self, keys: TenantKeys, before: int, limit: int = 100) -> list[Erasure]:
        """Asked before this moment (ms) and not done, the oldest first. A row that is not ours holds up no other."""
        mine = (erasures.c.tenant_id == keys.tenant, erasures.c.position == "", erasures.c.asked_at < before)
        query = select(erasures).where(*mine).order_by(erasures.c.asked_at, erasures.c.resident).limit(limit)
        async with self._database.snapshot(keys.tenant) as connection:
            rows = list((await connection.execute(query)).mappings())
        return [one for row in rows if (one := _ours(keys, row))]

    async def add(self, keys: TenantKeys, asked: Erasure) -> None:
        """One that is there already stays as it is, done or not."""
        insert = postgresql.insert if self._database.postgres else sqlite.insert
        sealed = keys.seal.sealed(erasures, _row(keys.tenant, asked))
        async with self._database.writing(keys.tenant) as connection:
            await connection.execute(insert(erasures).values(sealed).on_conflict_do_nothing())

    async def done(self, keys: TenantKeys, asked: Erasure, position: str) -> None:
        """Its last line is there."""
        mine = (erasures.c.resident == asked.resident, erasures.c.version == asked.version)
        row = _row(keys.tenant, asked) | {"position": position}
        change = update(erasures).where(erasures.c.tenant_id == keys.tenant, *mine)
        async with self._database.writing(keys.tenant) as connection:
            await connection.execute(change.values(keys.seal.sealed(erasures, row)))

    async def shred(self, keys: TenantKeys, asked: Erasure) -> None:
        """Wrapped key, salts and values, in one transaction; what came after this version stays. Twice is once."""
        theirs = [records.c.tenant_id == keys.tenant, records.c.resident == asked.resident]
        going = select(resident_keys.c.resident).where(*_going(keys, asked))
        kept = select(records.c.record_id).where(*theirs, records.c.resident.in_(going))
        salts = delete(record_salts).where(record_salts.c.tenant_id == keys.tenant, record_salts.c.record_id.in_(kept))
        async with self._database.writing(keys.tenant) as connection:
            await _overwriting(connection)
            await connection.execute(salts)
            await connection.execute(delete(records).where(*theirs, records.c.resident.in_(going)))
            await connection.execute(delete(resident_keys).where(*_going(keys, asked)))


@dataclass(frozen=True)
class Eraser:
    """Owns the way from what was asked to what is gone."""

    residents: ResidentRows
    kept: RecordRows
    rows: ErasureRows
    audit: Audit

    async def erase(self, caller: Caller, keys: TenantKeys, asked: Erasure) -> Receipt:
        """Its first receipt; the same again gives the same. Raises LogUnavailable, OutcomeUnknown: it goes on by
        itself."""
        await self.rows.add(keys, asked)
        reached("vault.erasing-asked")
        return await self._go_on(caller, keys, asked)

    async def sweep(self, keys: TenantKeys, now: int) -> int:
        """Goes on with what was left; how many."""
        found = await self.rows.unfinished(keys, now - AGAIN_AFTER)
        for asked in found:
            await self._go_on(room_of(keys.tenant, "vault"), keys, asked)
        return len(found)

    async def returned(self, keys: TenantKeys, now: int) -> int:
        """Vaults with a key that the log says is gone: somebody put a backup back. They are erased again; how many."""
        caller, last, found = room_of(keys.tenant, "vault"), "", 0
        while page := await self.kept.keys_after(keys.tenant, last):
            fences = {keys.vault_fence(key.resident): key for key in page}
            try:
                await self.audit.holds(caller, [fence_at(name, key.version - 1) for name, key in fences.items()])
            except Overtaken as overtaken:
                gone = [fences[move.fence] for move in overtaken.moved if move.kind == ERASING and move.fence in fences]
                for key in gone:
                    _log.warning("erased_vault_came_back")
                    await self.erase(caller, keys, Erasure(key.resident, key.version, now))
                found += len(gone)
            last = page[-1].resident
        return found

    async def _go_on(self, caller: Caller, keys: TenantKeys, asked: Erasure) -> Receipt:
        resident, fence = keys.known(asked.resident), keys.vault_fence(asked.resident)
        receipt = await record_one(self.audit, caller, erasing(resident, fence, asked.version))
        reached("vault.erasing-line")
        await self.residents.change(keys, asked.resident, closed(str(receipt.position)))
        await self.rows.shred(keys, asked)
        reached("vault.shredded")
        last = await record_one(self.audit, room_of(keys.tenant, "vault"), erased(resident, asked.version))
        await self.rows.done(keys, asked, str(last.position))
        return receipt


async def _overwriting(connection: AsyncConnection) -> None:
    """SQLite leaves what is deleted in its file until something else needs the room, unless it is told."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _going(keys: TenantKeys, asked: Erasure) -> list[ColumnElement[bool]]:
    """The key that goes. A vault that was opened again has one of a later version, and values under it."""
    return [
        resident_keys.c.tenant_id == keys.tenant,
        resident_keys.c.resident == asked.resident,
        resident_keys.c.version <= asked.version,
    ]


def _row(tenant: str, asked: Erasure) -> dict[str, object]:
    return {"tenant_id": tenant, **asdict(asked)}


def _read(keys: TenantKeys, row: RowMapping) -> Erasure:
    checked = keys.seal.checked(erasures, dict(row))
    return Erasure(**{name: value for name, value in checked.items() if name != "tenant_id"})


def _ours(keys: TenantKeys, row: RowMapping) -> Erasure | None:
    """None for a row that is not: it stays where it is, for people to look at."""
    try:
        return _read(keys, row)
    except RowForged:
        _log.critical("row_forged", table="erasures")
        return None
