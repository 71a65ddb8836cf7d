"""A transaction that stays in one worker thread: its statements do not go to and fro between a thread and the loop,
which cost several times what the database itself did.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

Result = TypeVar("Result")


class Direct(AsyncConnection):
    """Over a connection of the thread that uses it: to await these two verbs never waits for the loop. The verbs that
    are not named here raise."""

    async def execute(self, statement: Any, parameters: Any = None, **more: Any) -> CursorResult[Any]:
        """As AsyncConnection's; rows come as they are asked for."""
        return self._proxied.execute(statement, parameters, **more)

    async def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Any = None
    ) -> CursorResult[Any]:
        """As AsyncConnection's."""
        return self._proxied.exec_driver_sql(statement, parameters, execution_options)


def straight(work: Coroutine[Any, Any, Result]) -> Result:
    """What comes of work that awaits nothing but a Direct. Raises RuntimeError where it would wait for something else:
    there is no loop here."""
    try:
        work.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    work.close()
    raise RuntimeError("this work waits, and its thread has no loop")
