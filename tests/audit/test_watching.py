"""A database that was set back, or grew another way, is found while nobody writes."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from audit import tables
from audit.contract import LogUnavailable
from audit.event import FenceAt
from audit.service import AuditService
from kernel.component import Component
from tests.audit.logs import DESK, TENANT, Place, act, fence
from tests.patience import PATIENCE
from tests.set_back import copied

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


async def sealed(component: Component) -> str:
    """The sentence, once a watcher found it: a round each fifth of a second, and a slow machine."""
    for _ in range(int(PATIENCE * 10)):
        await asyncio.sleep(0.1)
        try:
            await component.check()
        except LogUnavailable as error:
            return error.detail
    return ""


async def set_back(service: AuditService, head: dict[str, object]) -> None:
    """The head's row of a moment ago, with its own valid MAC."""
    async with service.desk(DESK).log.database.writing(TENANT) as tx:
        await tx.execute(update(tables.head).values(**head))


async def head_row(service: AuditService) -> dict[str, object]:
    async with service.desk(DESK).log.database.snapshot(TENANT) as reading:
        return dict((await reading.execute(select(tables.head))).mappings().one())


async def test_head_that_was_set_back_is_found_without_a_question(url: str, tmp_path: Path) -> None:
    async with Place(url, tmp_path, watch_seconds=0.2).opened() as (service, component):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering")])
        before = await head_row(service)
        await door.record(DESK, [act("weigering")])
        await asyncio.sleep(0.5)
        await component.check()
        await set_back(service, before)
        assert "ouder" in await sealed(component)
        with pytest.raises(LogUnavailable, match="ouder"):
            await door.record(DESK, [act("weigering")])
        with pytest.raises(LogUnavailable, match="ouder"):
            await service.door("web").lines(DESK, "s1")


async def test_fences_are_not_answered_from_a_database_that_was_set_back(url: str, tmp_path: Path) -> None:
    async with Place(url, tmp_path).opened() as (service, _):
        door, hek = service.door("consent"), fence()
        await door.record(DESK, [act("weigering")])
        before = await head_row(service)
        await door.record(DESK, [act("toestemming-ingetrokken", hek)])
        await set_back(service, before)
        async with service.desk(DESK).log.database.writing(TENANT) as tx:
            await tx.execute(delete(tables.fences))
        with pytest.raises(LogUnavailable, match="ouder"):
            await door.holds(DESK, [FenceAt(fence=hek, epoch=0)])


async def test_database_that_grew_another_way_is_found_though_it_is_longer(tmp_path: Path) -> None:
    url, here, there = f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path / "here", tmp_path / "there"
    here.mkdir()
    place = Place(url, here, watch_seconds=0.2)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    other = Place(f"sqlite+aiosqlite:///{tmp_path}/other.db", there, adopt=True)
    shutil.copytree(here, there)
    copied(tmp_path / "audit.db", tmp_path / "other.db")
    async with other.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering") for _ in range(3)])
    async with place.opened() as (service, component):
        await service.door("connectors").record(DESK, [act("weigering")])
        with sqlite3.connect(tmp_path / "other.db") as longer, sqlite3.connect(tmp_path / "audit.db") as now:
            longer.backup(now)
        longer.close()
        now.close()
        assert "kloppen niet" in await sealed(component)


async def test_signer_or_database_that_is_away_seals_nothing(tmp_path: Path) -> None:
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)
    async with place.opened() as (service, component):
        watcher = service.desk(DESK).watcher
        await watcher.watch()
        await service.door("connectors").record(DESK, [act("weigering")])
        (state,) = (tmp_path / "signer").glob("*.state")
        state.symlink_to(state.rename(tmp_path / "away"))
        with pytest.raises(LogUnavailable, match="niets vastgelegd"):
            await watcher.watch()
        state.unlink()
        (tmp_path / "away").rename(state)
        await watcher.watch()
        await component.check()
