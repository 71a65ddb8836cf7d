"""Who is counted: a declared list of numbers, read once a run, under the permit of that run.

Nothing but the numbers is read here. What is known of each of them is asked afterwards, one by one, when they have a
line of their own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncResult

from audit.contract import Permit, Trust
from connectors.counting.contract import Population
from connectors.declared.declaration import Declaration
from connectors.declared.sql import only_reading, open_engine
from connectors.outside.failing import SourceFailed
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.logs import logger
from kernel.settings import SettingsWrong, read_secret
from vault.contract import Bsn

PEOPLE_MOST = 100_000
TOGETHER = 1_000  # rows in memory before they are read
BUFFER = {"max_row_buffer": TOGETHER}
SECONDS = 20.0  # W: the permit of a run lasts 30
_log = logger("connectors")


@dataclass(frozen=True)
class SqlPopulation:
    """Satisfies Population."""

    declared: Declaration
    engine: AsyncEngine
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock

    async def numbers(self, caller: Caller, permit: Permit) -> list[Bsn]:
        """See Population.numbers."""
        permit.check(caller.tenant, await self.trust(), self.clock(), "bevolking")
        try:
            async with asyncio.timeout(SECONDS), self.engine.connect() as connection:
                await only_reading(connection, SECONDS)
                found = await connection.stream(text(self.declared.population), execution_options=BUFFER)
                try:
                    rows, numbers = await _listed(found)
                finally:
                    await found.close()  # as `async with` it would stay open when this raises
                await connection.rollback()
        except (SQLAlchemyError, OSError, TimeoutError):
            raise SourceFailed("niet-bereikbaar") from None  # its text may quote the statement
        if len(numbers) < rows:
            _log.warning("population_has_strange_rows", source=self.declared.name, rows=rows - len(numbers))
        return list(numbers)


def population(
    declared: Declaration, trust: Callable[[], Awaitable[Trust]], clock: Clock, outside: AsyncExitStack
) -> Population | None:
    """Of a source that lists one. Raises SettingsWrong."""
    if not declared.population:
        return None
    if declared.credential.file is None:
        raise SettingsWrong([f"{declared.name}: zonder bestand is er geen adres."])
    engine = open_engine(read_secret(declared.credential.file).decode().strip(), 2)
    outside.push_async_callback(engine.dispose)
    return SqlPopulation(declared, engine, trust, clock)


async def _listed(found: AsyncResult[Any]) -> tuple[int, dict[Bsn, None]]:
    """How many rows, and each number once. Raises SourceFailed."""
    rows, numbers = 0, dict[Bsn, None]()
    while some := await found.fetchmany(TOGETHER):
        rows += len(some)
        if rows > PEOPLE_MOST:
            raise SourceFailed("te-groot")
        numbers |= dict.fromkeys(one for row in some if (one := _number(row[0])))
    return rows, numbers


def _number(said: object) -> Bsn | None:
    """Nine digits that pass the elfproef."""
    try:
        return Bsn(str(said).zfill(9) if isinstance(said, int) else str(said))
    except ValueError:
        return None
