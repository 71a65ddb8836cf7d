"""The work of the log, for all tenants; `door` gives a neighbour its own handle, which satisfies Audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from audit.breaching import Breaches
from audit.contract import (
    Bundle,
    Count,
    Found,
    Heard,
    Line,
    Lines,
    LogUnavailable,
    Moves,
    Query,
    Reason,
    System,
    Verdict,
)
from audit.destroying import Destroyer
from audit.event import Entry, FenceAt, Outcome
from audit.log import Log
from audit.permit import Position
from audit.proving import Prover
from audit.reading import Reader
from audit.reported.intake import Intake
from audit.reported.ports import Numbers, Register
from audit.searching import Searcher
from audit.settings import Kept
from audit.standing import Standing
from audit.sweeping import Sweeper
from audit.tracing import Now, traced
from audit.watching import Watcher
from audit.writer import Writer
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.errors import NoAccess

ROOM = "audit"


class Desk:
    """One tenant's log with everything that is done to it."""

    def __init__(self, log: Log, kept: Kept, clock: Clock, trace: Now) -> None:
        self.log, self._trace, self._clock = log, trace, clock
        self.writer = Writer(log, kept.lines)
        self.reader, self.standing = Reader(log), Standing(log)
        self.prover = Prover(log, self.reader)
        self.watcher = Watcher(log)
        self.searcher = Searcher(log, self.reader, self._record)
        self.breaches = Breaches(log, self._record, clock, kept.files)
        self.destroyer = Destroyer(log, self.reader, self._record, clock)
        self.sweeper = Sweeper(log, self.reader, self._record, clock)

    async def record(self, room: str, entries: Sequence[Entry]) -> list[Verdict]:
        """See Audit.record."""
        return await self.writer.record(room, traced(entries, self._trace))

    def intake(self, neighbours: tuple[Register, Numbers]) -> Intake:
        """Takes reports of uses outside Regie."""
        return Intake(self._record, self.reader.line, neighbours, self._clock)

    async def _record(self, entries: Sequence[Entry]) -> list[Verdict]:
        return await self.record(ROOM, entries)


class AuditService:
    """The open logs by tenant. Nothing here changes; each log's writer owns it."""

    def __init__(self, desks: Mapping[str, Desk]) -> None:
        self._desks = desks

    def door(self, room: str) -> "Door":
        """The log as this room may use it: the table of kinds says what it may record."""
        return Door(self, room)

    def desk(self, caller: Caller) -> Desk:
        """Raises NoAccess for a tenant without a log."""
        found = self._desks.get(caller.tenant)
        if found is None:
            raise NoAccess("Deze gemeente heeft hier geen logboek.")
        return found

    @property
    def desks(self) -> tuple[Desk, ...]:
        """All of them."""
        return tuple(self._desks.values())

    @property
    def vkeys(self) -> dict[str, str]:
        """The public key per origin, as C2SP writes it: what `log.vkey` holds."""
        return {desk.log.origin: desk.log.signer.vkey for desk in self._desks.values()}

    @property
    def public_keys(self) -> dict[str, bytes]:
        """The same, 32 bytes each: Trust.logs of a permit."""
        return {desk.log.origin: desk.log.signer.public_key for desk in self._desks.values()}

    def check(self) -> None:
        """Raises LogUnavailable with the sentence under which a log is sealed."""
        for desk in self._desks.values():
            if desk.log.sealed:
                raise LogUnavailable(desk.log.sealed)


@dataclass(frozen=True)
class Door:
    """Satisfies Audit for one room."""

    service: AuditService
    room: str

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        """See Audit.record."""
        return await self.service.desk(caller).record(self.room, entries)

    async def holds(self, caller: Caller, requires: Sequence[FenceAt]) -> Position | None:
        """See Audit.holds."""
        return await self.service.desk(caller).standing.holds(requires)

    async def moves(self, caller: Caller, after: Position | None, limit: int = 500) -> Moves:
        """See Audit.moves."""
        return await self.service.desk(caller).standing.moves(after, limit)

    async def lines(self, caller: Caller, subject: str, before: Position | None = None, limit: int = 50) -> Lines:
        """See Audit.lines. Pseudonyms of staff are left out."""
        found = await self.service.desk(caller).reader.lines(subject, before, limit)
        return found.model_copy(update={"lines": tuple(map(_without_staff, found.lines))})

    async def line(self, caller: Caller, position: Position) -> Line:
        """See Audit.line. Pseudonyms of staff are left out."""
        return _without_staff(await self.service.desk(caller).reader.line(position))

    async def outcomes(self, caller: Caller, positions: Sequence[Position]) -> list[Outcome | Literal[""]]:
        """See Audit.outcomes."""
        return await self.service.desk(caller).reader.outcomes(positions)

    async def proof(self, caller: Caller, position: Position) -> str:
        """See Audit.proof."""
        return await self.service.desk(caller).prover.proof(position)

    async def bundle(self, caller: Caller, position: Position) -> Bundle:
        """See Audit.bundle."""
        return await self.service.desk(caller).prover.bundle(position)

    async def checkpoint(self, caller: Caller) -> str:
        """See Audit.checkpoint."""
        return await self.service.desk(caller).prover.checkpoint()

    async def vkeys(self, caller: Caller) -> str:
        """See Audit.vkeys."""
        return self.service.desk(caller).log.signer.vkey + "\n"

    async def heard(self, caller: Caller, systems: Sequence[System]) -> list[Heard]:
        """See Audit.heard."""
        return await self.service.desk(caller).reader.heard(systems)

    async def count(self, caller: Caller, counts: Sequence[Count]) -> list[int]:
        """See Audit.count."""
        return await self.service.desk(caller).reader.count(counts)

    async def search(self, caller: Caller, query: Query, reason: Reason) -> Found:
        """See Audit.search."""
        return await self.service.desk(caller).searcher.search(caller, query, reason)


def _without_staff(line: Line) -> Line:
    return line.model_copy(update={"event": line.event.model_copy(update={"actor": ""})})
