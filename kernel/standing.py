"""Whether who shows a token may still come in: asked of whoever issued it, and remembered for two seconds.

A token says who somebody was at most five minutes ago. Its client may have been stopped since, its key taken away, or
the token itself handed back. Who issued it answers from its own rows; `forget` there makes the next request ask again.
Elsewhere an answer counts for FRESH_SECONDS, and for STALE_SECONDS while nobody can be asked; then nobody comes in.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kernel.access import AccessClaims
from kernel.clock import BootClock, boot_seconds
from kernel.errors import Problem
from kernel.message import Message, Short

FRESH_SECONDS = 2.0
STALE_SECONDS = 10.0
REMEMBERED = 10_000  # tokens; the oldest is asked about again


class Holder(Message):
    """Whose token this is. organisation: as the token says. key: the kid it was asked with. token: its jti."""

    tenant: Short
    organisation: Short
    application: Short
    key: Short = ""
    token: Short

    @classmethod
    def of(cls, claims: AccessClaims) -> "Holder":
        """Of a token that was read."""
        return cls(tenant=claims.gemeente, organisation=claims.ontvanger, application=claims.client_id,
                   key=claims.sleutel, token=claims.jti)  # fmt: skip


Ask = Callable[[Holder], Awaitable[bool]]  # raises Problem when it cannot be known now


@dataclass
class _Known:
    # written under `lock` only; at is None before the first answer. failed: when nobody could answer, and why
    at: float | None = None
    holds: bool = False
    failed: tuple[float, Problem] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Standing:
    """Of one process: all its gates share it."""

    def __init__(self, ask: Ask, clock: BootClock = boot_seconds) -> None:
        self._ask, self._clock = ask, clock
        self._known: OrderedDict[Holder, _Known] = OrderedDict()

    def forget(self) -> None:
        """Something ended here: whoever comes next is asked about anew, and an answer that is under way counts for
        whoever waits for it and no longer."""
        self._known.clear()

    async def holds(self, who: Holder) -> bool:
        """Raises what `ask` raises, when nothing is known that is fresh enough."""
        known, came = self._known.setdefault(who, _Known()), self._clock()
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        async with known.lock:  # many requests with one token ask once
            begun = self._clock()
            if known.at is None or begun - known.at >= FRESH_SECONDS:
                await self._again(known, who, (came, begun))
            return known.holds

    async def _again(self, known: _Known, who: Holder, times: tuple[float, float]) -> None:
        came, begun = times
        try:
            answer = await self._asked(known, who, came)
        except Problem:
            if known.at is None or begun - known.at >= STALE_SECONDS:
                raise
            return
        # from before the question: what ended while it was under way is found two seconds after that at most
        known.at, known.holds = begun, answer

    async def _asked(self, known: _Known, who: Holder, came: float) -> bool:
        # who waited for a question that failed has heard its answer: else each in line would wait for its own silence
        if known.failed and known.failed[0] >= came:
            raise known.failed[1].with_traceback(None)
        try:
            return await self._ask(who)
        except Problem as problem:
            known.failed = self._clock(), problem
            raise
