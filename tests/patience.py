"""How long a test waits for what must come: waiting costs nothing when it comes, and a busy machine is no fault."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 120.0  # seconds: less than after what pytest ends a test that hangs
GLANCE = 0.02


async def until(so: Callable[[], bool]) -> None:
    """Raises AssertionError when it does not come to be."""
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(GLANCE)
