"""The canary: at the end of a run, nothing that was written may hold the number of anybody in it (trust.md 6).

Searched: pytest's folder (databases with their WAL, logs, answers that journeys heard), the PostgreSQL of the run (its
files and its log), `var/test`, and every line of every logger before any filter. Numbers: our own residents, and every
number with a valid check digit that stands in a test. A find fails the run and is told by file and offset, never by
its number.
"""

import json
import logging
import mmap
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel.logs import masked
from tests.postgres import RUN

ROOT = Path(__file__).parents[1]
RESIDENTS = ROOT / "assembly/demo/brp/residents.json"
FOUND = pytest.StashKey[list[str]]()
# Files that hold numbers on purpose, each with who wants it there.
ON_PURPOSE = frozenset(
    {
        "personas.json",  # the demo tells outside programs who can log in
        "persons.json",  # what a test feeds the BRP stand-in
    }
)
HEARD = "heard.log"
_NINE = re.compile(r"(?<!\d)\d{9}(?!\d)")


def canaries() -> frozenset[str]:
    """Numbers that tests put in."""
    ours = {str(one["burgerservicenummer"]) for one in json.loads(RESIDENTS.read_text("utf-8"))}
    written = {number for path in (ROOT / "tests").rglob("*.py") for number in _NINE.findall(path.read_text("utf-8"))}
    return frozenset(ours | {number for number in written if masked(number) != number and len(set(number)) > 2})


def search(paths: Iterable[Path], numbers: Iterable[str]) -> Iterator[str]:
    """`file: offset` of every number in files below these paths; a file that is gone meanwhile is passed over."""
    wanted = re.compile(b"|".join(sorted(number.encode() for number in numbers)))
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink() and file.name not in ON_PURPOSE:
                yield from (f"{file}: byte {offset}" for offset in _offsets(file, wanted))


def _offsets(file: Path, wanted: re.Pattern[bytes]) -> list[int]:
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return [found.start() for found in wanted.finditer(content)]
    except (OSError, ValueError):  # gone, or empty
        return []


class Heard(logging.Formatter):
    """What was said to any logger, unfiltered, without the text of exceptions (which no handler of ours writes)."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.name} {record.getMessage()}"


@pytest.fixture(scope="session")
def ear(tmp_path_factory: pytest.TempPathFactory) -> Iterator[logging.Handler]:
    """Writes down what is heard."""
    handler = logging.FileHandler(tmp_path_factory.getbasetemp() / HEARD)
    handler.setFormatter(Heard())
    yield handler
    handler.close()


@pytest.fixture(autouse=True)
def listening(ear: logging.Handler) -> Iterator[None]:
    """In every test anew: one that sets up logs of its own turns everybody else out."""
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(ear)
    root.setLevel(logging.INFO)
    yield
    root.setLevel(level)
    root.removeHandler(ear)


def written_in(config: pytest.Config) -> list[Path]:
    """Where this run wrote."""
    factory: Any = getattr(config, "_tmp_path_factory")  # noqa: B009 - pytest has no public name for it
    shared = ROOT / "var" / "test"
    others = [path for path in shared.glob("*") if not path.name.startswith("regie-run-")]
    return [factory.getbasetemp(), Path(os.environ[RUN]), *others]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Once, by the process that began the run, after its workers ended and before PostgreSQL is removed."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    places = sorted({path.resolve() for path in written_in(session.config) if path.exists()})
    outermost = [path for path in places if not any(other in path.parents for other in places)]
    found = list(search(outermost, canaries()))
    session.config.stash[FOUND] = found
    if found and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Where, never which."""
    found = config.stash.get(FOUND, [])
    for place in found[:20]:
        terminalreporter.write_line(f"CANARY: somebody's number stands in {place}", red=True)
    if len(found) > 20:
        terminalreporter.write_line(f"CANARY: and in {len(found) - 20} more places", red=True)
