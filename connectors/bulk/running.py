"""Who works on jobs: some workers in each process, that take parts by turns; any number of processes."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from connectors.bulk.handing import Clearing
from connectors.bulk.parts import PartRows, Turn
from connectors.bulk.planning import Turns, Waiting
from connectors.bulk.walk import Walk
from kernel.errors import Problem
from kernel.logs import logger

LOOK_SECONDS = 2.0  # work of a process that died is seen so late, on top of the time that its part stays held
STOP_SECONDS = 10.0  # a part in hand may end; what does not is taken up by whoever comes next
BEATS_MOST = 90  # renewals: half an hour of a part that does not end is enough, and others may try
_log = logger("connectors.bulk")


@dataclass
class Workers:
    """`waiting` is what was seen last; owned by the loop, changed between two awaits."""

    tenants: Sequence[str]
    parts: PartRows
    walk: Walk
    clearing: Clearing
    many: int = 2
    _turns: Turns = field(default_factory=Turns)
    _waiting: list[Waiting] = field(default_factory=list)
    _seen: float = -LOOK_SECONDS
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False

    def wake(self) -> None:
        """A job was placed here: do not wait for the next look."""
        self._seen = -LOOK_SECONDS
        self._news.set()

    async def run(self) -> None:
        """Until cancelled, or `stop`."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.many):
                group.create_task(self._work())

    async def stop(self, running: "asyncio.Task[None]") -> None:
        """Parts in hand may end."""
        self._stopping = True
        self._news.set()
        await asyncio.wait([running], timeout=STOP_SECONDS)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def tidy(self) -> None:
        """What is over is emptied, of everybody."""
        for tenant in self.tenants:
            try:
                await self.clearing.tidy(tenant)
            except Problem as problem:
                _log.warning("bulk_not_tidied", code=problem.code)

    async def _work(self) -> None:
        while not self._stopping:
            try:
                turn = await self._next()
            except Problem as problem:
                _log.warning("bulk_not_seen", code=problem.code)
                turn = None
            if turn is None:
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), LOOK_SECONDS)
                except TimeoutError:
                    continue
            else:
                await self._carry(turn)

    async def _next(self) -> Turn | None:
        """Raises Problem."""
        if time.monotonic() - self._seen >= LOOK_SECONDS:
            self._seen = time.monotonic()
            self._waiting = [one for tenant in self.tenants for one in await self._waits(tenant)]
            self._turns.tidy(self._waiting)
        while (chosen := self._turns.next(self._waiting)) is not None:
            turn = await self.parts.take(chosen)
            if turn is not None:
                return turn
            self._waiting = [one for one in self._waiting if one != chosen]
        return None

    async def _waits(self, tenant: str) -> Sequence[Waiting]:
        """The fault of one municipality must not stop the others."""
        try:
            return await self.parts.waiting(tenant)
        except Problem as problem:
            _log.warning("bulk_not_seen", tenant=tenant, code=problem.code)
            return ()

    async def _carry(self, turn: Turn) -> None:
        try:
            async with self._held(turn):
                await self.walk.carry(turn)
            return
        except Problem as problem:
            _log.warning("bulk_part_failed", code=problem.code, part=turn.no, attempt=turn.attempt)
        except Exception as error:  # one part's fault must not stop the others
            _log.error("bulk_part_broke", exc_info=error, part=turn.no, attempt=turn.attempt)
        try:
            await self.parts.give_back(turn)
        except Problem as problem:
            _log.warning("bulk_part_stays_held", code=problem.code)

    @asynccontextmanager
    async def _held(self, turn: Turn) -> AsyncIterator[None]:
        """While it is worked on nobody else takes it, however slow its sources are. Who dies stops saying so."""
        done = asyncio.Event()
        beating = asyncio.create_task(self._beat(turn, done))
        try:
            yield
        finally:
            done.set()
            await beating  # never cancelled: a transaction that is broken off may leave SQLite locked

    async def _beat(self, turn: Turn, done: asyncio.Event) -> None:
        for _ in range(BEATS_MOST):
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), self.parts.beat)
            if done.is_set():
                return
            try:
                if not await self.parts.renew(turn):
                    return
            except Problem as problem:
                _log.warning("bulk_part_not_renewed", code=problem.code)
