"""One value goes (AVG 17): a line first, then its salt and its row, then a line that says it is done.

A crash before the first line leaves a row that says what the resident asked; after it, a line and a value that no
permit opens any more. The sweeper goes on with both. A backup that is put back has the value again, and the log knows
better: `returned` finds such values, also those that another took the place of, by their fence, and they go once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.contract import Audit, Entry, Overtaken, Receipt, fence_at, record_one
from kernel.caller import Caller, room_of
from kernel.failpoints import reached
from kernel.logs import logger
from vault.acts import REMOVING, removed, removing
from vault.drafts import DraftRows, passing_over
from vault.keys import TenantKeys
from vault.records import RecordRows

_log = logger("vault")


@dataclass(frozen=True)
class Removal:
    """One row. position: of the line that says it is done, "" until then."""

    record_id: str
    resident: str
    element: str
    asked_at: int
    position: str = ""


@dataclass(frozen=True)
class Remover:
    """Owns the way from what was asked to what is gone."""

    kept: RecordRows
    rows: DraftRows[Removal]
    audit: Audit

    async def remove(self, caller: Caller, keys: TenantKeys, asked: Sequence[Removal]) -> list[Receipt]:
        """Their first receipts; the same again gives the same. Raises LogUnavailable, OutcomeUnknown: it goes on by
        itself."""
        for one in asked:  # all of them, before any line: a value that waits for the place of another goes with it
            await self.rows.add(keys, one)
        reached("vault.removing-asked")
        return [await self._go_on(caller, keys, one) for one in asked]

    async def sweep(self, keys: TenantKeys, now: int) -> int:
        """Goes on with what was left; how many."""
        room = room_of(keys.tenant, "vault")
        return await self.rows.swept(keys, now, lambda asked: self._go_on(room, keys, asked))

    async def returned(self, keys: TenantKeys, now: int) -> int:
        """Values that the log says are gone: somebody put a backup back. They go again; how many."""
        room, last, found = room_of(keys.tenant, "vault"), "", 0
        while page := await self.kept.after(keys.tenant, last):
            moved = await self._moved(room, keys, [record_id for record_id, _, _ in page])
            for record_id, resident, element in page:
                if kind := moved.get(keys.record_fence(record_id)):
                    _log.warning("removed_value_came_back")
                    await self._again(keys, Removal(record_id, resident, element, now), kind)
                    found += 1
            last = page[-1][0]
        return found

    async def _again(self, keys: TenantKeys, asked: Removal, kind: str) -> None:
        room = room_of(keys.tenant, "vault")
        if kind == REMOVING:
            with passing_over():  # its line stands; of a row that says another thing nothing is believed, and it goes
                await record_one(self.audit, room, self._line(keys, asked))
                await self.remove(room, keys, (asked,))
                return
        # replaced: that line says all there is to say
        await self.kept.shred(keys.tenant, asked.record_id)

    async def _moved(self, room: Caller, keys: TenantKeys, records: Sequence[str]) -> dict[str, str]:
        """The fences among theirs that moved, and the kind of line that did."""
        try:
            await self.audit.holds(room, [fence_at(keys.record_fence(one), 0) for one in records])
        except Overtaken as overtaken:
            return {move.fence: move.kind for move in overtaken.moved}
        return {}

    async def _go_on(self, caller: Caller, keys: TenantKeys, asked: Removal) -> Receipt:
        resident = keys.known(asked.resident)
        receipt = await record_one(self.audit, caller, self._line(keys, asked))
        reached("vault.removing-line")
        await self.kept.shred(keys.tenant, asked.record_id)
        reached("vault.removed")
        room = room_of(keys.tenant, "vault")
        last = await record_one(self.audit, room, removed(resident, asked.record_id, asked.element))
        await self.rows.done(keys, asked, str(last.position))
        return receipt

    def _line(self, keys: TenantKeys, asked: Removal) -> Entry:
        about = (asked.record_id, keys.record_fence(asked.record_id), asked.element)
        return removing(keys.known(asked.resident), about)
