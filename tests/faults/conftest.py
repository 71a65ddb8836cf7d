"""Founded once per run and database; every test breaks a copy."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground, found_ground
from tests.once import once
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


def founded(name: str, postgres: Postgres | None = None) -> Ground:
    """The one that was written down first."""

    def make(folder: Path) -> None:
        asyncio.run(found_ground(folder / "data", postgres.create() if postgres else "", PEOPLE)).write(folder)

    return Ground.read(once(f"ground-{name}", make))


@pytest.fixture(scope="session")
def founded_sqlite() -> Ground:
    return founded("sqlite")


@pytest.fixture(scope="session")
def founded_postgres(postgres: Postgres) -> Ground:
    return founded("postgres", postgres)


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
