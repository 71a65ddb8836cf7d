"""A process that writes in a log until it is killed, forked from one that has imported everything already.

It writes down each entry before it asks, and `id position leaf` per receipt afterwards, so that whoever killed it
knows what was acknowledged. Its clock stands still: on a busy machine a decision is too old before it is a line.
"""

import asyncio
import signal
import sqlite3
from pathlib import Path
from typing import TextIO

from audit.batch import PIECE
from audit.contract import Receipt
from kernel.clock import utc_now
from kernel.failpoints import arm
from tests.audit.logs import DESK, Place, Ticking, fence, release
from tests.forks import FORKS
from tests.patience import PATIENCE

ROUNDS, AT_ONCE = 6, PIECE + 5  # a batch is two pieces


def killed_at(point: str, count: int, url: str, folder: Path) -> list[list[str]]:
    """What it said before it died there, the count-th time."""
    said = folder / f"said-{count}.txt"
    victim = FORKS.Process(target=_die, args=(point, count, url, folder, said))
    victim.start()
    victim.join(PATIENCE)
    assert victim.exitcode == -signal.SIGKILL, victim.exitcode
    victim.close()
    return [line.split(" ", 1) for line in said.read_text().splitlines()]


def spoilt_by(statements: list[str], url: str, folder: Path) -> tuple[int | None, list[str]]:
    """How it ended, and the receipts it had: one before these statements, and perhaps one after."""
    said = folder / "said.txt"
    victim = FORKS.Process(target=_spoil, args=(statements, url, folder, said))
    victim.start()
    victim.join(PATIENCE)
    return victim.exitcode, said.read_text().splitlines()


def _spoil(statements: list[str], url: str, folder: Path, said: Path) -> None:
    still = Ticking(utc_now())

    async def write() -> None:
        async with Place(url, folder, clock=still).opened() as (service, _):
            for each in ([], statements):
                with sqlite3.connect(folder / "audit.db") as database:
                    for statement in each:
                        database.execute(statement)
                database.close()
                (verdict,) = await service.door("connectors").record(DESK, [release({fence(): 0}, still.now)])
                assert isinstance(verdict, Receipt), verdict
                print(verdict.position, file=file)

    with said.open("w", buffering=1) as file:
        asyncio.run(write())


def _die(point: str, count: int, url: str, folder: Path, said: Path) -> None:
    arm(point, count)
    with said.open("w", buffering=1) as file:
        asyncio.run(_write(url, folder, file))


async def _write(url: str, folder: Path, said: TextIO) -> None:
    still = Ticking(utc_now())
    async with Place(url, folder, clock=still).opened() as (service, _):
        door = service.door("connectors")
        for _ in range(ROUNDS):
            entries = [release({fence(): 0}, still.now, subject=f"s{number % 2}") for number in range(AT_ONCE)]
            for entry in entries:
                print("asks", entry.model_dump_json(), file=said)
            for entry, verdict in zip(entries, await door.record(DESK, entries), strict=True):
                assert isinstance(verdict, Receipt), verdict
                print("has", entry.event.id, verdict.position, verdict.leaf, file=said)
