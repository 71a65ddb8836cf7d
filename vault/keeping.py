"""What a resident does with single values: keep, replace, remove, and see what is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from audit.contract import Receipt, Verdict, fence_at
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import Keyring, random_bytes
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.ids import random_id
from vault.acts import keeping
from vault.contract import AlreadyKept, Deposit, Kept, NotKept, NoVault
from vault.finishing import Finisher
from vault.keys import TenantKeys
from vault.opening import data_key
from vault.records import EFFECTIVE, PENDING, Record, RecordRows, ResidentKey
from vault.removing import Removal, Remover
from vault.residents import ResidentRow
from vault.values import place_of, sealed, text_of


@dataclass(frozen=True)
class Keeper:
    """Of an enrolled resident's own acts; whether it is them was asked before."""

    rows: RecordRows
    finisher: Finisher
    remover: Remover
    ring: Keyring
    clock: Clock

    async def keep(
        self, caller: Caller, keys: TenantKeys, row: ResidentRow, deposits: Sequence[Deposit]
    ) -> list[Receipt]:
        """See Vault.keep."""
        texts = dict(zip((one.element for one in deposits), text_of(tuple(deposits)), strict=True))
        held = await self._held(keys, row, texts)
        same = {name: one for name, text in texts.items() if (one := _same(keys, held, name, text))}
        if others := [one.element for one in held if one.element not in same]:
            raise AlreadyKept(
                "Vervang wat er staat, of haal het eerst weg.", gegevenselementen=[*dict.fromkeys(others)]
            )
        new = {name: text for name, text in texts.items() if name not in same}
        same |= {one.element: one for one in await self._pending(keys, row, [(*one, "") for one in new.items()])}
        reached("vault.keeping-pending")
        return _receipts(await self.finisher.keep(caller, keys, [same[name] for name in texts]))

    async def replace(
        self, caller: Caller, keys: TenantKeys, row: ResidentRow, deposit: Deposit, was: str | None
    ) -> Receipt:
        """See Vault.replace."""
        (text,) = text_of((deposit,))
        held = await self._held(keys, row, (deposit.element,))
        new = _same(keys, held, deposit.element, text)
        if new is None:
            old = next((one for one in held if one.state == EFFECTIVE), None)
            if old is None or was not in (None, old.record_id):
                raise NotKept("Dit staat niet in uw kluis, of er staat intussen iets anders.")
            if len(held) > 1:
                raise AlreadyKept("Dit wordt al vervangen.", gegevenselementen=[deposit.element])
            (new,) = await self._pending(keys, row, [(deposit.element, text, old.record_id)])
        reached("vault.keeping-pending")
        (receipt,) = _receipts(await self.finisher.keep(caller, keys, [new]))
        return receipt

    async def remove(self, caller: Caller, keys: TenantKeys, resident: str, element: str, was: str | None) -> Receipt:
        """See Vault.remove."""
        now, held = millis(self.clock()), await self.rows.held(keys.tenant, [(resident, element)])
        if was is not None and was not in {one.record_id for one in held}:
            held = []
        asked = [Removal(one.record_id, resident, element, now) for one in sorted(held, key=_effective_first)]
        if not asked:  # in another tab, or once more
            seen = {} if was is None else {"record_id": was}
            before = await self.remover.rows.last(keys, resident=resident, element=element, **seen)
            if before is None:
                raise NotKept("Dit staat niet in uw kluis.")
            asked = [before]
        return (await self.remover.remove(caller, keys, asked))[0]

    async def kept(self, keys: TenantKeys, resident: str) -> list[Kept]:
        """See Vault.kept."""
        return [
            Kept(id=name, element=element, since=at) for name, element, at in await self.rows.of(keys.tenant, resident)
        ]

    async def _held(self, keys: TenantKeys, row: ResidentRow, elements: Iterable[str]) -> list[Record]:
        if not row.opened_at:
            raise NoVault("Open eerst uw kluis.")
        return await self.rows.held(keys.tenant, [(row.id, element) for element in elements])

    async def _pending(
        self, keys: TenantKeys, row: ResidentRow, new: Sequence[tuple[str, bytes, str]]
    ) -> Sequence[Record]:
        """new: element, what is sealed, and the record whose place it takes."""
        if not new:
            return ()
        wrapped = (await self.rows.keys_of(keys.tenant, (row.id,)))[row.id]
        made = [await self._record(keys, row, wrapped, one) for one in new]
        try:
            await self.rows.add(keys.tenant, made)
        except IntegrityError:
            names = [record.element for record in made]
            raise AlreadyKept("Dit wordt al bewaard.", gegevenselementen=names) from None
        return made

    async def _record(
        self, keys: TenantKeys, row: ResidentRow, wrapped: ResidentKey, new: tuple[str, bytes, str]
    ) -> Record:
        (element, text, replaces), now = new, self.clock()
        record_id, salt = random_id(), random_bytes(32)
        key = await data_key(self.ring, keys.tenant, wrapped, salt)
        vault = fence_at(keys.vault_fence(row.id), wrapped.version - 1)
        about = (record_id, keys.record_fence(record_id), element)
        old = keys.record_fence(replaces) if replaces else ""
        return Record(
            record_id=record_id,
            resident=row.id,
            element=element,
            version=1,
            state=PENDING,
            envelope=sealed(key, place_of(keys.tenant, row.id, record_id, 1, element), text, millis(now)),
            content=keys.content(row.id, element, text),
            entry=keeping(keys.known(row.id), row.epoch, about, (vault,), old).model_dump_json(),
            position="",
            created_at=millis(now),
            replaces=replaces,
            salt=salt,
        )


def _same(keys: TenantKeys, held: Iterable[Record], element: str, text: bytes) -> Record | None:
    """What was given before in the same words; of two, what waits to take the place of the other."""
    mine = [one for one in held if one.element == element]
    newest = next((one for one in mine if one.state == PENDING), mine[0] if mine else None)
    return newest if newest and newest.content == keys.content(newest.resident, element, text) else None


def _effective_first(record: Record) -> bool:
    return record.state != EFFECTIVE


def _receipts(verdicts: Sequence[Verdict]) -> list[Receipt]:
    receipts: list[Receipt] = []
    for verdict in verdicts:
        if isinstance(verdict, Problem):
            raise verdict
        receipts.append(verdict)
    return receipts
