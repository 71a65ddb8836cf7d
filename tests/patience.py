"""How long a test waits for what must come: waiting costs nothing when it comes, and a busy machine is no fault."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 300.0  # seconds: less than after what pytest ends a test that hangs
GLANCE = 0.02
# what a house is told: no source of it is late because the machine is busy
SOURCES = {"REGIE_CONNECTORS_SOURCE_SECONDS": "20", "REGIE_CONNECTORS_WHOLE_SECONDS": "25"}


async def until(so: Callable[[], bool]) -> None:
    """Raises AssertionError when it does not come to be."""
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(GLANCE)
