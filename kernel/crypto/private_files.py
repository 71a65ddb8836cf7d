"""Files and folders that nobody but this account can read or write. Waits for the disk: call it in a worker thread.

A looser mode or another owner is refused instead of repaired: somebody may have read it, and people must know.
Every function raises KeyUnavailable with what is wrong and what to do.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel.crypto.keys import KeyUnavailable

FOLDER, FILE = 0o700, 0o400  # the widest modes accepted, and those given


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the system's refusal into ours."""
    try:
        yield
    except OSError as error:
        raise KeyUnavailable(f"{path}: {error.strerror}") from error


def make_folder(path: Path) -> None:
    """Durable when it returns; one that is there already must be private."""
    with explained(path):
        path.mkdir(mode=FOLDER, exist_ok=True)
        _sync(path.parent)
    check_folder(path)


def check_folder(path: Path) -> None:
    """A real folder (no link), ours alone."""
    with explained(path):
        found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise KeyUnavailable(f"{path} is not a folder: replace it by one with mode 0700")
    _check(path, found, FOLDER)


def read_private(path: Path, size: int) -> bytes:
    """Exactly `size` bytes from a real file (no link, no pipe), ours alone; judged once open, so nobody swaps it."""
    with explained(path), os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise KeyUnavailable(f"{path} is not a file: restore it from its backup")
        _check(path, found, FILE)
        content = file.read(size + 1)
    if len(content) != size:
        raise KeyUnavailable(f"{path} does not hold {size} bytes: restore it from its backup")
    return content


def write_private(path: Path, content: bytes) -> None:
    """Whole and durable, or not there. Only under `locked`: it would replace what has this name."""
    temporary = path.with_name(".next")
    with explained(path):
        temporary.unlink(missing_ok=True)  # left by a crash before the rename: nothing was ever wrapped under it
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        temporary.rename(path)
        _sync(path.parent)  # a crash before this may lose the file; nobody was told of it yet


def remove_private(path: Path) -> None:
    """Durably gone; none there is well too. NOT promised: that a disk or a snapshot keeps no trace."""
    with explained(path):
        path.unlink(missing_ok=True)
        _sync(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer per folder, among threads and processes; the system lets go when the process dies."""
    with explained(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _check(path: Path, found: os.stat_result, widest: int) -> None:
    if found.st_uid != os.geteuid():
        raise KeyUnavailable(f"{path} belongs to another account: find out who read it, then chown it to ours")
    mode = stat.S_IMODE(found.st_mode)
    if mode & ~widest:
        raise KeyUnavailable(f"{path} has mode {mode:04o}: find out who read it, then chmod {widest:04o}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
