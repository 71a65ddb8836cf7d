"""Founded once per run and database; every test breaks a copy."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground, found_ground
from tests.postgres import Postgres

PEOPLE = 20


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A sentence per request, thousands of times, buries what a failing test has to say."""
    log = logging.getLogger("httpx2")
    before = log.level
    log.setLevel(logging.WARNING)
    yield
    log.setLevel(before)


@pytest.fixture(scope="session")
def founded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return asyncio.run(found_ground(tmp_path_factory.mktemp("sqlite") / "data", "", PEOPLE))


@pytest.fixture(scope="session")
def founded_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Ground]:
    url = postgres.create()
    yield asyncio.run(found_ground(tmp_path_factory.mktemp("postgres") / "data", url, PEOPLE))
    postgres.drop(url)


@pytest.fixture
def on_sqlite(founded_sqlite: Ground, tmp_path: Path) -> Ground:
    return founded_sqlite.copied(tmp_path / "data")


@pytest.fixture
def on_postgres(founded_postgres: Ground, postgres: Postgres, tmp_path: Path) -> Iterator[Ground]:
    url = postgres.create(founded_postgres.postgres.rpartition("/")[2])
    yield founded_postgres.copied(tmp_path / "data", url)
    postgres.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest) -> Ground:
    """On each database."""
    found: Ground = request.getfixturevalue(f"on_{request.param}")
    return found
