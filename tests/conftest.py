"""For every test: anyio on asyncio, a PostgreSQL that is really there, and an honest end of the run."""

import gc
import os

import pytest
from fastapi.dependencies import models
from hypothesis import HealthCheck, settings

from tests.parts import NOT_RUN

# Who asks for one of these stands on rooms with a database each: part of every full run, too slow for `make check`.
STANDING = frozenset({"house", "own_house", "portal", "both", "empty", "wired", "urls", "door", "migrated", "one"})
SERVER = frozenset({"postgres", "postgres_url"})

# A slow machine is no fault of what is tested; and what is made up is the same in every run
settings.register_profile("regie", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("regie")
gc.set_threshold(50_000, 20, 20)
# FastAPI remembers by 4,096 endpoints how each is called, and so keeps the last hundred houses of a run alive: a look
# for waste then takes seconds, in which nobody answers
REMEMBERED = [each.cache_clear for each in vars(models).values() if hasattr(each, "cache_clear")]

pytest_plugins = ["pytester", "tests.postgres", "tests.canary", "tests.order", "tests.shares", "tests.compiled"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands on running rooms and what needs a PostgreSQL, by what it asks for and is called with."""
    for item in items:
        fixtures, call = set(getattr(item, "fixturenames", ())), getattr(item, "callspec", None)
        if STANDING & fixtures:
            item.add_marker("rooms")
        if SERVER & fixtures or (call and "postgres" in call.params.values()):
            item.add_marker("postgres")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is there before the first test stays: nobody need look through it again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """A house that is closed is forgotten."""
    for forget in REMEMBERED:
        forget()


def not_run(config: pytest.Config) -> list[str]:
    """Why tests did not run, each reason once."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in skipped if isinstance(report.longrepr, tuple)}
    return sorted(reason for reason in reasons if reason.startswith(NOT_RUN))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A pipeline that could not run everything is not green."""
    if os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK and not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what is missing once more, where people look."""
    for reason in not_run(terminalreporter.config):
        terminalreporter.write_line(reason, yellow=True)
