"""Sessions on both databases: sealed, bound to their place, replaced only as they were read, gone when they end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from assembly.demo.register import TENANT
from kernel.crypto.file_keys import FileKeyProvider
from kernel.sql import Database
from tests.once import tables
from tests.postgres import Postgres
from web.session import Attempt, Person, Session
from web.sessions import Sessions
from web.tables import sessions

pytestmark = pytest.mark.anyio
OTHER = "gm9902"
PERSON = Person(kind="inwoner", user="r-1", subject="s-1", fence="f" * 32, name="J. de Vries", acr="hoog", auth_time=1)
WHO = Session(csrf="c" * 43, person=PERSON)


class Kept:
    """Sessions with their database and a clock that a test moves."""

    def __init__(self, url: str, keys: FileKeyProvider) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.database = Database(url, "web")
        self.sessions = Sessions(self.database, keys, lambda: self.now, 15)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'web.db'}"
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.create()
    await tables("web", url)
    keys = FileKeyProvider(tmp_path / "keys")
    found = Kept(url, keys)
    for tenant in (TENANT, OTHER):
        await keys.found(f"regie/{tenant}/web")
        await found.sessions.found(tenant)
    yield found
    await found.database.close()


async def test_a_session_opens_for_its_own_cookie_in_its_own_municipality(kept: Kept) -> None:
    token = await kept.sessions.start(TENANT, WHO)
    opened = await kept.sessions.open(TENANT, token)
    assert opened is not None and opened.person == PERSON
    assert await kept.sessions.open(TENANT, token[:-1] + "_") is None
    assert await kept.sessions.open(OTHER, token) is None


async def test_the_table_shows_nobody(kept: Kept) -> None:
    token = await kept.sessions.start(TENANT, WHO)
    async with kept.database.snapshot(TENANT) as reading:
        row = (await reading.execute(select(sessions))).mappings().one()
    assert token not in str(dict(row)) and b"Vries" not in bytes(row["content"]) and b"r-1" not in bytes(row["content"])


async def test_a_row_moved_to_another_cookie_does_not_open(kept: Kept) -> None:
    mine, theirs = await kept.sessions.start(TENANT, WHO), await kept.sessions.start(TENANT, Session(csrf="x"))
    opened = await kept.sessions.open(TENANT, mine)
    assert opened is not None
    async with kept.database.writing(TENANT) as writing:
        await writing.execute(update(sessions).values(content=opened.stored))
    assert await kept.sessions.open(TENANT, theirs) is None
    assert await kept.sessions.open(TENANT, mine) is not None


async def test_two_answers_to_one_attempt_use_it_once(kept: Kept) -> None:
    attempt = Attempt(state="s", nonce="n", verifier="v", back="/", until=1)
    token = await kept.sessions.start(TENANT, Session(csrf="x", attempt=attempt))
    first, second = await kept.sessions.open(TENANT, token), await kept.sessions.open(TENANT, token)
    assert first is not None and second is not None
    assert await kept.sessions.save(TENANT, first, Session(csrf="x"))
    assert not await kept.sessions.save(TENANT, second, Session(csrf="x"))


async def test_what_stood_still_logs_nobody_in_and_goes_after_half_an_hour_more(kept: Kept) -> None:
    token = await kept.sessions.start(TENANT, WHO)
    kept.now += timedelta(minutes=15)
    late = await kept.sessions.open(TENANT, token)
    assert late is not None and late.stale and late.person is None and late.session.person == PERSON
    kept.now += timedelta(minutes=29)
    await kept.sessions.sweep(TENANT)
    assert await kept.sessions.open(TENANT, token) is not None
    kept.now += timedelta(minutes=2)
    await kept.sessions.sweep(TENANT)
    assert await kept.sessions.open(TENANT, token) is None


async def test_what_a_session_keeps_is_for_that_session_and_not_for_long(kept: Kept) -> None:
    mine = await kept.sessions.open(TENANT, await kept.sessions.start(TENANT, WHO))
    theirs = await kept.sessions.open(TENANT, await kept.sessions.start(TENANT, WHO))
    assert mine is not None and theirs is not None
    name = await kept.sessions.keep(TENANT, mine, "gevonden")
    assert await kept.sessions.kept(TENANT, mine, name) == "gevonden"
    assert await kept.sessions.kept(TENANT, theirs, name) is None
    assert await kept.sessions.open(TENANT, name) is None, "no session by itself"
    kept.now += timedelta(minutes=15)
    assert await kept.sessions.kept(TENANT, mine, name) is None


async def test_a_session_that_ended_has_ended(kept: Kept) -> None:
    token = await kept.sessions.start(TENANT, WHO)
    await kept.sessions.end(TENANT, token)
    assert await kept.sessions.open(TENANT, token) is None
