"""What the tests need from Debian and npm: `python -m tests.parts` brings it, pytest lists what stayed away.

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
ROOT = Path(__file__).parents[1]
PATIENCE = 900  # seconds for one command on a slow line


@dataclass(frozen=True)
class Part:
    """A file that tests use, and the package of Debian that has it; without one it comes with `npm ci`."""

    name: str
    program: Path
    package: str = ""

    @property
    def command(self) -> str:
        """What a person would type."""
        return f"sudo apt-get install {self.package}" if self.package else "npm ci --ignore-scripts"

    def or_skip(self) -> Path:
        """The file; without it the asking test is not run."""
        if not self.program.exists():
            pytest.skip(f"{NOT_RUN}{self.name} is missing; bring it with: {self.command}")
        return self.program


POSTGRES = Part("PostgreSQL 15", Path("/usr/lib/postgresql/15/bin/postgres"), "postgresql-15")
CHROMIUM = Part("Chromium", Path("/usr/bin/chromium"), "chromium")
CURL = Part("curl", Path("/usr/bin/curl"), "curl")
STRACE = Part("strace", Path("/usr/bin/strace"), "strace")
NPM = Part("npm", Path("/usr/bin/npm"), "npm")
AXE = Part("axe-core", ROOT / "node_modules" / "axe-core" / "axe.min.js")
PRISM = Part("Prism", ROOT / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js")
PARTS = (POSTGRES, CHROMIUM, CURL, STRACE, NPM, AXE, PRISM)


def bring(parts: tuple[Part, ...] = PARTS) -> tuple[Part, ...]:
    """Install what is missing: Debian's as root or by sudo without asking, npm's beside the project. Returns what is
    missing still. npm itself is no miss when all it would bring is there."""
    missing = [part for part in parts if not part.program.exists()]
    if all(part.package for part in missing):
        missing = [part for part in missing if part is not NPM]
    _from_debian([part for part in missing if part.package])
    if not all(part.package for part in missing) and shutil.which("npm"):
        print("npm ci", file=sys.stderr)
        _quietly(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    return tuple(part for part in missing if not part.program.exists())


def _from_debian(missing: list[Part]) -> None:
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not missing or not all(shutil.which(program) for program in ("apt-get", *become[:1])):
        return
    names = [part.package for part in missing]
    print(f"installing {' '.join(names)}", file=sys.stderr)
    settings = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    _quietly([*settings, "update", "--quiet"])
    _quietly([*settings, "install", "--yes", "--quiet", "--no-install-recommends", *names])


def _quietly(command: list[str]) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(command, stdin=quiet, stdout=quiet, check=False, timeout=PATIENCE, cwd=ROOT)


if __name__ == "__main__":
    for part in bring():
        print(f"{part.name} is missing; its tests are not run. Bring it with: {part.command}", file=sys.stderr)
