"""A resident's whole vault goes (trust.md 2.5, AVG 17): a line first, then its key, salts and values, then a line that
says it is done. Lines about it stay: they are the log's, and hold no value.

A crash before the first line leaves a row that says what the resident asked; after it, a line and a vault that no
permit opens any more. The sweeper goes on with both. A backup that is put back has the key again, and the log knows
better: `returned` finds such vaults by their fence, and they go once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select

from audit.contract import Audit, FenceAt, LogUnavailable, Overtaken, Receipt, fence_at, record_one
from kernel.caller import Caller, room_of
from kernel.crypto import KeyPlace, Keyring
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.sql import Database
from vault.acts import ERASING, erased, erasing
from vault.contract import NoVault
from vault.drafts import DraftRows, passing_over
from vault.keys import TenantKeys
from vault.opening import kek
from vault.records import RecordRows, ResidentKey, overwriting
from vault.residents import ResidentRows, closed
from vault.tables import erasures, record_salts, records, resident_keys

_log = logger("vault")


@dataclass(frozen=True)
class Erasure:
    """One row. version: of the D[r] that goes. position: of the line that says it is done, "" until then."""

    resident: str
    version: int
    asked_at: int
    position: str = ""


class ErasureRows(DraftRows[Erasure]):
    """Reads and writes of one table. Raises RowForged for a row that is not ours."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, erasures, Erasure, erasures.c.version)

    async def shred(self, keys: TenantKeys, asked: Erasure) -> None:
        """Wrapped key, salts and values, in one transaction; what came after this version stays. Twice is once."""
        going = select(resident_keys.c.resident).where(*_going(keys, asked))
        later = select(resident_keys.c.resident).where(*_after(keys, asked))
        theirs = [
            *(records.c.tenant_id == keys.tenant, records.c.resident == asked.resident),
            *(records.c.resident.in_(going), records.c.resident.not_in(later)),
        ]
        kept = select(records.c.record_id).where(*theirs)
        salts = delete(record_salts).where(record_salts.c.tenant_id == keys.tenant, record_salts.c.record_id.in_(kept))
        async with self._database.writing(keys.tenant) as connection:
            await overwriting(connection)
            await connection.execute(salts)
            await connection.execute(delete(records).where(*theirs))
            await connection.execute(delete(resident_keys).where(*_going(keys, asked)))


@dataclass(frozen=True)
class Eraser:
    """Owns the way from what was asked to what is gone."""

    residents: ResidentRows
    kept: RecordRows
    rows: ErasureRows
    audit: Audit
    ring: Keyring

    async def erase(self, caller: Caller, keys: TenantKeys, asked: Erasure) -> Receipt:
        """Its first receipt; the same again gives the same. Raises LogUnavailable, OutcomeUnknown: it goes on by
        itself."""
        await self.rows.add(keys, asked)
        reached("vault.erasing-asked")
        return await self._go_on(caller, keys, asked)

    async def sweep(self, keys: TenantKeys, now: int) -> int:
        """Goes on with what was left; how many."""
        room = room_of(keys.tenant, "vault")
        return await self.rows.swept(keys, now, lambda asked: self._go_on(room, keys, asked))

    async def next_vault(self, keys: TenantKeys, resident: str) -> FenceAt:
        """Where the fence of a vault stands that is opened anew: at one less than the version of its key. The log may
        know of an erasure that the database forgot. Raises NoVault while it is being erased."""
        before = await self.rows.last(keys, resident=resident)
        if before and not before.position:
            raise NoVault("Uw kluis wordt nog gewist. Probeer het straks opnieuw.")
        fence = fence_at(keys.vault_fence(resident), before.version if before else 0)
        try:
            await self.audit.holds(room_of(keys.tenant, "vault"), (fence,))
        except Overtaken as overtaken:
            return fence_at(fence.fence, max(move.epoch for move in overtaken.moved))
        return fence

    async def returned(self, keys: TenantKeys, now: int) -> int:
        """Vaults with a key that the log says is gone: somebody put a backup back. They are erased again; how many."""
        caller, last, found = room_of(keys.tenant, "vault"), "", 0
        while page := await self.kept.keys_after(keys.tenant, last):
            gone = await self._gone(caller, keys, page)
            for key in gone:
                _log.warning("erased_vault_came_back")
                with passing_over():
                    await self.erase(caller, keys, Erasure(key.resident, key.version, now))
            found += len(gone)
            last = page[-1].resident
        return found

    async def _gone(self, caller: Caller, keys: TenantKeys, some: Sequence[ResidentKey]) -> list[ResidentKey]:
        """Those that the log says are gone. One of which the log says nothing good is nobody's, and hides no other."""
        fences = {(keys.vault_fence(key.resident), key.version - 1): key for key in some}
        try:
            await self.audit.holds(caller, [fence_at(*at) for at in fences])
        except Overtaken as overtaken:
            moved = {move.fence: move.epoch for move in overtaken.moved if move.kind == ERASING}
            return [key for (fence, epoch), key in fences.items() if moved.get(fence, epoch) > epoch]
        except LogUnavailable:
            await self.audit.holds(caller, ())  # is it the log that is away?
            if len(some) == 1:
                _log.critical("row_forged", table="resident_keys")
                return []
            half = len(some) // 2
            return [*await self._gone(caller, keys, some[:half]), *await self._gone(caller, keys, some[half:])]
        return []

    async def _go_on(self, caller: Caller, keys: TenantKeys, asked: Erasure) -> Receipt:
        resident, fence = keys.known(asked.resident), keys.vault_fence(asked.resident)
        receipt = await record_one(self.audit, caller, erasing(resident, fence, asked.version))
        reached("vault.erasing-line")
        await self.rows.shred(keys, asked)
        self.ring.forget(kek(keys.tenant), KeyPlace(keys.tenant, "vault", "D", asked.resident, asked.version))
        reached("vault.shredded")
        # after it: what was kept goes whatever somebody wrote in this row
        await self.residents.change(keys, asked.resident, closed(str(receipt.position)))
        last = await record_one(self.audit, room_of(keys.tenant, "vault"), erased(resident, asked.version))
        await self.rows.done(keys, asked, str(last.position))
        return receipt


def _going(keys: TenantKeys, asked: Erasure) -> list[ColumnElement[bool]]:
    """The key that goes."""
    mine = [resident_keys.c.tenant_id == keys.tenant, resident_keys.c.resident == asked.resident]
    return [*mine, resident_keys.c.version <= asked.version]


def _after(keys: TenantKeys, asked: Erasure) -> list[ColumnElement[bool]]:
    """Of a vault that was opened again: all values are under that key."""
    mine = [resident_keys.c.tenant_id == keys.tenant, resident_keys.c.resident == asked.resident]
    return [*mine, resident_keys.c.version > asked.version]
