"""The house of this room's tests, on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread

from tests.consent.house import House, opened_house
from tests.once import template_of
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    if request.param == "sqlite":
        urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
        async with opened_house(tmp_path, urls) as opened:
            yield opened
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    url = cluster.create(await to_thread.run_sync(template_of, cluster, "audit", "consent"))
    try:
        async with opened_house(tmp_path, (url, url)) as opened:
            yield opened
    finally:
        cluster.drop(url)
