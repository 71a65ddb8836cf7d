"""The canary: at the end of a run, nothing that was written may hold the number of anybody in it (trust.md 6).

Searched: pytest's folder (databases with their WAL, logs, answers that journeys heard), the PostgreSQL of the run (its
files and its log; databases and clusters that are gone by then were searched before they went), `var/test`, and every
line of every logger before any filter. A find fails the run and is told by file and offset, never by its number.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needles import ROOT, RUN, canaries, found_before, search

FOUND = pytest.StashKey[list[str]]()
HEARD = "heard.log"


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
    found = [*found_before(), *search(outermost, canaries())]
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
