"""One suite for every key provider. A new one joins with a line in PROVIDERS, which founds NAME and OTHER."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kernel.crypto import CannotOpen, KeyProvider, KeyUnavailable, hmac_sha256, kek_version
from kernel.crypto.file_keys import FileKeyProvider

pytestmark = pytest.mark.anyio
NAME, OTHER, ABSENT = "regie/gm0000/vault", "regie/gm0000/audit", "regie/gm0000/web"
AAD = b"place"


async def _files(folder: Path) -> KeyProvider:
    provider = FileKeyProvider(folder / "keys")
    for name in (NAME, OTHER):
        await provider.found(name)
    return provider


PROVIDERS: dict[str, Callable[[Path], Awaitable[KeyProvider]]] = {"file": _files}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=PROVIDERS)
async def provider(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    return await PROVIDERS[request.param](tmp_path)


@pytest.mark.parametrize("size", [0, 32, 1024])
async def test_what_was_wrapped_comes_back(provider: KeyProvider, size: int) -> None:
    wrapped = await provider.wrap(NAME, b"k" * size, AAD)
    assert kek_version(wrapped) == 1
    assert await provider.unwrap(NAME, wrapped, AAD) == b"k" * size


async def test_wrapping_twice_gives_two_texts(provider: KeyProvider) -> None:
    assert await provider.wrap(NAME, b"key", AAD) != await provider.wrap(NAME, b"key", AAD)


async def test_another_place_or_name_does_not_unwrap(provider: KeyProvider) -> None:
    wrapped = await provider.wrap(NAME, b"key", AAD)
    for name, aad in [(NAME, b"elsewhere"), (NAME, b""), (OTHER, AAD)]:
        with pytest.raises(CannotOpen):
            await provider.unwrap(name, wrapped, aad)


async def test_one_flipped_bit_in_any_byte_does_not_unwrap(provider: KeyProvider) -> None:
    wrapped = await provider.wrap(NAME, b"key", AAD)
    for at in range(len(wrapped)):
        with pytest.raises(CannotOpen):
            await provider.unwrap(NAME, wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], AAD)


async def test_wrong_sizes_are_refused(provider: KeyProvider) -> None:
    wrapped = await provider.wrap(NAME, bytes(1024), AAD)
    for cut in (wrapped + b"\0", wrapped[:-1], wrapped[:3], b""):
        with pytest.raises(CannotOpen):
            await provider.unwrap(NAME, cut, AAD)
    with pytest.raises(ValueError):
        await provider.wrap(NAME, bytes(1025), AAD)


async def test_rotation_wraps_under_the_new_and_still_opens_the_old(provider: KeyProvider) -> None:
    old = await provider.wrap(NAME, b"key", AAD)
    assert await provider.rotate(NAME) == 2
    new = await provider.wrap(NAME, b"key", AAD)
    assert (kek_version(old), kek_version(new)) == (1, 2)
    assert await provider.unwrap(NAME, old, AAD) == await provider.unwrap(NAME, new, AAD) == b"key"
    assert (await provider.versions(NAME), await provider.versions(OTHER)) == ([1, 2], [1])


async def test_text_relabelled_to_another_version_does_not_unwrap(provider: KeyProvider) -> None:
    wrapped = await provider.wrap(NAME, b"key", AAD)
    await provider.rotate(NAME)
    for version in (0, 2, 3, 2**32 - 1):
        with pytest.raises(CannotOpen):
            await provider.unwrap(NAME, version.to_bytes(4, "big") + wrapped[4:], AAD)


async def test_destroyed_version_opens_nothing_and_its_number_never_returns(provider: KeyProvider) -> None:
    wrapped = await provider.wrap(NAME, b"key", AAD)
    assert await provider.unwrap(NAME, wrapped, AAD) == b"key"  # so it is in memory too
    await provider.rotate(NAME)
    await provider.destroy(NAME, 1)
    await provider.destroy(NAME, 1)
    with pytest.raises(CannotOpen):
        await provider.unwrap(NAME, wrapped, AAD)
    assert (await provider.rotate(NAME), await provider.versions(NAME)) == (3, [2, 3])


async def test_newest_version_cannot_be_destroyed(provider: KeyProvider) -> None:
    with pytest.raises(ValueError):
        await provider.destroy(NAME, 1)
    assert await provider.versions(NAME) == [1]


async def test_mac_is_found_back_after_a_rotation_and_ends_with_version_1(provider: KeyProvider) -> None:
    before = await provider.mac(NAME, b"number")
    await provider.rotate(NAME)
    assert await provider.mac(NAME, b"number") == before != await provider.mac(NAME, b"other number")
    assert await provider.mac(OTHER, b"number") != before and len(before) == 32
    await provider.destroy(NAME, 1)
    with pytest.raises(KeyUnavailable):
        await provider.mac(NAME, b"number")


async def test_name_that_was_never_founded_does_nothing(provider: KeyProvider) -> None:
    wrapped = await provider.wrap(NAME, b"key", AAD)
    for asked in (
        provider.wrap(ABSENT, b"key", AAD),
        provider.unwrap(ABSENT, wrapped, AAD),
        provider.mac(ABSENT, b"number"),
        provider.rotate(ABSENT),
        provider.destroy(ABSENT, 1),
        provider.versions(ABSENT),
    ):
        with pytest.raises(KeyUnavailable):
            await asked


async def test_founded_provider_is_healthy(provider: KeyProvider) -> None:
    await provider.health()


async def test_mac_of_files_is_plain_hmac_so_that_a_key_store_can_take_over(tmp_path: Path) -> None:
    provider = await _files(tmp_path)
    key = (tmp_path / "keys" / NAME / "1.key").read_bytes()
    assert await provider.mac(NAME, b"number") == hmac_sha256(key, b"number")
