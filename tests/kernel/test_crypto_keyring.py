"""A room's data keys: bound to their row, remembered for a while, carried along when the KEK turns."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kernel.crypto import CannotOpen, KeyMemory, KeyPlace, KeyProvider, Keyring, kek_version
from kernel.crypto.file_keys import FileKeyProvider

pytestmark = pytest.mark.anyio
KEK = "regie/gm0000/vault"
PLACE = KeyPlace("gm0000", "vault", "records", "bewoner-1", 1)


class Counted(FileKeyProvider):
    """Counts how often a key had to be unwrapped."""

    unwrapped = 0

    async def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        self.unwrapped += 1
        return await super().unwrap(name, wrapped, aad)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def provider(tmp_path: Path) -> Counted:
    provider = Counted(tmp_path / "keys")
    await provider.found(KEK)
    return provider


async def test_new_key_opens_in_its_own_row_only(provider: KeyProvider) -> None:
    ring = Keyring(provider)
    key, wrapped = await ring.wrap_new(KEK, PLACE)
    assert len(key) == 32 and await ring.open(KEK, PLACE, wrapped) == key
    moved = {"tenant": "gm0001", "room": "audit", "purpose": "index", "owner": "bewoner-2", "version": 2}
    for name, value in moved.items():
        with pytest.raises(CannotOpen):
            await ring.open(KEK, replace(PLACE, **{name: value}), wrapped)  # type: ignore[arg-type]  # one of each kind


async def test_opened_key_is_remembered_for_15_minutes(provider: Counted) -> None:
    now = [0.0]
    ring = Keyring(provider, clock=lambda: now[0])
    _, wrapped = await ring.wrap_new(KEK, PLACE)
    for second in (0.0, 500.0, 899.0):
        now[0] = second
        await ring.open(KEK, PLACE, wrapped)
    assert provider.unwrapped == 1
    now[0] = 900.0
    await ring.open(KEK, PLACE, wrapped)
    assert provider.unwrapped == 2


async def test_tampered_row_does_not_open_from_memory(provider: KeyProvider) -> None:
    ring = Keyring(provider)
    _, wrapped = await ring.wrap_new(KEK, PLACE)
    await ring.open(KEK, PLACE, wrapped)
    with pytest.raises(CannotOpen):
        await ring.open(KEK, PLACE, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


async def test_forgotten_key_must_be_unwrapped_again(provider: Counted) -> None:
    ring = Keyring(provider)
    _, wrapped = await ring.wrap_new(KEK, PLACE)
    await ring.open(KEK, PLACE, wrapped)
    ring.forget(KEK, PLACE)
    await ring.open(KEK, PLACE, wrapped)
    assert provider.unwrapped == 2


async def test_rewrapped_key_outlives_the_old_kek(provider: KeyProvider) -> None:
    ring = Keyring(provider)
    key, old = await ring.wrap_new(KEK, PLACE)
    assert await ring.rewrap(KEK, PLACE, old) == old
    await provider.rotate(KEK)
    new = await ring.rewrap(KEK, PLACE, old)
    assert kek_version(new) == 2 and await ring.rewrap(KEK, PLACE, new) == new
    await provider.destroy(KEK, 1)
    assert await ring.open(KEK, PLACE, new) == key
    with pytest.raises(CannotOpen):
        await ring.open(KEK, PLACE, old)


async def test_rewrapping_does_not_launder_a_moved_key(provider: KeyProvider) -> None:
    ring = Keyring(provider)
    _, wrapped = await ring.wrap_new(KEK, PLACE)
    await provider.rotate(KEK)
    with pytest.raises(CannotOpen):
        await ring.rewrap(KEK, replace(PLACE, owner="bewoner-2"), wrapped)


def test_memory_pushes_out_the_least_used() -> None:
    memory: KeyMemory[str, int] = KeyMemory(lambda: 0.0, size=2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c"), len(memory)) == (1, None, 3, 2)


def test_memory_replaces_without_pushing_out() -> None:
    memory: KeyMemory[str, int] = KeyMemory(lambda: 0.0, size=2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("b", 3)
    assert (memory.get("a"), memory.get("b")) == (1, 3)


def test_any_call_drops_all_that_is_too_old() -> None:
    now = [0.0]
    memory: KeyMemory[str, int] = KeyMemory(lambda: now[0])
    memory.put("a", 1)
    now[0] = 900.0
    memory.get("another")
    assert len(memory) == 0


@pytest.mark.parametrize("life", [timedelta(minutes=15, microseconds=1), timedelta(seconds=-1)])
def test_memory_longer_than_15_minutes_cannot_be_made(life: timedelta) -> None:
    with pytest.raises(ValueError):
        KeyMemory(lambda: 0.0, life)


def test_life_of_0_remembers_nothing() -> None:
    memory: KeyMemory[str, int] = KeyMemory(lambda: 0.0, timedelta(0))
    memory.put("a", 1)
    assert memory.get("a") is None and len(memory) == 0
