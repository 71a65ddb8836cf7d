"""The work of the vault. Keys are opened for one call; what a resident does has its line before it has effect."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from audit.contract import Audit, Ground, Permit, Receipt, Trust, Verdict, fence_at
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, Keyring, KeyUnavailable, kek_version, random_bytes
from kernel.errors import NoAccess, Problem
from kernel.failpoints import reached
from kernel.gather import Gatherer
from kernel.ids import random_id
from kernel.logs import logger
from kernel.sql import Database, RowForged
from kernel.sql.key_rows import KeyRows
from vault.acts import keeping, opening
from vault.contract import AlreadyKept, Bsn, Deposit, NoNumber, NoVault, ResidentRef, Values, VaultUnavailable
from vault.erasing import Eraser, Erasure, ErasureRows
from vault.finishing import Finisher
from vault.keys import NUMBERS, PURPOSES, TenantKeys
from vault.naming import Names
from vault.opening import Opener, data_key, kek, resident_place
from vault.records import PENDING, Record, RecordRows, ResidentKey
from vault.residents import ResidentRow, ResidentRows
from vault.rotation import Progress, Rewrapper
from vault.tables import keys as key_rows
from vault.values import place_of, sealed, text_of

_log = logger("vault")
TrustNow = Callable[[], Awaitable[Trust]]


class VaultService:
    """Satisfies Vault."""

    def __init__(self, database: Database, ring: Keyring, audit: Audit, trust: TrustNow, clock: Clock) -> None:
        self.room_keys = KeyRows(database, key_rows, ring)
        self._ring, self._clock = ring, clock
        self._residents, self._rows, self._names = ResidentRows(database), RecordRows(database), Names(database)
        self._finisher = Finisher(self._residents, self._rows, audit)
        self._erasures = ErasureRows(database)
        self._eraser = Eraser(self._residents, self._rows, self._erasures, audit, ring)
        self._opener = Opener(self._rows, audit, trust, ring, clock)
        self._identified, self._fetched = Gatherer(self._identify), Gatherer(self._fetch)  # by tenant

    async def identify(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """See Vault.identify."""
        return await self._identified.ask(caller.tenant, bsns)

    async def _identify(self, tenant: str, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        async with self._keys(tenant) as keys:
            return await self._residents.refs(keys, bsns)

    async def enrol(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """See Vault.enrol."""
        async with self._keys(caller.tenant) as keys:
            refs = await self._residents.refs(keys, bsns)
            new = [bsn for bsn, ref in zip(bsns, refs, strict=True) if ref.stand_in]
            if new:
                await self._residents.add(keys, new, millis(self._clock()))
                refs = await self._residents.refs(keys, bsns)
            return refs

    async def arrive(self, caller: Caller, bsn: Bsn) -> ResidentRef:
        """See Vault.arrive."""
        (resident,) = await self.enrol(caller, (bsn,))
        async with self._keys(caller.tenant) as keys:
            number = await self.room_keys.open(keys.tenant, NUMBERS)
            await self._names.keep(keys, number, (resident.id, bsn), millis(self._clock()))
        return resident

    async def hold_number(self, caller: Caller, resident: ResidentRef) -> None:
        """See Vault.hold_number."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            held = await self._names.hold(keys, resident.id, millis(self._clock()))
        if not held:
            raise NoNumber("Log opnieuw in.")

    async def forget_numbers(self, tenant: str) -> None:
        """Of who logged in, and held on to none."""
        async with self._keys(tenant) as keys:
            await self._names.forget(keys, millis(self._clock()))

    async def recognise(self, caller: Caller, names: Sequence[str]) -> list[ResidentRef]:
        """See Vault.recognise."""
        async with self._keys(caller.tenant) as keys:
            return await self._names.meant(keys, caller.organisation, names)

    async def name(self, caller: Caller, residents: Sequence[ResidentRef]) -> list[str]:
        """See Vault.name."""
        if not caller.organisation or any(one.stand_in for one in residents):
            raise NoAccess("Alleen een ontvanger noemt inwoners bij een eigen naam.")
        async with self._keys(caller.tenant) as keys:
            return await self._names.given(keys, caller.organisation, [one.id for one in residents])

    async def numbers(self, caller: Caller, permits: Sequence[Permit]) -> list[Bsn | Problem]:
        """See Vault.numbers."""
        async with self._keys(caller.tenant) as keys:
            verdicts = await self._opener.standing(room_of(caller.tenant, "vault"), permits)
            mine = [ground.inwoner for ground in verdicts if isinstance(ground, Ground)]
            number = await self.room_keys.open(keys.tenant, NUMBERS)
            found = await self._names.numbers(keys, number, mine) if mine else {}
        return [found.get(one.inwoner, NoNumber()) if isinstance(one, Ground) else one for one in verdicts]

    async def opened(self, caller: Caller, resident: ResidentRef) -> bool:
        """See Vault.opened."""
        async with self._keys(caller.tenant) as keys:
            row = (await self._residents.get(keys, (resident.id,))).get(resident.id)
            return row is not None and row.opened_at > 0

    async def open_vault(self, caller: Caller, resident: ResidentRef) -> Receipt:
        """See Vault.open_vault."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            row = await self._enrolled(keys, resident.id)
            key = (await self._rows.keys_of(keys.tenant, (row.id,))).get(row.id) or await self._new_key(keys, row)
            reached("vault.opening-pending")
            return await self._finisher.open(caller, keys, key)

    async def erase(self, caller: Caller, resident: ResidentRef) -> Receipt:
        """See Vault.erase."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            row = await self._enrolled(keys, resident.id)
            key = (await self._rows.keys_of(keys.tenant, (row.id,))).get(row.id)
            before = await self._erasures.of(keys, row.id)
            if key is not None:
                return await self._eraser.erase(caller, keys, Erasure(row.id, key.version, millis(self._clock())))
            if before is None:
                raise NoVault("U heeft geen kluis.")
            return await self._eraser.erase(caller, keys, before)  # in another tab, or once more

    async def keep(self, caller: Caller, resident: ResidentRef, deposits: Sequence[Deposit]) -> list[Receipt]:
        """See Vault.keep."""
        _only_by(caller, resident)
        texts = text_of(tuple(deposits))
        async with self._keys(caller.tenant) as keys:
            row = await self._enrolled(keys, resident.id)
            if not row.opened_at:
                raise NoVault("Open eerst uw kluis.")
            wanted = [(row.id, deposit.element) for deposit in deposits]
            held = {record.element: record for record in await self._rows.held(keys.tenant, wanted)}
            _same(keys, row.id, dict(zip((d.element for d in deposits), texts, strict=True)), held)
            new = [(d, t) for d, t in zip(deposits, texts, strict=True) if d.element not in held]
            held |= {record.element: record for record in await self._sealed(keys, row, new)}
            reached("vault.keeping-pending")
            verdicts = await self._finisher.keep(caller, keys, [held[deposit.element] for deposit in deposits])
        return _receipts(verdicts)

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        """See Vault.fetch."""
        return await self._fetched.ask(caller.tenant, permits)

    async def _fetch(self, tenant: str, permits: Sequence[Permit]) -> list[Values | Problem]:
        async with self._keys(tenant) as keys:
            return await self._opener.fetch(room_of(tenant, "vault"), keys, permits)

    async def rewrap_all(self, tenant: str, progress: Progress = lambda done: None) -> int:
        """All keys of a tenant to the newest KEK version, while everything goes on. May be broken off and run again."""
        return await Rewrapper(self._rows, self.room_keys, self._ring).run(tenant, progress)

    async def sweep(self, tenant: str) -> int:
        """Finishes what a crash left pending; how many."""
        now = millis(self._clock())
        async with self._keys(tenant) as keys:
            return await self._eraser.sweep(keys, now) + await self._finisher.sweep(keys, now)

    async def returned(self, tenant: str) -> int:
        """Erases anew what a backup brought back; how many vaults. Once, at start."""
        async with self._keys(tenant) as keys:
            return await self._eraser.returned(keys, millis(self._clock()))

    @asynccontextmanager
    async def _keys(self, tenant: str) -> AsyncIterator[TenantKeys]:
        """The tenant's keys for one call; what goes wrong below becomes VaultUnavailable, without its text."""
        try:
            opened = [await self.room_keys.open(tenant, purpose) for purpose in PURPOSES]
            yield TenantKeys(tenant, *opened)
        except (KeyUnavailable, CannotOpen, RowForged, SQLAlchemyError, KeyError, TimeoutError) as error:
            failure = VaultUnavailable("De kluis kan nu niet open; er is niets geopend.")
            _log.error("vault_failed", exc_info=error)
        else:
            return
        raise failure  # outside the handler: a database's text may quote what was asked

    async def _enrolled(self, keys: TenantKeys, resident: str) -> ResidentRow:
        row = (await self._residents.get(keys, (resident,))).get(resident)
        if row is None:
            raise NoVault("Log eerst in.")
        return row

    async def _new_key(self, keys: TenantKeys, row: ResidentRow) -> ResidentKey:
        now = self._clock()
        vault = await self._eraser.next_vault(keys, row.id)
        version = vault.epoch + 1
        entry = opening(keys.known(row.id), row.epoch, version, (vault,))
        blank = ResidentKey(row.id, version, random_bytes(16), b"", 0, entry.model_dump_json(), millis(now))
        _, wrapped = await self._ring.wrap_new(kek(keys.tenant), resident_place(keys.tenant, blank))
        return await self._rows.add_key(
            keys.tenant,
            replace(blank, wrapped=wrapped, kek_version=kek_version(wrapped)),
        )

    async def _sealed(
        self, keys: TenantKeys, row: ResidentRow, new: Sequence[tuple[Deposit, bytes]]
    ) -> Sequence[Record]:
        if not new:
            return ()
        wrapped = (await self._rows.keys_of(keys.tenant, (row.id,)))[row.id]
        made = [await self._record(keys, row, wrapped, deposit.element, text) for deposit, text in new]
        try:
            await self._rows.add(keys.tenant, made)
        except IntegrityError:
            names = [record.element for record in made]
            raise AlreadyKept("Dit wordt al bewaard.", gegevenselementen=names) from None
        return made

    async def _record(
        self, keys: TenantKeys, row: ResidentRow, wrapped: ResidentKey, element: str, text: bytes
    ) -> Record:
        now, record_id, salt = self._clock(), random_id(), random_bytes(32)
        key = await data_key(self._ring, keys.tenant, wrapped, salt)
        fence = keys.record_fence(record_id)
        vault = fence_at(keys.vault_fence(row.id), wrapped.version - 1)
        entry = keeping(keys.known(row.id), row.epoch, (record_id, fence, element), (vault,))
        return Record(
            record_id=record_id,
            resident=row.id,
            element=element,
            version=1,
            epoch=0,
            state=PENDING,
            envelope=sealed(key, place_of(keys.tenant, row.id, record_id, 1, element), text, millis(now)),
            content=keys.content(row.id, element, text),
            entry=entry.model_dump_json(),
            position="",
            created_at=millis(now),
            salt=salt,
        )


def _only_by(caller: Caller, resident: ResidentRef) -> None:
    if caller.kind != "inwoner" or caller.user != resident.id:
        raise NoAccess("Alleen de inwoner zelf gaat over de eigen kluis.")


def _same(keys: TenantKeys, resident: str, given: dict[str, bytes], held: dict[str, Record]) -> None:
    other = [name for name, record in held.items() if record.content != keys.content(resident, name, given[name])]
    if other:
        raise AlreadyKept("Vervangen kan hier nog niet.", gegevenselementen=other)


def _receipts(verdicts: Sequence[Verdict]) -> list[Receipt]:
    receipts: list[Receipt] = []
    for verdict in verdicts:
        if isinstance(verdict, Problem):
            raise verdict
        receipts.append(verdict)
    return receipts
