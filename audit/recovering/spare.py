"""The log's keys, with those that came back with lines: wrapped, so only our KEK opens them. No table has them yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.copied import CopiedKey
from audit.keychain import Keychain, Owner
from kernel.crypto import CannotOpen, KeyPlace, KeyProvider
from kernel.sql import Database

BODIES = "A"
Row = tuple[str, str, str, int, bytes, int]


@dataclass(frozen=True)
class Spare:
    """A row of `keys`. version: see `audit.tables`."""

    purpose: str
    owner: str
    version: int
    wrapped: bytes
    kek_version: int

    def row(self, tenant: str) -> Row:
        """In the order of the table."""
        return tenant, self.purpose, self.owner, self.version, self.wrapped, self.kek_version


class SpareKeychain(Keychain):
    """A key that the table has counts; else the first spare one that opens. One that cannot be opened any more, because
    its KEK version is gone, leaves its lines unread."""

    def __init__(self, database: Database, provider: KeyProvider, tenant: str) -> None:
        super().__init__(database, provider, tenant)
        self.spare: dict[KeyPlace, list[Spare]] = {}  # newest KEK first

    def take(self, keys: Iterable[Spare]) -> None:
        """From now on these may be used as well."""
        for each in keys:
            known = self.spare.setdefault(self._place(each.purpose, each.owner, each.version), [])
            if each not in known:
                known.append(each)

    def take_own(self, keys: Sequence[CopiedKey]) -> None:
        """The same, of keys that belong to no subject."""
        self.take(Spare(each.purpose, each.owner, 1, each.wrapped, each.kek_version) for each in keys)

    async def opening(self, owners: Iterable[Owner], terms: Iterable[str]) -> list[Spare]:
        """Of these subjects' keys, the log's own and those of these terms the ones to be put into the table, where it
        has none. Raises KeyUnavailable."""
        places = [self._place(BODIES, *owner) for owner in owners]
        places += [place for place in self.spare if place.purpose != BODIES and place.owner in ("", *terms)]
        found = [await self._first(place) for place in dict.fromkeys(places)]
        return [one for one in found if one is not None]

    async def terms(self) -> list[str]:
        """Those that have a key for acts, in the table, or spare and ours."""
        acts = [place for place in self.spare if place.purpose == "TA"]
        spare = {place.owner for place in acts if await self._first(place)}
        return sorted({*await super().terms(), *spare})

    async def _read(self, places: Iterable[KeyPlace]) -> dict[KeyPlace, bytes]:
        wanted = list(places)
        stored = await self._wrapped(wanted)
        found = {}
        for place in wanted:
            given = [bytes(stored[place])] if place in stored else []
            for wrapped in [*given, *(each.wrapped for each in self.spare.get(place, ()))]:
                try:
                    found[place] = await self._open(place, wrapped)
                    break
                except CannotOpen:
                    continue
        return found

    async def _first(self, place: KeyPlace) -> Spare | None:
        """One that opens; else any, as the table had it: then it is known that there was one."""
        known = self.spare.get(place, [])
        for each in known:
            try:
                await self._open(place, each.wrapped)
                return each
            except CannotOpen:
                continue
        return known[0] if known and place.purpose == BODIES else None
