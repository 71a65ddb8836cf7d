"""The file provider trusts only what nobody else can read, and loses no key."""

import os
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from kernel.crypto import CannotOpen, KeyExists, KeyUnavailable
from kernel.crypto.file_keys import FileKeyProvider
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
NAME = "regie/gm0000/vault"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    await FileKeyProvider(tmp_path / "keys").found(NAME)
    return tmp_path / "keys"


def _modes(directory: Path) -> dict[str, int]:
    paths = (directory, *directory.rglob("*"))
    return {path.relative_to(directory).as_posix(): path.stat().st_mode & 0o7777 for path in paths}


async def _refused(directory: Path, *told: str) -> None:
    provider = FileKeyProvider(directory)
    for asked in (provider.wrap(NAME, b"key", b""), provider.mac(NAME, b""), provider.health()):
        with pytest.raises(KeyUnavailable) as caught:
            await asked
        assert all(word in str(caught.value) for word in told)


async def test_founding_leaves_the_modes_that_opening_asks_for(directory: Path) -> None:
    assert _modes(directory) == {".": 0o700, "regie": 0o700, "regie/gm0000": 0o700, NAME: 0o700, f"{NAME}/1.key": 0o400}


async def test_founding_twice_keeps_the_first_key(directory: Path) -> None:
    before = (directory / NAME / "1.key").read_bytes()
    with pytest.raises(KeyExists):
        await FileKeyProvider(directory).found(NAME)
    assert (directory / NAME / "1.key").read_bytes() == before


async def test_founding_again_after_version_1_was_destroyed_is_refused(directory: Path) -> None:
    provider = FileKeyProvider(directory)
    await provider.rotate(NAME)
    await provider.destroy(NAME, 1)
    with pytest.raises(KeyExists):
        await provider.found(NAME)


@pytest.mark.parametrize("mode", [0o600, 0o440, 0o404, 0o500, 0o4400])
async def test_key_file_with_a_looser_mode_is_refused(directory: Path, mode: int) -> None:
    (directory / NAME / "1.key").chmod(mode)
    await _refused(directory, f"{mode:04o}", "chmod 0400")


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o720, 0o1700])
@pytest.mark.parametrize("folder", [".", "regie", NAME])
async def test_folder_with_a_looser_mode_is_refused(directory: Path, folder: str, mode: int) -> None:
    (directory / folder).chmod(mode)
    await _refused(directory, f"{mode:04o}", "chmod 0700")
    with pytest.raises(KeyUnavailable):
        await FileKeyProvider(directory).rotate(NAME)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("path", [".", NAME, f"{NAME}/1.key"])
async def test_foreign_owner_is_refused(directory: Path, path: str) -> None:
    os.chown(directory / path, 65534, 65534)
    await _refused(directory, "another account", "chown")


async def test_link_in_the_place_of_a_key_or_folder_is_refused(directory: Path, tmp_path: Path) -> None:
    file = directory / NAME / "1.key"
    file.rename(tmp_path / "moved")
    file.symlink_to(tmp_path / "moved")
    await _refused(directory)
    file.unlink()
    (tmp_path / "moved").rename(file)
    (directory / NAME).rename(tmp_path / "folder")
    (directory / NAME).symlink_to(tmp_path / "folder")
    with pytest.raises(KeyUnavailable, match="not a folder"):
        await FileKeyProvider(directory).wrap(NAME, b"key", b"")


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
async def test_key_file_of_another_size_is_refused(directory: Path, content: bytes) -> None:
    file = directory / NAME / "1.key"
    file.unlink()
    file.write_bytes(content)
    file.chmod(0o400)
    await _refused(directory, "32 bytes")


async def test_pipe_in_the_place_of_a_key_is_refused_and_holds_nobody_up(directory: Path) -> None:
    file = directory / NAME / "1.key"
    file.unlink()
    os.mkfifo(file, 0o400)
    with anyio.fail_after(PATIENCE):
        await _refused(directory, "not a file")


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x", "a/../b", "/a", "a/", "a//b", "A", "a.key", "a\0", "a\n", "-a", "é", "a" * 64, "a/b/c/d/e/f/g"],
)
async def test_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    provider = FileKeyProvider(tmp_path / "keys")
    for asked in (provider.found(name), provider.wrap(name, b"", b""), provider.rotate(name), provider.versions(name)):
        with pytest.raises(KeyUnavailable):
            await asked
    assert os.listdir(tmp_path) == []


async def test_no_directory_or_no_key_is_not_healthy(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable):
        await FileKeyProvider(tmp_path / "absent").health()
    (tmp_path / "empty").mkdir(mode=0o700)
    with pytest.raises(KeyUnavailable, match="no key"):
        await FileKeyProvider(tmp_path / "empty").health()


async def test_twenty_rotations_at_once_give_twenty_keys(directory: Path) -> None:
    given: list[int] = []

    async def rotate() -> None:
        given.append(await FileKeyProvider(directory).rotate(NAME))

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(rotate)
    assert sorted(given) == list(range(2, 22))
    assert len({path.read_bytes() for path in (directory / NAME).glob("*.key")}) == 21


async def test_what_a_crash_left_half_written_is_neither_a_version_nor_in_the_way(directory: Path) -> None:
    (directory / NAME / ".next").write_bytes(b"half")
    provider = FileKeyProvider(directory)
    assert await provider.versions(NAME) == [1]
    assert await provider.rotate(NAME) == 2
    assert sorted(os.listdir(directory / NAME)) == ["1.key", "2.key"]


async def test_rotation_by_another_process_counts_at_once(directory: Path) -> None:
    here, there = FileKeyProvider(directory), FileKeyProvider(directory)
    await here.wrap(NAME, b"key", b"")
    await there.rotate(NAME)
    assert (await here.wrap(NAME, b"key", b""))[:4] == b"\0\0\0\2"


async def test_key_destroyed_elsewhere_is_forgotten_within_15_minutes(directory: Path) -> None:
    now = [0.0]
    here, there = FileKeyProvider(directory, clock=lambda: now[0]), FileKeyProvider(directory)
    wrapped = await here.wrap(NAME, b"key", b"")
    await there.rotate(NAME)
    await there.destroy(NAME, 1)
    now[0] = 899.0
    assert await here.unwrap(NAME, wrapped, b"") == b"key"
    now[0] = 900.0
    with pytest.raises(CannotOpen):
        await here.unwrap(NAME, wrapped, b"")


async def test_with_a_life_of_0_every_use_reads_the_file(directory: Path) -> None:
    provider = FileKeyProvider(directory, life=timedelta(0))
    wrapped = await provider.wrap(NAME, b"key", b"")
    (directory / NAME / "1.key").chmod(0o440)
    with pytest.raises(KeyUnavailable):
        await provider.unwrap(NAME, wrapped, b"")
