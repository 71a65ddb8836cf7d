"""The signer's memory: what it signed last, in a file of two slots of 512 bytes that are written in turn.

    slot = "RGS" 01 | sequence u64 | size u64 | root 32 | map root 32 | SHA-256 of all before, then zero bytes to 512

A torn slot has no valid hash and was never answered: the other one counts. Lost: nobody can tell whether the database
was set back. Never in a backup: an old copy would let an old database through. All of this waits for the disk.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kernel.failpoints import reached
from kernel.logs import logger

SLOT, SLOTS = 512, 2
MAGIC = b"RGS\x01"
ZERO = bytes(32)  # a map root (trust.md 4.6) that is not known: of a head signed before there was a map
_FILLED = len(MAGIC) + 8 + 8 + 32 + 32
EXIT = 70  # EX_SOFTWARE: the supervisor starts us anew, and the start reads what is really on the disk

_log = logger("audit.signer")


@dataclass(frozen=True)
class Remembered:
    """The newest signed head."""

    sequence: int
    size: int
    root: bytes
    map_root: bytes = ZERO


class StateLost(Exception):
    """Neither slot can be read: people must decide what was signed last."""


def found_state(path: Path, size: int, root: bytes, map_root: bytes = ZERO) -> None:
    """Durable when it returns. Raises FileExistsError: to found and to open are two verbs."""
    temporary = path.with_suffix(".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.pwrite(handle, _packed(Remembered(0, size, root, map_root)) + bytes(SLOT), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
    os.link(temporary, path)
    temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class StateFile:
    """One open state file, within `opened`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def read(self) -> Remembered:
        """The newest slot that is whole. Raises StateLost."""
        try:
            content = os.pread(self._handle, SLOT * SLOTS, 0)
        except OSError as error:
            raise StateLost("the signer's state cannot be read") from error
        found = [_unpacked(content[at : at + SLOT]) for at in range(0, SLOT * SLOTS, SLOT)]
        whole = [each for each in found if each is not None]
        if not whole:
            raise StateLost("the signer's state cannot be read")
        return max(whole, key=lambda each: each.sequence)

    def write(self, before: Remembered, size: int, root: bytes, map_root: bytes) -> None:
        """Into the slot that is not `before`; durable when it returns. A failing write ends the process: a second
        fdatasync may say yes to what the first one lost."""
        state = Remembered(before.sequence + 1, size, root, map_root)
        try:
            os.pwrite(self._handle, _packed(state), state.sequence % SLOTS * SLOT)
            reached("audit.slot")
            os.fdatasync(self._handle)
            # A crash from here on leaves a state that nobody was told of: the log asks again, and gets the same head.
            reached("audit.slot.kept")
        except OSError as error:
            _log.critical("signer_state_not_written", errno=error.errno)
            os._exit(EXIT)


def glance(path: Path) -> Remembered:
    """What it says now, without waiting for whoever is writing: a slot half written does not count yet.
    Raises StateLost, OSError as `opened`."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return StateFile(handle).read()
    finally:
        os.close(handle)


@contextmanager
def opened(path: Path) -> Iterator[StateFile]:
    """Alone with the file, among threads and processes. Raises OSError: FileNotFoundError when it is gone, anything
    else when it cannot be reached now."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield StateFile(handle)
    finally:
        os.close(handle)


def _packed(state: Remembered) -> bytes:
    text = MAGIC + state.sequence.to_bytes(8, "big") + state.size.to_bytes(8, "big") + state.root + state.map_root
    return (text + hashlib.sha256(text).digest()).ljust(SLOT, b"\0")


def _unpacked(slot: bytes) -> Remembered | None:
    text, digest = slot[:_FILLED], slot[_FILLED : _FILLED + 32]
    if not text.startswith(MAGIC) or hashlib.sha256(text).digest() != digest:
        return None
    sequence, size = int.from_bytes(text[4:12], "big"), int.from_bytes(text[12:20], "big")
    return Remembered(sequence, size, text[20:52], text[52:84])
