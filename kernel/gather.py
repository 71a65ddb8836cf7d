"""Questions that wait at the same moment become one call (architecture.md section 7).

    a comes ──▶ call [a]                       an answer is never older than its question: nobody joins
    b, c, d come meanwhile ──▶ call [b, c, d]  a call that has begun

One call at a time for a key; what costs a fixed number of statements is then shared by all who wait.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 100  # items of one call, so that the first of them does not wait for ever


@dataclass(eq=False)
class _Asked(Generic[Item, Result]):
    """What one caller asked, and where they wait."""

    items: Sequence[Item]
    answer: asyncio.Future[list[Result]]


class Gatherer(Generic[Key, Item, Result]):
    """For calls that change nothing. `call` gives a result per item, in order; one that raises falls apart: each
    caller's items once more alone, so that one bad question spoils no other.

    Waiters are kept by the event loop; only the task of their key takes them out. A caller who gives up changes
    nothing for the others.
    """

    def __init__(self, call: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Result]]], most: int = MOST) -> None:
        self._call, self._most = call, most
        self._waiting: dict[Key, deque[_Asked[Item, Result]]] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}  # held: the loop itself holds tasks only weakly

    def is_next(self, key: Key) -> bool:
        """Whether a call for this key is under way, and who asks for one thing now has a place in the one after it."""
        return key in self._running and sum(len(one.items) for one in self._waiting[key]) < self._most

    async def ask(self, key: Key, items: Sequence[Item]) -> list[Result]:
        """The results for these items. Raises what `call` raises for them alone."""
        if not items:
            return []
        asked: _Asked[Item, Result] = _Asked(items, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(key, deque()).append(asked)
        if key not in self._running:
            # a context of its own: the call belongs to nobody's trace
            self._running[key] = asyncio.create_task(self._run(key), context=Context())
        return await asked.answer

    async def _run(self, key: Key) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                await self._one(key, self._taken(waiting))
        finally:
            del self._waiting[key], self._running[key]
            for asked in waiting:  # only when this task was cancelled, with the whole loop
                asked.answer.cancel()

    def _taken(self, waiting: deque[_Asked[Item, Result]]) -> list[_Asked[Item, Result]]:
        batch = [waiting.popleft()]
        room = self._most - len(batch[0].items)
        while waiting and len(waiting[0].items) <= room:
            batch.append(waiting.popleft())
            room -= len(batch[-1].items)
        return [asked for asked in batch if not asked.answer.done()]

    async def _one(self, key: Key, batch: Sequence[_Asked[Item, Result]]) -> None:
        if not batch:
            return
        try:
            results = list(await self._call(key, [item for asked in batch for item in asked.items]))
            if len(results) != sum(len(asked.items) for asked in batch):
                raise ValueError("a result per item was promised")
        except Exception as error:
            if len(batch) > 1:
                await asyncio.gather(*(self._one(key, [asked]) for asked in batch))
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
        else:
            _hand_out(batch, results)
        finally:
            for asked in batch:
                asked.answer.cancel()  # nothing to who was answered; a call that was cancelled leaves nobody waiting


def _hand_out(batch: Sequence[_Asked[Item, Result]], results: list[Result]) -> None:
    for asked in batch:
        mine, results = results[: len(asked.items)], results[len(asked.items) :]
        if not asked.answer.done():
            asked.answer.set_result(mine)
