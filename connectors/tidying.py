"""What is over goes, of everybody, every ten minutes: the fault of one municipality or chore stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from kernel.errors import Problem
from kernel.logs import logger

SECONDS = 600.0
Chore = Callable[[str], Awaitable[None]]
"""Of one tenant. Raises Problem, SQLAlchemyError: then it is done the next time."""
_log = logger("connectors")


async def tidy(first: Callable[[], Awaitable[None]], chores: Sequence[Chore], tenants: Sequence[str]) -> None:
    """Until cancelled. first: what looks at all tenants by itself."""
    while True:
        await first()
        for tenant in tenants:
            for chore in chores:
                try:
                    await chore(tenant)
                except (SQLAlchemyError, Problem) as error:
                    _log.warning("not_tidied", tenant=tenant, exc_info=error)
        await asyncio.sleep(SECONDS)
