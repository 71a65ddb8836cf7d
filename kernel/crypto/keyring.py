"""A room's own data keys: random, wrapped under the room's KEK, bound to the row in which they lie."""

from dataclasses import dataclass
from datetime import timedelta

from kernel.clock import BootClock, boot_seconds
from kernel.crypto.keys import KeyProvider, kek_version
from kernel.crypto.memory import LIFE, KeyMemory
from kernel.crypto.primitives import KEY, pae, random_bytes


@dataclass(frozen=True)
class KeyPlace:
    """The row of a key table. A wrapped key that is copied to another row does not open there."""

    tenant: str
    room: str
    purpose: str
    owner: str
    version: int

    @property
    def aad(self) -> bytes:
        """pae(tenant, room, purpose, owner, u64 version)."""
        words = (self.tenant, self.room, self.purpose, self.owner)
        return pae([*map(str.encode, words), self.version.to_bytes(8, "big")])


class Keyring:
    """Makes, opens and re-wraps data keys; remembers opened ones (`life`, `size`). Raises what the provider raises.
    The wrapped bytes are the caller's to keep; deleting them, then `forget`, is how a key dies."""

    def __init__(
        self,
        provider: KeyProvider,
        clock: BootClock = boot_seconds,
        life: timedelta = LIFE,
        size: int = 1024,
    ) -> None:
        self._provider = provider
        self._opened: KeyMemory[tuple[str, KeyPlace], tuple[bytes, bytes]] = KeyMemory(clock, life, size)

    async def wrap_new(self, kek_name: str, place: KeyPlace, size: int = KEY) -> tuple[bytes, bytes]:
        """A new key of `size` random bytes and its wrapped form. Not remembered: the row may never be committed."""
        key = random_bytes(size)
        return key, await self._provider.wrap(kek_name, key, place.aad)

    async def open(self, kek_name: str, place: KeyPlace, wrapped: bytes) -> bytes:
        """The key. Raises CannotOpen, KeyUnavailable."""
        remembered = self._opened.get((kek_name, place))
        if remembered and remembered[0] == wrapped:  # other bytes must prove themselves, or tampering would go unseen
            return remembered[1]
        key = await self._provider.unwrap(kek_name, wrapped, place.aad)
        self._opened.put((kek_name, place), (wrapped, key))
        return key

    async def rewrap(self, kek_name: str, place: KeyPlace, wrapped: bytes) -> bytes:
        """The same key under the newest KEK; the same bytes if it is there already, so a broken sweep may restart."""
        if kek_version(wrapped) == (await self._provider.versions(kek_name))[-1]:
            return wrapped
        key = await self._provider.unwrap(kek_name, wrapped, place.aad)
        return await self._provider.wrap(kek_name, key, place.aad)

    def forget(self, kek_name: str, place: KeyPlace) -> None:
        """At once, in this process; others forget within their `life`."""
        self._opened.forget((kek_name, place))
