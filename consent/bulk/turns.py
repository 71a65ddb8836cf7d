"""Whose large question is worked on: one at a time in a process, municipalities in a round.

A municipality has one place in the queue, whatever number of its applications asks; of an application one question is
taken at a time. A large question gives way every few milliseconds by itself (`consent.deciding.TURN`), so that two of
them side by side would only both be late.
"""

from asyncio import Lock, timeout
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from kernel.caller import Caller
from kernel.errors import TooManyRequests

PATIENCE: Final = 60.0  # seconds: longer than one list takes on a busy machine
AGAIN: Final = 20  # seconds after which asking again makes sense


@dataclass
class Turns:
    """Owned by the loop; both locks are given in the order of asking."""

    patience: float = PATIENCE
    _asking: set[tuple[str, str]] = field(default_factory=set)
    _municipality: dict[str, Lock] = field(default_factory=dict)
    _process: Lock = field(default_factory=Lock)

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """Raises TooManyRequests when this application has one under way here, or when the turn does not come."""
        mine = (caller.tenant, caller.application)
        if mine in self._asking:
            raise TooManyRequests("Wacht tot uw vorige vraag over veel inwoners klaar is.", wachtSeconden=AGAIN)
        self._asking.add(mine)
        try:
            async with AsyncExitStack() as held:
                try:
                    async with timeout(self.patience):
                        await held.enter_async_context(self._municipality.setdefault(caller.tenant, Lock()))
                        await held.enter_async_context(self._process)
                except TimeoutError:
                    raise TooManyRequests("Er zijn te veel grote vragen tegelijk.", wachtSeconden=AGAIN) from None
                yield
        finally:
            self._asking.discard(mine)
