"""The log's own keys (trust.md 3): EK event content, IK row MACs, TK search tags, TA acts per term, A[r,y] bodies; LK
labels.

Each is wrapped under the KEK `regie/<tenant>/audit` and opened for a quarter of an hour at most. A subject's key of a
year is made when its first line is written; destroyed, the bodies of that subject and year are gone and no other. One
that `destroyed` names is kept in no memory, and never made again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sqlalchemy import RowMapping, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from audit.tables import destroyed, keys
from audit.tags import Tagger
from kernel.clock import boot_seconds
from kernel.crypto import (
    LIFE,
    CannotOpen,
    DataKey,
    KeyMemory,
    KeyPlace,
    KeyProvider,
    Keyring,
    KeyUnavailable,
    kek_version,
    sha256,
)
from kernel.sql import Database, RowSeal

BODY_KEYS = 8_192  # opened ones in memory
PAGE = 500  # keys looked at together when they are wrapped again
_KEY_AND_SALT = 64
_OWN = ("EK", "IK", "TK", "LK")
_NAME = (keys.c.purpose, keys.c.owner, keys.c.version)

Owner = tuple[str, int]  # a subject and a year of destruction


@dataclass(frozen=True)
class TenantKeys:
    """What writing and reading need besides the bodies' keys. acts: by term. escrow: the public
    key that covert bodies are sealed to, empty where none was founded. tagger: what it remembers goes when
    the keys go."""

    content: bytes
    tags: bytes
    rows: RowSeal
    labels: DataKey
    acts: Mapping[str, DataKey]
    escrow: bytes = b""

    def act(self, term: str) -> DataKey:
        """That of the acts of a term. Raises CannotOpen for a term without one."""
        found = self.acts.get(term)
        if found is None:
            raise CannotOpen
        return found

    @cached_property
    def tagger(self) -> Tagger:
        """Of `tags`. Used by the writer alone."""
        return Tagger(self.tags)


class Keychain:
    """The keys of one tenant's log. Raises KeyUnavailable and CannotOpen; no lock is held while the provider works."""

    def __init__(
        self, database: Database, provider: KeyProvider, tenant: str, life: timedelta = LIFE, escrow: bytes = b""
    ) -> None:
        self.escrow = escrow
        self._database, self._tenant, self._kek = database, tenant, f"regie/{tenant}/audit"
        self._ring = Keyring(provider, life=life)
        self._provider = provider
        self._tenant_keys: KeyMemory[str, TenantKeys] = KeyMemory(boot_seconds, life, 8)
        self._bodies: KeyMemory[Owner, DataKey] = KeyMemory(boot_seconds, life, BODY_KEYS)

    async def found(self, term: str) -> None:
        """Make the log's keys; those that are there stay."""
        await self._provider.versions(self._kek)
        await self._make([*(self._place(purpose, "", 1) for purpose in _OWN), self._place("TA", term, 1)])

    async def tenant_keys(self, term: str) -> TenantKeys:
        """Of the open term and all before it."""
        known = self._tenant_keys.get(term)
        if known is None:
            places = [self._place(purpose, "", 1) for purpose in _OWN]
            terms = {each: self._place("TA", each, 1) for each in await self.terms()}
            found = await self._read([*places, *terms.values()])
            if len(found) < len(places) + len(terms) or term not in terms:
                raise KeyUnavailable("keys of the log are missing: restore its key table")
            content, rows, tags = [found[place][:32] for place in places[:3]]
            (labels,) = [_data_key(place, found[place]) for place in places[3:]]
            acts = {each: _data_key(place, found[place]) for each, place in terms.items()}
            known = TenantKeys(content, tags, RowSeal(rows), labels, acts, self.escrow)
            self._tenant_keys.put(term, known)
        return known

    async def terms(self) -> list[str]:
        """Those that have a key for acts."""
        query = select(keys.c.owner).where(keys.c.tenant_id == self._tenant, keys.c.purpose == "TA")
        async with self._database.snapshot(self._tenant) as reading:
            return list((await reading.execute(query)).scalars())

    async def bodies(self, owners: Iterable[Owner], make: bool = False) -> dict[Owner, DataKey]:
        """The keys of these subjects and years; without `make` those that exist and are not declared destroyed: one
        that a backup brought back opens nothing. make: of owners that are `lasting`."""
        wanted = dict.fromkeys(owners)
        found = {owner: key for owner in wanted if (key := self._bodies.get(owner))}
        missing = {self._place("A", *owner): owner for owner in wanted if owner not in found}
        if missing:
            going = {} if make else await self.going(missing.values())
            missing = {place: owner for place, owner in missing.items() if not going.get(owner)}
            opened = await self._read(missing)
            if make and len(opened) < len(missing):
                await self._make([place for place in missing if place not in opened])
                opened = await self._read(missing)
            for place, raw in opened.items():
                owner = missing[place]
                found[owner] = _data_key(place, raw)
                if owner not in going:
                    self._bodies.put(owner, found[owner])
        return found

    async def lasting(self, owners: Iterable[Owner]) -> dict[Owner, int]:
        """Each with the year under which it is written: its own, or the next of which no key goes or is gone."""
        years = {owner: owner[1] for owner in owners}
        while going := await self.going(
            (s, year) for (s, _), year in years.items() if self._bodies.get((s, year)) is None
        ):
            years = {owner: year + ((owner[0], year) in going) for owner, year in years.items()}
        return years

    async def going(self, owners: Iterable[Owner]) -> dict[Owner, bool]:
        """Those whose key goes, and whether it is declared gone. A row that was made up is found by whoever reads it
        for what it says: here it only opens less."""
        wanted = list(owners)
        if not wanted:
            return {}
        which = tuple_(destroyed.c.subject, destroyed.c.year).in_(wanted)
        query = select(destroyed.c.subject, destroyed.c.year, destroyed.c.done_term != "")
        async with self._database.snapshot(self._tenant) as reading:
            found = await reading.execute(query.where(destroyed.c.tenant_id == self._tenant, which))
            return {(subject, year): bool(done) for subject, year, done in found}

    def forget(self, owners: Iterable[Owner]) -> None:
        """From this process's memory."""
        for owner in owners:
            self._bodies.forget(owner)

    async def rewrap(self, progress: Callable[[int, int], None] = lambda done, of: None) -> int:
        """Every key of this tenant's log under the newest KEK; how many changed. May be broken off and run again.
        progress: told how many were looked at, and how many there are."""
        changed, seen, last = 0, 0, ("", "", 0)
        name, mine = tuple_(*_NAME), keys.c.tenant_id == self._tenant
        page = select(keys).where(mine).order_by(*_NAME).limit(PAGE)
        async with self._database.snapshot(self._tenant) as reading:
            every = int(await reading.scalar(select(func.count()).select_from(keys).where(mine)) or 0)
        while True:
            async with self._database.snapshot(self._tenant) as reading:
                rows = list((await reading.execute(page.where(name > last))).mappings())
            for row in rows:
                changed += await self._rewrapped(row)
            seen += len(rows)
            progress(seen, max(seen, every))  # who comes meanwhile is looked at too
            if len(rows) < PAGE:
                return changed
            last = _name(rows[-1])

    async def _rewrapped(self, row: RowMapping) -> bool:
        wrapped, (purpose, owner, version) = bytes(row["wrapped"]), _name(row)
        anew = await self._ring.rewrap(self._kek, self._place(purpose, owner, version), wrapped)
        if anew == wrapped:
            return False
        mine = (keys.c.tenant_id == self._tenant, keys.c.purpose == purpose, keys.c.owner == owner)
        there = update(keys).where(*mine, keys.c.version == version, keys.c.wrapped == wrapped)
        async with self._database.writing(self._tenant) as tx:
            await tx.execute(there.values(wrapped=anew, kek_version=kek_version(anew)))
        return True

    def _place(self, purpose: str, owner: str, version: int) -> KeyPlace:
        return KeyPlace(self._tenant, "audit", purpose, owner, version)

    async def _read(self, places: Iterable[KeyPlace]) -> dict[KeyPlace, bytes]:
        return {place: await self._open(place, wrapped) for place, wrapped in (await self._wrapped(places)).items()}

    async def _wrapped(self, places: Iterable[KeyPlace]) -> dict[KeyPlace, bytes]:
        wanted = {(place.purpose, place.owner, place.version): place for place in places}
        which = tuple_(keys.c.purpose, keys.c.owner, keys.c.version).in_(wanted)
        query = select(keys).where(keys.c.tenant_id == self._tenant, which)
        async with self._database.snapshot(self._tenant) as reading:
            return {wanted[_name(row)]: row["wrapped"] for row in (await reading.execute(query)).mappings()}

    async def _open(self, place: KeyPlace, wrapped: bytes) -> bytes:
        return await self._ring.open(self._kek, place, bytes(wrapped))

    async def _make(self, places: Iterable[KeyPlace]) -> None:
        rows = []
        for place in places:
            _, wrapped = await self._ring.wrap_new(self._kek, place, _KEY_AND_SALT)
            rows.append(
                {
                    "tenant_id": self._tenant,
                    "purpose": place.purpose,
                    "owner": place.owner,
                    "version": place.version,
                    "wrapped": wrapped,
                    "kek_version": kek_version(wrapped),
                }
            )
        # Another instance may have been first: then its key counts, and ours was never used.
        make = postgresql.insert(keys) if self._database.postgres else sqlite.insert(keys)
        async with self._database.writing(self._tenant) as tx:
            await tx.execute(make.on_conflict_do_nothing(), rows)


def _name(row: RowMapping) -> tuple[str, str, int]:
    return row["purpose"], row["owner"], row["version"]


def _data_key(place: KeyPlace, raw: bytes) -> DataKey:
    return DataKey(sha256(place.aad)[:16], raw[:32], raw[32:])
