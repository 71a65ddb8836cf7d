"""Who keeps the keys that wrap all other keys. They never leave their provider; rooms know them by name.

    KeyUnavailable   the key cannot be reached or is not trusted now: refuse, and try again later
    CannotOpen       reached, and it does not open; or that version was destroyed: trying again is useless
    KeyExists        founded twice: somebody's data may depend on what is there

If lost: everything wrapped under it is lost. In an attacker's hands: all wrapped under it, but not one room more.
"""

from typing import Protocol

from kernel.crypto.primitives import CannotOpen

VERSION = 4  # bytes in front of what was wrapped, big-endian, for every provider: re-wrapping needs no unwrap to plan
MAX_WRAPPED = 1024  # bytes of plaintext; keys are 32, a seed with its salts somewhat more


class KeyUnavailable(Exception):
    """No answer, no such name, or something found that is not trusted. Says what to do, never a key."""


class KeyExists(Exception):
    """There is a key under this name or version already; nothing was written."""


class KeyProvider(Protocol):
    """Keys by name, each with versions from 1. All verbs raise KeyUnavailable; what a name means, the room knows."""

    async def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """Sealed under the newest version, whose number stands in front. `plain` is 1024 bytes at most (ValueError)."""

    async def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        """What was wrapped under the same name with the same `aad`. Raises CannotOpen, also for a destroyed version."""

    async def mac(self, name: str, data: bytes) -> bytes:
        """HMAC-SHA-256 under version 1, always: what was indexed before a rotation must be found after it."""

    async def rotate(self, name: str) -> int:
        """Adds a version and answers its number; older ones stay readable."""

    async def destroy(self, name: str, version: int) -> None:
        """Ends a version for ever; twice is once. Raises ValueError for the newest, under which everybody still wraps.
        NOT promised: that copies in the memory of other processes go sooner than their 15 minutes."""

    async def versions(self, name: str) -> list[int]:
        """Those that still open, rising; the last one wraps."""

    async def health(self) -> None:
        """Returns when keys can be used; else raises KeyUnavailable."""


def kek_version(wrapped: bytes) -> int:
    """Under which version this was wrapped, as the bytes say; unproven until unwrapped. Raises CannotOpen when cut."""
    if len(wrapped) < VERSION:
        raise CannotOpen
    return int.from_bytes(wrapped[:VERSION], "big")
