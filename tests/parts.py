"""What the tests need from Debian. `python -m tests.parts` brings what is missing; pytest lists what stayed away.

Nothing here fails a run: a test without its part is skipped with a reason that starts with `NOT RUN`, listed at
the end with the command that would bring it, and that makes the run red where CI=true (see `tests/conftest.py`).
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

NOT_RUN = "NOT RUN: "
PATIENCE = 900  # seconds for one apt command on a slow line


@dataclass(frozen=True)
class Part:
    """A program of Debian's and the package that has it."""

    name: str
    program: Path
    package: str

    @property
    def command(self) -> str:
        """What a person would type."""
        return f"sudo apt-get install {self.package}"

    def or_skip(self) -> Path:
        """The program; without it the asking test is not run."""
        if not self.program.exists():
            pytest.skip(f"{NOT_RUN}{self.name} is missing; bring it with: {self.command}")
        return self.program


POSTGRES = Part("PostgreSQL 15", Path("/usr/lib/postgresql/15/bin/postgres"), "postgresql-15")
CHROMIUM = Part("Chromium", Path("/usr/bin/chromium"), "chromium")
PARTS = (POSTGRES, CHROMIUM)


def bring(parts: tuple[Part, ...] = PARTS) -> tuple[Part, ...]:
    """Install what is missing, as root or by sudo without asking. Returns what is missing still."""
    missing = [part for part in parts if not part.program.exists()]
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if missing and all(shutil.which(program) for program in ("apt-get", *become[:1])):
        names = [part.package for part in missing]
        print(f"installing {' '.join(names)}", file=sys.stderr)
        install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *names]
        for step in (["apt-get", "update", "--quiet"], install):
            quiet = subprocess.DEVNULL
            settings = ["env", "DEBIAN_FRONTEND=noninteractive"]
            subprocess.run([*become, *settings, *step], stdin=quiet, stdout=quiet, check=False, timeout=PATIENCE)
    return tuple(part for part in missing if not part.program.exists())


if __name__ == "__main__":
    for part in bring():
        print(f"{part.name} is missing; its tests are not run. Bring it with: {part.command}", file=sys.stderr)
