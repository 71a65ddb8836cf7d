"""What is over goes, of everybody, every ten minutes: the fault of one municipality or chore stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from kernel.logs import logger

SECONDS = 600.0
Chore = Callable[[str], Awaitable[None]]
"""Of one tenant. Whatever it raises, it is done the next time."""
_log = logger("connectors")


async def tidy(
    first: Callable[[], Awaitable[None]], chores: Sequence[Chore], tenants: Sequence[str], seconds: float = SECONDS
) -> None:
    """Until cancelled. first: what looks at all tenants by itself. seconds: between two rounds."""
    while True:
        try:
            await first()
        except Exception as error:  # nobody starts this loop again
            _log.error("not_tidied", exc_info=error)
        for tenant in tenants:
            for chore in chores:
                try:
                    await chore(tenant)
                except Exception as error:  # nobody starts this loop again
                    _log.error("not_tidied", tenant=tenant, exc_info=error)
        await asyncio.sleep(seconds)
