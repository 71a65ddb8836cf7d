"""A process that writes in a log until it is killed: `python -m tests.audit.victim URL FOLDER [FROM]`.

Prints the ids of each batch before it asks, and `id position leaf` per receipt afterwards, so that whoever killed it
knows what was acknowledged.
"""

import asyncio
import sys
from pathlib import Path

from audit.contract import Receipt
from kernel.clock import utc_now
from tests.audit.logs import DESK, Place, fence, release

ROUNDS, AT_ONCE = 6, 5


async def write(url: str, folder: Path) -> None:
    async with Place(url, folder, clock=utc_now).opened() as (service, _):
        door = service.door("connectors")
        for _ in range(ROUNDS):
            entries = [release({fence(): 0}, utc_now(), subject=f"s{number % 2}") for number in range(AT_ONCE)]
            for entry in entries:
                print("asks", entry.model_dump_json(), flush=True)
            for entry, verdict in zip(entries, await door.record(DESK, entries), strict=True):
                assert isinstance(verdict, Receipt), verdict
                print("has", entry.event.id, verdict.position, verdict.leaf, flush=True)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], Path(sys.argv[2])))
