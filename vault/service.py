"""The work of the vault. Keys are opened for one call; what a resident does has its line before it has effect."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from audit.contract import Audit, Ground, Permit, Receipt, Trust
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, Keyring, KeyUnavailable, kek_version, random_bytes
from kernel.errors import NoAccess, Problem
from kernel.failpoints import reached
from kernel.gather import Gatherer
from kernel.logs import logger
from kernel.sql import Database, RowForged
from kernel.sql.key_rows import KeyRows
from vault.acts import opening
from vault.contract import Bsn, Deposit, Kept, NoNumber, NoVault, ResidentRef, Value, Values, VaultUnavailable
from vault.drafts import DraftRows
from vault.erasing import Eraser, Erasure, ErasureRows
from vault.finishing import Finisher
from vault.keeping import Keeper
from vault.keys import NUMBERS, PURPOSES, TenantKeys
from vault.looking import Looker
from vault.naming import Names
from vault.opening import Opener, kek, resident_place
from vault.records import RecordRows, ResidentKey
from vault.removing import Removal, Remover
from vault.residents import ResidentRow, ResidentRows
from vault.rotation import Progress, Rewrapper
from vault.tables import keys as key_rows
from vault.tables import removals

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
        self._remover = Remover(self._rows, DraftRows(database, removals, Removal, removals.c.asked_at), audit)
        self._keeper = Keeper(self._rows, self._finisher, self._remover, ring, clock)
        self._opener = Opener(self._rows, audit, trust, ring, clock)
        self._looker = Looker(self._rows, self._opener, clock)
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

    async def behind(self, caller: Caller, subjects: Sequence[str]) -> list[ResidentRef | None]:
        """See Vault.behind."""
        async with self._keys(caller.tenant) as keys:
            found = await self._residents.behind(keys, subjects)
        return [found.get(subject) for subject in subjects]

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
            before = await self._erasures.last(keys, resident=row.id)
            if key is not None:
                return await self._eraser.erase(caller, keys, Erasure(row.id, key.version, millis(self._clock())))
            if before is None:
                raise NoVault("U heeft geen kluis.")
            return await self._eraser.erase(caller, keys, before)  # in another tab, or once more

    async def keep(self, caller: Caller, resident: ResidentRef, deposits: Sequence[Deposit]) -> list[Receipt]:
        """See Vault.keep."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            return await self._keeper.keep(caller, keys, await self._enrolled(keys, resident.id), deposits)

    async def replace(self, caller: Caller, resident: ResidentRef, deposit: Deposit, was: str | None = None) -> Receipt:
        """See Vault.replace."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            return await self._keeper.replace(caller, keys, await self._enrolled(keys, resident.id), deposit, was)

    async def remove(self, caller: Caller, resident: ResidentRef, element: str, was: str | None = None) -> Receipt:
        """See Vault.remove."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            return await self._keeper.remove(caller, keys, (await self._enrolled(keys, resident.id)).id, element, was)

    async def kept(self, caller: Caller, resident: ResidentRef) -> list[Kept]:
        """See Vault.kept."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            return await self._keeper.kept(keys, resident.id)

    async def look(
        self, caller: Caller, resident: ResidentRef, elements: Sequence[str], *, whole: bool = False
    ) -> list[Value]:
        """See Vault.look."""
        _only_by(caller, resident)
        async with self._keys(caller.tenant) as keys:
            row = await self._enrolled(keys, resident.id)
            return await self._looker.look(caller, keys, row, elements, whole=whole)

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        """See Vault.fetch."""
        return await self._fetched.ask(caller.tenant, permits)

    async def _fetch(self, tenant: str, permits: Sequence[Permit]) -> list[Values | Problem]:
        async with self._keys(tenant) as keys:
            return await self._opener.fetch(room_of(tenant, "vault"), keys, permits)

    async def rewrap_all(self, tenant: str, progress: Progress = lambda done, of: None) -> int:
        """All keys of a tenant to the newest KEK version, while everything goes on. May be broken off and run again."""
        return await Rewrapper(self._rows, self.room_keys, self._ring).run(tenant, progress)

    async def sweep(self, tenant: str) -> int:
        """Finishes what a crash left pending; how many."""
        now = millis(self._clock())
        async with self._keys(tenant) as keys:
            gone = await self._eraser.sweep(keys, now) + await self._remover.sweep(keys, now)
            return gone + await self._finisher.sweep(keys, now)

    async def returned(self, tenant: str) -> int:
        """Erases anew what a backup brought back; how many vaults and values. Once, at start."""
        now = millis(self._clock())
        async with self._keys(tenant) as keys:
            return await self._eraser.returned(keys, now) + await self._remover.returned(keys, now)

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


def _only_by(caller: Caller, resident: ResidentRef) -> None:
    if caller.kind != "inwoner" or caller.user != resident.id or caller.acting_for:
        raise NoAccess("Alleen de inwoner zelf gaat over de eigen kluis.")
