"""A process that comes along in January and writes a line: `python -m tests.audit.turner URL FOLDER`. REGIE_FAILPOINT
says where it dies."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.audit.logs import DESK, Place, Ticking


async def write(url: str, folder: Path) -> None:
    clock = Ticking(datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC))
    async with Place(url, folder, clock=clock).opened() as (service, _):
        await service.desk(DESK).watcher.watch()


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], Path(sys.argv[2])))
