"""The work of the log, for all tenants; `door` gives a neighbour its own handle, which satisfies Audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from anyio import to_thread

from audit.breaching import Breaches
from audit.contract import (
    Bundle,
    Count,
    Found,
    Heard,
    Lifting,
    Line,
    Lines,
    LogSealed,
    Moves,
    Query,
    Reason,
    System,
    Verdict,
)
from audit.destroying import Destroyer
from audit.early import Early
from audit.emergencies import Emergencies
from audit.event import Entry, FenceAt, Outcome
from audit.foreseeing import unforeseen
from audit.lifting import Lifter
from audit.log import Log
from audit.permit import Position
from audit.proving import Prover
from audit.reading import Reader
from audit.reconciling import release_event
from audit.removals import Removals
from audit.reported.intake import Intake
from audit.reported.ports import Numbers, Register
from audit.searching import Searcher
from audit.searchline import receipts_of
from audit.settings import Kept
from audit.standing import Standing
from audit.sweeping import Sweeper
from audit.terms import term_after
from audit.tracing import Now, traces
from audit.turning import turn
from audit.watching import Watcher
from audit.withholding import as_told, opaque
from audit.writer import Writer
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import NoAccess

ROOM, RECORDS = "audit", "connectors"  # RECORDS: releases


class Desk:
    """One tenant's log with everything that is done to it."""

    def __init__(self, log: Log, kept: Kept, clock: Clock, trace: Now) -> None:
        self.log, self._trace, self.clock, self._kept = log, trace, clock, kept
        self.writer = Writer(log, kept.lines)
        self.reader, self.standing = Reader(log), Standing(log)
        self.prover = Prover(log, self.reader)
        self.watcher = Watcher(log, kept.lines)
        self.searcher = Searcher(log, self.reader, self._record)
        self.breaches = Breaches(log, self._record, clock, kept.files)
        self.destroyer = Destroyer(log, self.reader, self._record, clock)
        self.lifter, self.early = Lifter(log, self.reader, self._record), Early(log, self.reader, self._record, clock)
        self.removals = Removals(log, self.reader, clock)
        self.sweeper = Sweeper(log, self.reader, self._record, clock)
        self.emergencies = Emergencies(log, self.reader, clock)

    async def record(self, room: str, entries: Sequence[Entry]) -> list[Verdict]:
        """See Audit.record."""
        return await self.writer.record(room, entries, traces(entries, self._trace))

    def intake(self, neighbours: tuple[Register, Numbers]) -> Intake:
        """Takes reports of uses outside Regie."""
        return Intake(self._record, self.reader.line, neighbours, self.clock)

    async def turn(self, said: Mapping[str, str], *, stolen: bool = False) -> None:
        """End the open term at once; said: details of the first line of the next. stolen: a key that lay beside the
        stolen one begins no term. Raises LogUnavailable."""
        with self.log.guarded():
            term = await to_thread.run_sync(unforeseen, self.log) if stolen else term_after(self.log.term)
        await turn(self.log, term, self._kept.lines, said)

    async def release(self, mark: str, said: Mapping[str, str]) -> None:
        """Two persons let a log that lost lines permit again. mark: see audit.chain.Hold; said: who, and why. Raises
        LogUnavailable. NOT promised: that nothing else holds it."""
        receipts_of(await self._record([Entry(event=release_event(mark, said))]))
        await self.log.is_held()

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
        """The public key per origin, as C2SP writes it: what `log.vkey` holds. Terms that ended stand here too."""
        return {one.origin: one.vkey for desk in self._desks.values() for one in desk.log.signers.opened}

    @property
    def public_keys(self) -> dict[str, bytes]:
        """The same, 32 bytes each."""
        return {one.origin: one.public_key for desk in self._desks.values() for one in desk.log.signers.opened}

    @property
    def sealed(self) -> dict[str, str]:
        """The sentence by tenant, of whose log is."""
        return {tenant: desk.log.sealed for tenant, desk in self._desks.items() if desk.log.sealed}

    def check(self) -> None:
        """Raises LogSealed with the sentence under which a log is, when every log is: one closes no other's doors."""
        sealed = self.sealed
        if sealed and len(sealed) == len(self._desks):
            raise LogSealed(next(iter(sealed.values())))


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
        desk = self.service.desk(caller)
        found = await desk.reader.lines(subject, before, limit)
        return found.model_copy(update={"lines": tuple(await self._told(desk, found.lines))})

    async def line(self, caller: Caller, position: Position) -> Line:
        """See Audit.line. Pseudonyms of staff are left out, and what is withheld."""
        desk = self.service.desk(caller)
        (told,) = await self._told(desk, [await desk.reader.line(position)])
        return told

    async def about(self, caller: Caller, positions: Sequence[Position]) -> list[Line]:
        """See Audit.about. Pseudonyms of staff are left out, and what is withheld from others than who recorded it."""
        desk = self.service.desk(caller)
        return await self._told(desk, await desk.removals.about(positions), own=self.room == RECORDS)

    async def passed(self, caller: Caller, after: Position | None, limit: int = 200) -> Lines:
        """See Audit.passed."""
        if self.room != RECORDS:
            raise NoAccess("Dit is voor wie deze regels schreef.")
        desk = self.service.desk(caller)
        found = await desk.removals.passed(after, limit)
        return found.model_copy(update={"lines": tuple(await self._told(desk, found.lines, own=True))})

    async def outcomes(self, caller: Caller, positions: Sequence[Position]) -> list[Outcome | Literal[""]]:
        """See Audit.outcomes."""
        return await self.service.desk(caller).reader.outcomes(positions)

    async def proof(self, caller: Caller, position: Position) -> str:
        """See Audit.proof. Of a line that is withheld the leaf alone, without its act."""
        found = await self.service.desk(caller).prover.proof(position)
        hidden = self.room != ROOM and (await self.line(caller, position)).withheld
        return opaque(found) if hidden else found

    async def bundle(self, caller: Caller, position: Position) -> Bundle:
        """See Audit.bundle. Of a line that is withheld the proof of its leaf alone."""
        found = await self.service.desk(caller).prover.bundle(position)
        hidden = self.room != ROOM and (await self.line(caller, position)).withheld
        return Bundle(proof=opaque(found.proof)) if hidden else found

    async def checkpoint(self, caller: Caller) -> str:
        """See Audit.checkpoint."""
        return await self.service.desk(caller).prover.checkpoint()

    async def vkeys(self, caller: Caller) -> str:
        """See Audit.vkeys."""
        return "".join(f"{one.vkey}\n" for one in self.service.desk(caller).log.signers.opened)

    async def heard(self, caller: Caller, systems: Sequence[System]) -> list[Heard]:
        """See Audit.heard."""
        return await self.service.desk(caller).reader.heard(systems)

    async def count(self, caller: Caller, counts: Sequence[Count]) -> list[int]:
        """See Audit.count."""
        return await self.service.desk(caller).reader.count(counts)

    async def unreviewed(self, caller: Caller) -> list[Line]:
        """See Audit.unreviewed. Pseudonyms of staff are left out."""
        desk = self.service.desk(caller)
        return await self._told(desk, await desk.emergencies.unreviewed())

    async def search(self, caller: Caller, query: Query, reason: Reason) -> Found:
        """See Audit.search."""
        return await self.service.desk(caller).searcher.search(caller, query, reason)

    async def lift(self, caller: Caller, place: Position, reason: Reason) -> Lifting:
        """See Audit.lift."""
        return await self.service.desk(caller).early.lift(caller, place, reason)

    async def _told(self, desk: Desk, found: Sequence[Line], own: bool = False) -> list[Line]:
        """The log itself judges whose proof a line is; every other room asks for somebody who reads. own: the room asks
        for itself what it recorded."""
        now, known = millis(desk.clock()), await desk.reader.as_lifted(found)
        told = known if own or self.room == ROOM else [as_told(line, now) for line in known]
        return [line.model_copy(update={"event": line.event.model_copy(update={"actor": ""})}) for line in told]
