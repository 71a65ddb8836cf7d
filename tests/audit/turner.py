"""A process that comes along in January and watches, forked from one that has imported everything already."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from kernel.failpoints import arm
from tests.audit.logs import DESK, Place, Ticking
from tests.forks import FORKS
from tests.patience import PATIENCE


def turned_elsewhere(url: str, folder: Path, dies_at: str = "") -> int | None:
    """With which status it ended. dies_at: the fail point that kills it."""
    turner = FORKS.Process(target=_turn, args=(url, folder, dies_at))
    turner.start()
    turner.join(PATIENCE)
    return turner.exitcode


def _turn(url: str, folder: Path, dies_at: str) -> None:
    if dies_at:
        arm(dies_at, 1)
    asyncio.run(_watch(url, folder))


async def _watch(url: str, folder: Path) -> None:
    clock = Ticking(datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC))
    service, component = await Place(url, folder, clock=clock).built()
    await service.desk(DESK).watcher.watch()  # before its rounds run: of two turns at once one may die of nothing
    async with component.run():
        pass
