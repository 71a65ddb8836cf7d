"""What stands before a source: guards, that each know one thing and run any question to it. Composed in `guarded`.

Breaker(Narrow(Patient()))     a source that is down answers at once, and is left alone for a while
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from purgatory.domain.model import Context, OpenedState

from audit.contract import NotPermitted, Overtaken, Permit
from connectors.contract import NOTHING, Known, Source, SourceDown
from connectors.outside.failing import SourceFailed
from kernel.caller import Caller
from kernel.logs import logger
from vault.contract import Bsn, Values

T = TypeVar("T")
_log = logger("connectors")


@dataclass(frozen=True)
class Limits:
    """Of one source. seconds: one question, with its repetitions; at_once: questions; waiting: who may stand in line;
    failures: in a row, before it is left alone; rest: seconds that this lasts."""

    seconds: float = 3.0
    at_once: int = 20
    waiting: int = 200
    failures: int = 5
    rest: float = 10.0


class Guard(Protocol):
    """Lets a question through, or not. About how many residents it is does not matter: it is one question."""

    async def run(self, question: Callable[[], Awaitable[T]]) -> T:
        """What the question gives, or raises. Raises SourceDown, TimeoutError besides."""
        ...


@dataclass(frozen=True)
class Patient:
    """Gives a source its time, and no more."""

    seconds: float

    async def run(self, question: Callable[[], Awaitable[T]]) -> T:
        """See Guard.run. Raises TimeoutError."""
        async with asyncio.timeout(self.seconds):
            return await question()


@dataclass
class Narrow:
    """Lets a few through at once, and turns away who would only wait: one slow source may not hold the whole house."""

    guard: Guard
    at_once: int
    waiting: int
    _places: asyncio.Semaphore = field(init=False, repr=False)
    _inside: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.at_once)

    async def run(self, question: Callable[[], Awaitable[T]]) -> T:
        """See Guard.run. Raises SourceDown."""
        if self._inside >= self.at_once + self.waiting:
            raise SourceDown("Het is te druk bij deze bron.")
        self._inside += 1
        try:
            async with self._places:
                return await self.guard.run(question)
        finally:
            self._inside -= 1


@dataclass(frozen=True)
class Breaker:
    """Leaves a source alone that failed again and again. Counted: silence, and answers that cannot be used. Not
    counted: a question that is refused, a fence that moved, a caller who went away: these say nothing of the source."""

    guard: Guard
    circuit: Context

    async def run(self, question: Callable[[], Awaitable[T]]) -> T:
        """See Guard.run. Raises SourceDown."""
        try:
            self.circuit.handle_new_request()
        except OpenedState:
            raise SourceDown("Deze bron antwoordde steeds niet, en wordt even met rust gelaten.") from None
        try:
            found = await self.guard.run(question)
        except (NotPermitted, Overtaken):
            raise
        except Exception as error:
            if not (isinstance(error, SourceFailed) and error.blames_us):
                self._told(error)
            raise
        finally:
            self.circuit.messages.clear()  # for a store that we do not use
        self.circuit.handle_end_request()
        self.circuit.messages.clear()
        return found

    def _told(self, error: Exception) -> None:
        before = self.circuit.state
        self.circuit.handle_exception(error)
        if self.circuit.state != before:
            _log.warning("source_left_alone", source=self.circuit.name)


@dataclass(frozen=True)
class Guarded:
    """Satisfies Source."""

    source: Source
    guard: Guard

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch. Raises SourceDown, TimeoutError."""
        return await self.guard.run(lambda: self.source.fetch(caller, permit, bsn, known))


def guarded(name: str, source: Source, limits: Limits) -> Guarded:
    """The whole chain."""
    narrow = Narrow(Patient(limits.seconds), limits.at_once, limits.waiting)
    return Guarded(source, Breaker(narrow, Context(name, limits.failures, limits.rest)))
