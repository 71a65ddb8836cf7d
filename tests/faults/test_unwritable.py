"""A log that cannot write: every release answers 503, nobody is asked, nothing opened; repaired, all is there."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

import regie_verify
from kernel.http.server import serve
from tests.faults.checker import Evidence, judge
from tests.faults.ground import BY_CHOICE, Ground, found_ground
from tests.faults.hatchery import Hatched, Hatchery
from tests.faults.load import Clients, Witness, look_at
from tests.patience import PATIENCE, until
from tests.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
TRIES = 12


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A disk of its own at this place, with what stood there."""
    if os.geteuid():
        pytest.skip("NOT RUN: a small disk needs root")
    aside = place.with_name(place.name + "-aside")
    place.rename(aside)
    place.mkdir(mode=0o700)
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(place)], check=True)
    try:
        shutil.copytree(aside, place, dirs_exist_ok=True)
        yield place
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(place)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["/bin/mount", "-o", f"remount,{how}", str(disk)], check=True)


@dataclass
class Trial:
    """One house, a resident who said yes, and everybody who is asked for data."""

    ground: Ground
    hatchery: Hatchery
    witness: Witness
    witness_url: str
    clients: Clients
    evidence: Evidence
    consent: str = ""
    house: Hatched = field(init=False)

    async def start(self) -> None:
        self.house = await self.hatchery.hatch(self.ground.settings(self.witness_url), self.witness_url)
        await self.clients.at(self.house.url)

    async def both(self) -> list[int]:
        """By law and by choice, at one moment: the statuses."""
        one = self.ground.people[0]
        asks = (self.clients.release(one), self.clients.release(one, BY_CHOICE, self.consent))
        return [each.status for each in await asyncio.gather(*asks)]

    async def begin(self) -> None:
        """It works."""
        await self.start()
        one = self.ground.people[0]
        self.consent = await self.clients.request(one)
        assert (await self.clients.choose(one, self.consent, "ja")).status == 200
        assert await self.both() == [200, 200]
        await self.quiet()

    async def quiet(self) -> None:
        """All outcomes are written, and signed."""
        await until(lambda: not self.ground.rows("SELECT idx FROM under_way"))
        while max(self.evidence.heads, default=0) < self.ground.rows("SELECT count(*) FROM lines")[0][0]:
            await self.clients.newest(self.evidence)

    async def refuses(self, tries: int = TRIES) -> None:
        """503 each time, as a problem, and nobody is asked for anything."""
        asked, before = dict(self.witness.asked), len(self.clients.said)
        for _ in range(tries):
            assert await self.both() == [503, 503]
        assert all(one.body["status"] == 503 and one.body["code"] for one in self.clients.said[before:])
        assert dict(self.witness.asked) == asked, "somebody was asked for data that has no line"

    async def works_again(self) -> None:
        """And nothing that was acknowledged is lost."""
        end = time.monotonic() + PATIENCE
        while await self.both() != [200, 200]:  # connections that died are found one by one
            assert time.monotonic() < end, "it does not work again"
        last = [one.index for one in self.clients.said[-2:]]
        await until(lambda: not self.ground.rows("SELECT idx FROM under_way WHERE idx IN (?, ?)", last))
        term = look_at(self.ground, self.evidence)
        await self.clients.prove(self.evidence, list(range(len(self.evidence.leaves))), term)
        while True:  # so is one of readers
            with suppress(httpx2.HTTPStatusError):
                await self.clients.newest(self.evidence)
                break
            assert time.monotonic() < end, "the log is not read again"
        self.evidence.witnessed = self.witness.complaints
        complaints = judge(self.evidence)
        complaints.pop("open_or_untrue", None)  # an outcome may be lost with the log; the sweeper writes it in a minute
        assert complaints == {}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def trial(ground: Ground, stack: AsyncExitStack, folder: Path) -> Trial:
    """A house that has worked a moment ago."""
    (folder / "log.vkey").write_text(ground.vkeys)
    witness, clients = Witness(ground), Clients(ground)
    there = await stack.enter_async_context(serve(witness.app()))
    hatchery = await stack.enter_async_context(Hatchery(folder / "errors.txt"))
    await stack.enter_async_context(clients.http)
    evidence = Evidence(regie_verify.read_keys(folder / "log.vkey"), clients.said)
    begun = Trial(ground, hatchery, witness, there.url, clients, evidence)
    await begun.begin()
    return begun


async def test_full_disk_stops_every_release_and_loses_nothing(
    on_sqlite: Ground, stack: AsyncExitStack, tmp_path: Path
) -> None:
    stack.enter_context(small_disk(on_sqlite.folder, "40m"))
    begun = await trial(on_sqlite, stack, tmp_path)
    filler = on_sqlite.folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    for _ in range(100):  # what was set aside for the log is used up first
        if 503 in await begun.both():
            break
    await begun.refuses()
    filler.unlink()
    await begun.works_again()
    await begun.house.kill()


async def test_somebody_else_holds_the_database_and_releases_wait_no_longer_than_they_may(
    on_sqlite: Ground, stack: AsyncExitStack, tmp_path: Path
) -> None:
    begun = await trial(on_sqlite, stack, tmp_path)
    with closing(sqlite3.connect(on_sqlite.folder / "audit.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await begun.refuses(1)
        other.execute("ROLLBACK")
    await begun.works_again()
    await begun.house.kill()


@pytest.mark.postgres
async def test_database_that_is_gone_stops_every_release_until_it_is_back(
    own_postgres: Postgres, stack: AsyncExitStack, tmp_path: Path
) -> None:
    ground = await found_ground(tmp_path / "data", own_postgres.create(), 1)
    begun = await trial(ground, stack, tmp_path)
    own_postgres.stop()
    await begun.refuses()
    own_postgres.start()
    await begun.works_again()
    own_postgres.kill()
    await begun.refuses()
    own_postgres.start()
    await begun.works_again()
    await begun.house.kill()


async def test_signer_on_a_disk_that_is_read_only_stops_every_release_until_it_is_not(
    ground: Ground, stack: AsyncExitStack, tmp_path: Path
) -> None:
    """Nothing was written and nothing lost, so the house lives; test_signer.py has a write that fails half-way."""
    disk = stack.enter_context(small_disk(ground.folder / "log", "1m"))
    begun = await trial(ground, stack, tmp_path)
    remount(disk, "ro")
    try:
        await begun.refuses()
    finally:
        remount(disk, "rw")
    await begun.works_again()
    await begun.house.kill()


async def test_signer_without_its_state_stops_every_release_until_it_is_put_back(
    ground: Ground, stack: AsyncExitStack, tmp_path: Path
) -> None:
    begun = await trial(ground, stack, tmp_path)
    (state,) = (ground.folder / "log").glob("*.state")
    aside = state.rename(tmp_path / "state")
    await begun.refuses()
    aside.rename(state)
    await begun.refuses(1)  # sealed: people look, and start it again
    await begun.house.kill()
    await begun.start()
    await begun.works_again()
    await begun.house.kill()
