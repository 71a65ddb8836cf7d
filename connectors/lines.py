"""The desk's lines. What must be written is written, also when whoever asked has gone.

`writing` holds every task that may outlive its request: the loop itself holds tasks only weakly. Shutdown waits.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from audit.contract import Audit, Entry, Outcome, Receipt, record_one
from connectors.events import outcome
from connectors.refusal import Refusal
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.logs import logger

T = TypeVar("T")
_log = logger("connectors")


class Lines:
    """Records for the desk."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self._writing: set[asyncio.Task[Any]] = set()

    async def release(self, caller: Caller, entry: Entry) -> Receipt:
        """Durable when it returns. A caller who goes while it is written leaves a line: it is closed as not opened.
        Raises Overtaken, EventIdTaken, LogUnavailable, OutcomeUnknown."""
        writing = self._hold(record_one(self.audit, caller, entry))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            self._hold(self._disowned(caller, entry, writing))
            raise

    async def refuse(self, caller: Caller, entry: Entry) -> Receipt:
        """The line before the answer. Raises LogUnavailable, OutcomeUnknown."""
        return await self.outlive(record_one(self.audit, caller, entry))

    async def close(
        self, caller: Caller, entry: Entry, receipt: Receipt, how: Outcome, refused: Sequence[Refusal] = ()
    ) -> None:
        """How it ended. When it cannot be written the line stands without: the log's sweeper says `onbekend`."""
        await self.outlive(self._closed(caller, outcome(entry.event, receipt, how, refused)))

    async def end(self, caller: Caller, entry: Entry) -> None:
        """The same, of an outcome that is put in words already."""
        await self.outlive(self._closed(caller, entry))

    async def outlive(self, work: Coroutine[Any, Any, T]) -> T:
        """Goes on to its end when whoever waits for it is cancelled."""
        return await asyncio.shield(self._hold(work))

    async def finished(self) -> None:
        """Nothing is left to write."""
        while self._writing:
            await asyncio.gather(*self._writing, return_exceptions=True)

    def _hold(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._let_go)
        return task

    def _let_go(self, task: asyncio.Task[Any]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whoever still waits gets it, and who has gone must not be reported by the loop

    async def _disowned(self, caller: Caller, entry: Entry, writing: asyncio.Task[Receipt]) -> None:
        try:
            receipt = await writing
        except Problem:
            return  # no line, or nobody knows: there is nothing to close
        await self._closed(caller, outcome(entry.event, receipt, "niet-geopend"))

    async def _closed(self, caller: Caller, entry: Entry) -> None:
        try:
            await record_one(self.audit, caller, entry)
        except Problem as problem:
            _log.warning("outcome_not_recorded", code=problem.code)
