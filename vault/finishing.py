"""From pending to effective: the line first, then the row. Whoever dies in between is finished by the sweeper.

A crash before the line leaves a pending row that nobody can read; after it, a line whose row the sweeper writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from audit.contract import Audit, Entry, EventIdTaken, Overtaken, Receipt, Verdict, fence_at, record_one
from kernel.caller import Caller, room_of
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.sql import RowForged
from vault.acts import at_epochs, goes_on, keeping, lapsing, opening
from vault.contract import VaultUnavailable
from vault.keys import TenantKeys
from vault.records import Record, RecordRows, ResidentKey
from vault.residents import ResidentRows, moved, opened

AGAIN_AFTER, DROP_AFTER = 5_000, 600_000  # ms (trust.md 2.5)
_log = logger("vault")


@dataclass(frozen=True)
class Finisher:
    """Owns the step from a pending row to an effective one."""

    residents: ResidentRows
    rows: RecordRows
    audit: Audit

    async def open(self, caller: Caller, keys: TenantKeys, key: ResidentKey) -> Receipt:
        """Raises Overtaken, LogUnavailable, OutcomeUnknown."""
        entry = _opened(keys, key)
        (verdict,) = await self.audit.record(caller, (entry,))
        if isinstance(verdict, Overtaken) and goes_on(verdict):
            entry = await self._learned(keys, key.resident, entry, verdict)
            await self.rows.reword_key(keys.tenant, key.resident, entry.model_dump_json())
            verdict = await record_one(self.audit, caller, entry)
        if isinstance(verdict, Problem):
            raise verdict
        reached("vault.opened-line")
        await self.residents.change(keys, key.resident, opened(verdict.at, str(verdict.position)))
        return verdict

    async def keep(self, caller: Caller, keys: TenantKeys, pending: Sequence[Record]) -> list[Verdict]:
        """A verdict each; effective where it is a receipt. Raises LogUnavailable, OutcomeUnknown."""
        entries = [_kept(keys, record) for record in pending]
        verdicts = await self.audit.record(caller, entries)
        reached("vault.kept-line")
        for number, (record, verdict) in enumerate(zip(pending, verdicts, strict=True)):
            if isinstance(verdict, Overtaken) and goes_on(verdict):
                verdicts[number] = await self._once_more(caller, keys, record, (entries[number], verdict))
        for record, verdict in zip(pending, verdicts, strict=True):
            if isinstance(verdict, Receipt):
                await self._take_effect(keys, record, str(verdict.position))
        return verdicts

    async def _once_more(
        self, caller: Caller, keys: TenantKeys, record: Record, before: tuple[Entry, Overtaken]
    ) -> Verdict:
        """At the epoch of now. Whose own row is not ours keeps nothing, and holds up no other."""
        try:
            entry = await self._learned(keys, record.resident, *before)
        except RowForged:
            _log.critical("row_forged", table="residents")
            return VaultUnavailable("Dit lukt nu niet; de beheerder weet ervan.")
        await self.rows.reword(keys.tenant, record.record_id, entry.model_dump_json())
        (verdict,) = await self.audit.record(caller, (entry,))
        return verdict

    async def sweep(self, keys: TenantKeys, now: int) -> int:
        """Finishes or drops what was left; how many. An unfinished opening waits for its resident to try again."""
        caller, found = room_of(keys.tenant, "vault"), await self.rows.unfinished(keys.tenant, now - AGAIN_AFTER)
        left = [record for record in found if _is_ours(keys, record)]
        # the oldest come first, so no number of newer ones keeps them waiting
        doubtful = [record for record in left if record.created_at < now - DROP_AFTER]
        again = left[len(doubtful) :]
        await self._lapse(caller, keys, doubtful)
        verdicts = await self.keep(caller, keys, again) if again else []
        judged = zip(again, verdicts, strict=True)
        await self._lapse(caller, keys, [one for one, said in judged if isinstance(said, Overtaken | EventIdTaken)])
        return len(left)

    async def _lapse(self, caller: Caller, keys: TenantKeys, pending: Sequence[Record]) -> None:
        """Dropped once a line under the id of the act says that it lapsed; kept when a line says that it was kept."""
        lapsed = [lapsing(_kept(keys, record)) for record in pending]
        verdicts = await self.audit.record(caller, lapsed) if lapsed else []
        for record, verdict in zip(pending, verdicts, strict=True):
            if isinstance(verdict, Receipt):
                # a crash before this leaves a pending row and its line: the same line again gives the same receipt
                await self.rows.drop(keys.tenant, record.record_id)
            elif isinstance(verdict, EventIdTaken):
                await self._take_effect(keys, record, str(verdict.members["position"]))
            else:
                _log.warning("pending_record_stays", code=verdict.code)

    async def _take_effect(self, keys: TenantKeys, record: Record, position: str) -> None:
        """Where another one counts already, somebody put this one back: it holds up nobody."""
        try:
            await self.rows.take_effect(keys.tenant, record, position)
        except IntegrityError:
            _log.critical("row_forged", table="records")

    async def _learned(self, keys: TenantKeys, resident: str, entry: Entry, verdict: Overtaken) -> Entry:
        """The resident's row knows the flag from now on; the act is asked again at the new epoch."""
        epochs = {move.fence: move.epoch for move in verdict.moved}
        fence = keys.known(resident).fence
        if fence in epochs:
            await self.residents.change(keys, resident, moved(epochs[fence]))
        return at_epochs(entry, verdict.moved)


def _kept(keys: TenantKeys, record: Record) -> Entry:
    """The keeping as this room makes it. Raises RowForged: nobody puts words into the log by writing them in a row."""
    fence, (stored, epoch) = keys.record_fence(record.record_id), _stored(record.entry)
    # one of before vaults could be erased says nothing of that; what opens it asks for the fence of its key anyhow
    vault = [fence_at(keys.vault_fence(record.resident), each.epoch) for each in stored.requires[2:3]]
    old = keys.record_fence(record.replaces) if record.replaces else ""
    about = (record.record_id, fence, record.element)
    return _ours(stored, keeping(keys.known(record.resident), epoch, about, vault, old))


def _is_ours(keys: TenantKeys, record: Record) -> bool:
    """A row that is not stays where it is, for people to look at, and holds up no other."""
    try:
        _kept(keys, record)
    except RowForged:
        _log.critical("row_forged", table="records")
        return False
    return True


def _opened(keys: TenantKeys, key: ResidentKey) -> Entry:
    stored, epoch = _stored(key.entry)
    # one of before that was asked says nothing of the vault's fence
    vault = [fence_at(keys.vault_fence(key.resident), key.version - 1)] if stored.requires[1:] else []
    return _ours(stored, opening(keys.known(key.resident), epoch, key.version, vault))


def _stored(text: str) -> tuple[Entry, int]:
    """The entry, and the epoch of the resident fence as far as whoever kept or opened knew. Raises RowForged."""
    try:
        entry = Entry.model_validate_json(text)
        return entry, entry.requires[0].epoch
    except (ValueError, IndexError):
        raise RowForged("entry") from None


def _ours(stored: Entry, made: Entry) -> Entry:
    if stored != made:
        raise RowForged("entry")
    return made
