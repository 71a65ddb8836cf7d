"""No row of a fence can be set back alone: the map notices at its next use, and at the start."""

import asyncio
import hashlib
import secrets
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from audit import tables
from audit.contract import Audit, LogUnavailable, Overtaken
from audit.event import FenceAt
from audit.fencemap import FenceMap, bucket_of
from audit.service import AuditService
from audit.signer import Fork, LogSigner
from audit.slots import ZERO, found_state
from audit.status import Around, status_of
from kernel.clock import millis
from kernel.crypto.file_keys import FileKeyProvider
from kernel.proof.hashes import EMPTY_ROOT
from kernel.sql import Database
from tests.audit.logs import DESK, NOON, TENANT, Place, act, fence, receipt, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
Row = dict[str, Any]
# few buckets, so that fences meet in them
FENCES = st.integers(0, 3).flatmap(lambda page: st.sampled_from([f"{page:02x}0{low}{'7' * 27}{low}" for low in "0189"]))


def by_the_book(standing: dict[str, int]) -> bytes:
    """trust.md 4.6, word for word."""
    buckets: dict[int, list[bytes]] = {}
    for name, epoch in standing.items():
        raw = bytes.fromhex(name)
        buckets.setdefault(int.from_bytes(raw[:2], "big"), []).append(raw + epoch.to_bytes(8, "big"))
    digests = [hashlib.sha256(b"".join(sorted(buckets.get(number, [])))).digest() for number in range(65_536)]
    pages = [hashlib.sha256(b"".join(digests[at : at + 256])).digest() for at in range(0, 65_536, 256)]
    return hashlib.sha256(b"".join(pages)).digest()


def of(standing: dict[str, int]) -> FenceMap:
    buckets: dict[str, dict[str, int]] = {}
    for name, epoch in standing.items():
        buckets.setdefault(bucket_of(name), {})[name] = epoch
    return FenceMap().changed(buckets)


def test_root_is_the_one_of_the_book() -> None:
    standing = {secrets.token_hex(16): number for number in range(1, 400)}
    assert FenceMap().root == by_the_book({})
    assert of(standing).root == by_the_book(standing)


@given(st.lists(FENCES, max_size=30))
def test_map_that_grew_move_by_move_is_the_one_made_at_once(moves: list[str]) -> None:
    grown, standing = FenceMap(), dict[str, int]()
    for name in moves:
        bucket = bucket_of(name)
        assert grown.holds(bucket, {f: e for f, e in standing.items() if bucket_of(f) == bucket})
        standing[name] = standing.get(name, 0) + 1
        now = {f: e for f, e in standing.items() if bucket_of(f) == bucket}
        assert not grown.holds(bucket, now)
        grown = grown.changed({bucket: now})
    assert grown == of(standing)
    assert grown.moved(standing) == {bucket_of(name) for name in standing}
    assert grown.changed({bucket_of(name): {name: 0} for name in standing}) == FenceMap(), "0 is as never moved"


@pytest.mark.parametrize("name, epoch", [("ab" * 16, -1), ("ab" * 16, 2**64), ("abcdz", 1)])
def test_what_cannot_be_a_fence_stands_nowhere(name: str, epoch: int) -> None:
    assert not of({"ab" * 16: 1}).holds("abcd", {name: epoch})
    assert not FenceMap().holds("abcd", {name: epoch})


async def row_of(service: AuditService, name: str) -> Row:
    async with service.desk(DESK).log.database.snapshot(TENANT) as reading:
        found = await reading.execute(select(tables.fences).where(tables.fences.c.fence == name))
        return dict(found.mappings().one())


async def put_back(service: AuditService, row: Row) -> None:
    """One row of a moment ago, with its own valid MAC."""
    async with service.desk(DESK).log.database.writing(TENANT) as tx:
        await tx.execute(update(tables.fences).where(tables.fences.c.fence == row["fence"]).values(**row))


async def moved_twice(service: AuditService, name: str) -> Row:
    """The row after the first time."""
    door = service.door("consent")
    await door.record(DESK, [act("toestemming-ingetrokken", name)])
    row = await row_of(service, name)
    await door.record(DESK, [act("toestemming-ingetrokken", name)])
    return row


async def record_under(door: Audit, name: str, epoch: int) -> None:
    await door.record(DESK, [release({name: epoch})])


async def hold_under(door: Audit, name: str, epoch: int) -> None:
    await door.holds(DESK, [FenceAt(fence=name, epoch=epoch)])


@pytest.mark.parametrize("use", [record_under, hold_under])
async def test_fence_set_back_alone_is_noticed_at_its_next_use(use: Any, url: str, tmp_path: Path) -> None:
    async with Place(url, tmp_path).opened() as (service, component):
        hek = fence()
        await put_back(service, await moved_twice(service, hek))
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await use(service.door("connectors"), hek, 1)
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await component.check()
        assert (await Seen(url, tmp_path).lines()) == 2


class Seen:
    """Another instance, for how many lines there are; sealed or not."""

    def __init__(self, url: str, folder: Path) -> None:
        self._place = Place(url, folder)

    async def lines(self) -> int:
        service, _ = await self._place.built()
        database = service.desk(DESK).log.database
        async with database.snapshot(TENANT) as reading:
            found = len((await reading.execute(select(tables.lines.c.idx))).all())
        await database.close()
        return found


@pytest.mark.parametrize("use", [record_under, hold_under])
async def test_fence_that_was_removed_is_noticed_at_its_next_use(use: Any, url: str, tmp_path: Path) -> None:
    async with Place(url, tmp_path).opened() as (service, _):
        hek, door = fence(), service.door("connectors")
        await moved_twice(service, hek)
        async with service.desk(DESK).log.database.writing(TENANT) as tx:
            await tx.execute(delete(tables.fences))
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await use(door, hek, 0)


async def test_fence_set_back_while_nobody_looked_seals_the_next_start(url: str, tmp_path: Path) -> None:
    place = Place(url, tmp_path)
    async with place.opened() as (service, _):
        row = await moved_twice(service, fence())
        await service.door("connectors").record(DESK, [act("weigering")])
        await put_back(service, row)
    async with place.opened() as (service, component):
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await component.check()
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await service.door("connectors").record(DESK, [act("weigering")])


async def test_status_says_beforehand_what_a_start_would_find(tmp_path: Path) -> None:
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)
    database, provider = Database(place.url, "audit"), FileKeyProvider(tmp_path / "keys")
    try:
        for spoilt in (False, True):
            async with place.opened() as (service, _):
                row = await moved_twice(service, fence())
                if spoilt:
                    await put_back(service, row)
            around = Around(provider, partial(LogSigner, tmp_path / "signer"), None, millis(NOON))
            found = await status_of(database, around, TENANT)
            assert ("hek is teruggezet" in found.sealed) == spoilt, found
    finally:
        await database.close()


@pytest.mark.parametrize("touched", [False, True])
async def test_tail_that_was_never_signed_is_held_against_the_map_before_it(touched: bool, tmp_path: Path) -> None:
    """Lines committed, and a crash before their head was signed: the signer knows the map of before."""
    place, hek = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path), fence()
    async with place.opened() as (service, _):
        row = await moved_twice(service, hek)
        (state,) = (tmp_path / "signer").glob("*.state")
        before = state.read_bytes()
        moves = [act("toestemming-ingetrokken", hek), act("beperking", fence(), hek[:4] + "0" * 28)]
        await service.door("consent").record(DESK, moves)
        await put_back(service, row) if touched else None
    state.write_bytes(before)
    async with place.opened() as (service, component):
        if touched:
            with pytest.raises(LogUnavailable, match="hek is teruggezet"):
                await component.check()
            return
        await component.check()
        assert await service.door("web").holds(DESK, [FenceAt(fence=hek, epoch=3)])
        known = service.desk(DESK).log.signer.remembered()
        assert (known.size, known.map_root) == (4, service.desk(DESK).log.memory.fences.root)


async def test_instances_follow_each_other_s_moves(url: str, tmp_path: Path) -> None:
    place, names = Place(url, tmp_path), [fence() for _ in range(5)]
    async with place.opened() as (one, _), place.opened() as (two, _):
        doors = [one.door("consent"), two.door("consent")]
        for number in range(20):
            (verdict,) = await doors[number % 2].record(DESK, [act("beperking", names[number % 5])])
            at = FenceAt(fence=names[number % 5], epoch=receipt(verdict).epochs[names[number % 5]])
            assert await doors[1 - number % 2].holds(DESK, [at]) == receipt(verdict).position
            with pytest.raises(Overtaken):
                await doors[1 - number % 2].holds(DESK, [FenceAt(fence=at.fence, epoch=at.epoch - 1)])
        work = [doors[number % 2].record(DESK, [act("beperking", names[number % 5])]) for number in range(40)]
        assert all(receipt(verdict) for (verdict,) in await asyncio.gather(*work))
        for service in (one, two):
            await service.desk(DESK).watcher.watch()
        assert one.desk(DESK).log.memory == two.desk(DESK).log.memory
    async with place.opened() as (service, component):
        await component.check()
        assert service.desk(DESK).log.memory.fences == of(dict.fromkeys(names, 12))


async def test_what_was_set_back_does_not_come_along_with_a_neighbour_that_moved(url: str, tmp_path: Path) -> None:
    place, hek = Place(url, tmp_path), fence()
    beside = hek[:4] + secrets.token_hex(14)
    async with place.opened() as (one, _), place.opened() as (two, _):
        row = await moved_twice(one, hek)
        await two.door("consent").holds(DESK, [FenceAt(fence=hek, epoch=2)])
        await one.door("consent").record(DESK, [act("beperking", beside)])
        await put_back(one, row)
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await two.door("consent").holds(DESK, [FenceAt(fence=beside, epoch=1)])


async def test_log_from_before_there_was_a_map_is_believed_once(tmp_path: Path) -> None:
    place, hek = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path), fence()
    async with place.opened() as (service, _):
        row = await moved_twice(service, hek)
        known = service.desk(DESK).log.signer.remembered()
    (state,) = (tmp_path / "signer").glob("*.state")
    state.unlink()
    found_state(state, known.size, known.root)
    async with place.opened() as (service, component):
        await component.check()
        assert service.desk(DESK).log.signer.remembered().map_root == known.map_root
        await put_back(service, row)
    async with place.opened() as (_, component):
        with pytest.raises(LogUnavailable, match="hek is teruggezet"):
            await component.check()


def test_signer_knows_one_map_for_one_size(tmp_path: Path) -> None:
    signer = LogSigner(tmp_path / "signer", "regie.example/gm9901/2026h2")
    signer.found()
    assert signer.remembered().map_root == ZERO
    signer.sign(1, bytes(32), 0, (), b"m" * 32)
    assert signer.remembered().map_root == b"m" * 32
    signer.sign(1, bytes(32), 0, ())
    with pytest.raises(Fork):
        signer.sign(1, bytes(32), 0, (), b"o" * 32)
    with pytest.raises(Fork):
        signer.sign(1, EMPTY_ROOT, 0, (), b"m" * 32)
    assert signer.remembered().map_root == b"m" * 32
