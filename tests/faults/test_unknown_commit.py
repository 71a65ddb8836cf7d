"""Nobody knows whether a commit was made: said again under the same id, every event has one line, on both databases."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from audit.contract import Entry, LogUnavailable, OutcomeUnknown
from audit.doubts import EXIT
from kernel.clock import utc_now
from tests.audit.logs import DESK, Place, act, fence, receipt
from tests.faults import refused
from tests.faults.cutting import Cut, wired
from tests.faults.refusing import Call, Refusal, traced
from tests.faults.test_refused import log_in
from tests.postgres import HOST, Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


async def said_again(place: Place, entries: list[Entry]) -> list[tuple[str, str]]:
    """By who asked, until it is known; what each receipt says."""
    async with place.opened() as (service, component):
        for _ in range(10):  # those that died are found by the first
            with suppress(LogUnavailable, OutcomeUnknown):
                verdicts = await service.door("consent").record(DESK, entries)
                await component.check()
                assert service.desk(DESK).log.memory.size == len(entries), "an event has no line, or two"
                lines = await service.door("web").lines(DESK, "s1", limit=200)
                assert sorted(line.event.id for line in lines.lines) == sorted(one.event.id for one in entries)
                return [(str(receipt(each).position), receipt(each).leaf) for each in verdicts]
        pytest.fail("it never wrote again")


@pytest.mark.postgres
@pytest.mark.parametrize("cut", ["unheard", "unanswered"])
async def test_a_wire_that_breaks_at_commit_leaves_one_line_for_each_event(
    cut: Cut, postgres: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    direct = Place(postgres_url, tmp_path, clock=utc_now)
    entries = [act("weigering"), act("beperking", fence())]
    async with direct.opened():
        pass  # founded
    async with wired(postgres.port) as wire:
        place = Place(postgres_url.replace(f"{HOST}:{postgres.port}", f"{HOST}:{wire.own}"), tmp_path, clock=utc_now)
        async with place.opened() as (service, _):
            wire.cut = cut
            with pytest.raises(OutcomeUnknown):
                await service.door("consent").record(DESK, entries)
            assert wire.cuts == 1
            first = [receipt(each) for each in await service.door("consent").record(DESK, entries)]
        told = [(str(each.position), each.leaf) for each in first]
        assert await said_again(place, entries) == told
    assert await said_again(direct, entries) == told


@pytest.mark.slow
@pytest.mark.parametrize("stored", [False, True], ids=["torn", "stored"])
async def test_a_disk_that_fails_at_commit_leaves_one_line_for_each_event(stored: bool, tmp_path: Path) -> None:
    """SQLite reports the same for a commit of which a page is not there, and for one that is wholly in its WAL and of
    which only the sync failed: that one stands after all."""

    def written(name: str, refusal: Refusal | None) -> list[Call]:
        folder, said = log_in(tmp_path / name, founded=True), tmp_path / f"{name}.said"
        with traced(folder, tmp_path / f"{name}.strace", refusal, refused.write, folder, said) as log:
            assert log.gone() == (EXIT if refusal else 0)
        assert log.refused() == bool(refusal)
        return log.seen()

    calls = await asyncio.to_thread(written, "whole", None)
    wal = [call for call in calls if call.file == "audit.db-wal"]
    sync = max((call for call in wal if call.call == "fdatasync"), key=lambda call: call.nth)  # of the last batch
    page = next(call for call in reversed(wal[: wal.index(sync)]) if call.call == "pwrite64")
    refusal = Refusal(sync if stored else page, "EIO")
    await asyncio.to_thread(written, "failed", refusal)
    asked, known = refused.heard(tmp_path / "failed.said")
    assert len(known) < len(asked), "it was acknowledged"
    await refused.demand_sound(tmp_path / "failed", tmp_path / "failed.said")
