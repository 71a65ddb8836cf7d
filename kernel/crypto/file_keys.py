"""Keys in files, for development and for installations without a key store. Whoever has the files has the keys.

u32 version | nonce 24 | ciphertext | tag 16, key keyed_hash(KEK, "wrap", name, version), aad pae(name, version, aad)
"""

from datetime import timedelta
from pathlib import Path

from anyio import to_thread

from kernel.clock import BootClock, boot_seconds
from kernel.crypto.key_folder import KeyFolder
from kernel.crypto.keys import MAX_WRAPPED, VERSION, KeyUnavailable, kek_version
from kernel.crypto.memory import LIFE, KeyMemory
from kernel.crypto.primitives import (
    NONCE,
    TAG,
    CannotOpen,
    aead_open,
    aead_seal,
    hmac_sha256,
    keyed_hash,
    pae,
    random_bytes,
)


class FileKeyProvider:
    """A KeyProvider over one directory. `life` 0 reads the file anew."""

    def __init__(self, directory: Path, clock: BootClock = boot_seconds, life: timedelta = LIFE) -> None:
        self._folder = KeyFolder(directory)
        self._read: KeyMemory[tuple[str, int], bytes] = KeyMemory(clock, life)

    async def found(self, name: str) -> None:
        """Makes version 1. Raises KeyExists: opening what is there and making it anew are two verbs."""
        await to_thread.run_sync(self._folder.found, name)

    async def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """As the contract says."""
        if len(plain) > MAX_WRAPPED:
            raise ValueError("too long to wrap")
        version = (await self.versions(name))[-1]
        front, nonce = version.to_bytes(VERSION, "big"), random_bytes(NONCE)
        key = keyed_hash(await self._kek(name, version), "wrap", [name.encode(), front])
        return front + nonce + aead_seal(key, nonce, plain, pae([name.encode(), front, aad]))

    async def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        """As the contract says."""
        if not 0 <= len(wrapped) - (VERSION + NONCE + TAG) <= MAX_WRAPPED:
            raise CannotOpen
        front, nonce, ciphertext = wrapped[:VERSION], wrapped[VERSION : VERSION + NONCE], wrapped[VERSION + NONCE :]
        key = keyed_hash(await self._kek(name, kek_version(wrapped)), "wrap", [name.encode(), front])
        return aead_open(key, nonce, ciphertext, pae([name.encode(), front, aad]))

    async def mac(self, name: str, data: bytes) -> bytes:
        """As the contract says. Version 1 destroyed: KeyUnavailable, for another version would find nothing back."""
        try:
            return hmac_sha256(await self._kek(name, 1), data)
        except CannotOpen:
            raise KeyUnavailable(f"version 1 of {name} is gone, and with it every MAC made by it") from None

    async def rotate(self, name: str) -> int:
        """As the contract says; durable when it returns."""
        return await to_thread.run_sync(self._folder.add, name)

    async def destroy(self, name: str, version: int) -> None:
        """As the contract says. NOT promised: that the disk, a snapshot or a backup keeps no trace of the file."""
        await to_thread.run_sync(self._folder.remove, name, version)
        self._read.forget((name, version))

    async def versions(self, name: str) -> list[int]:
        """As the contract says; looked up every time, so a rotation by another process counts at once."""
        return await to_thread.run_sync(self._folder.versions, name)

    async def health(self) -> None:
        """As the contract says; reads every key, so one with a looser mode is found before it is needed."""
        await to_thread.run_sync(self._folder.check)

    async def _kek(self, name: str, version: int) -> bytes:
        kek = self._read.get((name, version))
        if kek is None:
            kek = await to_thread.run_sync(self._folder.read, name, version)
            if kek is None:
                raise CannotOpen
            self._read.put((name, version), kek)
        return kek
