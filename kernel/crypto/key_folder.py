"""Keys as files: `<directory>/<name>/<version>.key`, 32 bytes, 0400, in folders of 0700, all ours. Waits for the disk.

Lost: all that was wrapped is lost; back it up apart from the data. Written by an attacker: nothing opens any more, but
nothing is read. The highest number ever given stays, so a number never comes back with another key behind it.
"""

import os
import re
from pathlib import Path

from kernel.crypto.keys import KeyExists, KeyUnavailable
from kernel.crypto.primitives import KEY, random_bytes
from kernel.crypto.private_files import (
    check_folder,
    explained,
    locked,
    make_folder,
    read_private,
    remove_private,
    write_private,
)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(/[a-z0-9][a-z0-9-]{0,62}){0,5}")  # no dot: neither `..` nor a file's name
_FILE = re.compile(r"([1-9][0-9]{0,8})\.key")


class KeyFolder:
    """The keys below one directory. Every verb raises KeyUnavailable for what it cannot read or does not trust."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def found(self, name: str) -> None:
        """Makes the folders and version 1. Raises KeyExists when any version is there; then nothing is written."""
        for folder in self._way(name):
            make_folder(folder)
        with locked(folder):
            if self._numbers(folder):
                raise KeyExists(f"{name} was founded before")
            write_private(folder / "1.key", random_bytes(KEY))

    def add(self, name: str) -> int:
        """Writes the next version and answers its number."""
        folder = self._trusted(name)
        with locked(folder):  # two rotations at once would else give two keys one number, and lose one of them
            version = self.versions(name)[-1] + 1
            write_private(folder / f"{version}.key", random_bytes(KEY))
            return version

    def versions(self, name: str) -> list[int]:
        """Rising, never empty."""
        found = self._numbers(self._trusted(name))
        if not found:
            raise KeyUnavailable(f"no key under {name}: restore it from its backup, or found it if it never was")
        return found

    def read(self, name: str, version: int) -> bytes | None:
        """32 bytes, or None when the name is there and the version is not (any more)."""
        if version not in self.versions(name):
            return None
        return read_private(self._trusted(name) / f"{version}.key", KEY)

    def remove(self, name: str, version: int) -> None:
        """Gone for ever; unknown is well too. Raises ValueError for the newest."""
        folder = self._trusted(name)
        with locked(folder):
            if version == self.versions(name)[-1]:
                raise ValueError("the newest version is in use: rotate and re-wrap first")
            remove_private(folder / f"{version}.key")

    def check(self) -> None:
        """Reads every key there is; none at all is a reason not to start."""
        check_folder(self._directory)
        folders = sorted({path.parent for path in self._directory.rglob("*.key")})
        if not folders:
            raise KeyUnavailable(f"no key below {self._directory}: found one first")
        for name in (folder.relative_to(self._directory).as_posix() for folder in folders):
            for version in self.versions(name):
                self.read(name, version)

    def _way(self, name: str) -> list[Path]:
        if not _NAME.fullmatch(name):
            raise KeyUnavailable("a key's name is one to six words of a-z, 0-9 and '-', with '/' between them")
        words = name.split("/")
        return [self._directory.joinpath(*words[:count]) for count in range(len(words) + 1)]

    def _trusted(self, name: str) -> Path:
        for folder in self._way(name):
            check_folder(folder)
        return folder

    def _numbers(self, folder: Path) -> list[int]:
        with explained(folder):
            return sorted(int(match[1]) for match in map(_FILE.fullmatch, os.listdir(folder)) if match)
