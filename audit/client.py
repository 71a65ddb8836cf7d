"""HTTP out: the log, when it lives elsewhere. Satisfies Audit over the log's own intern door."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from audit import wire
from audit.contract import (
    Bundle,
    Count,
    Found,
    Heard,
    Lifting,
    Line,
    Lines,
    LogUnavailable,
    Moves,
    OutcomeUnknown,
    Query,
    Reason,
    System,
    Verdict,
)
from audit.event import Entry, FenceAt, Outcome
from audit.permit import Position
from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable
from kernel.http.client import RoomLine
from kernel.message import Message

PREFIX = "/intern/v1/audit"
RECORD_SECONDS = 2.0

T = TypeVar("T", bound=Message)


@dataclass(frozen=True)
class AuditClient:
    """The log at the other end of a line. What it does not answer is LogUnavailable; what it may have written without
    saying so is OutcomeUnknown."""

    line_to_log: RoomLine

    async def _ask(self, verb: str, caller: Caller, body: Message, answer: type[T]) -> T:
        try:
            return await self.line_to_log.ask(f"{PREFIX}/{verb}", caller, body, answer)
        except NeighbourUnavailable as error:
            raise LogUnavailable("Het logboek antwoordt niet.") from error

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        """See Audit.record. Two seconds, and once more with the same bytes; then nobody acts."""
        body = wire.Entries(entries=tuple(entries))
        arrived = False
        for _ in range(2):
            try:
                async with asyncio.timeout(RECORD_SECONDS):
                    answer = await self.line_to_log.ask(f"{PREFIX}/record", caller, body, wire.Verdicts)
                return [each.verdict() for each in answer.verdicts]
            except TimeoutError:
                arrived = True
            except NeighbourUnavailable as error:
                arrived = arrived or error.asked
            except LogUnavailable:
                if not arrived:
                    raise
                break  # it speaks of the second question; the first may have been written
        if arrived:
            raise OutcomeUnknown("Wij weten niet of dit is vastgelegd; herhaal het met hetzelfde kenmerk.")
        raise LogUnavailable("Het logboek is niet bereikbaar; er is niets vastgelegd.")

    async def holds(self, caller: Caller, requires: Sequence[FenceAt]) -> Position | None:
        """See Audit.holds."""
        return (await self._ask("holds", caller, wire.Required(requires=tuple(requires)), wire.Place)).position

    async def moves(self, caller: Caller, after: Position | None, limit: int = 500) -> Moves:
        """See Audit.moves."""
        return await self._ask("moves", caller, wire.MovesAfter(after=after, limit=limit), Moves)

    async def lines(self, caller: Caller, subject: str, before: Position | None = None, limit: int = 50) -> Lines:
        """See Audit.lines."""
        return await self._ask("lines", caller, wire.LinesOf(subject=subject, before=before, limit=limit), Lines)

    async def line(self, caller: Caller, position: Position) -> Line:
        """See Audit.line."""
        return await self._ask("line", caller, position, Line)

    async def about(self, caller: Caller, positions: Sequence[Position]) -> list[Line]:
        """See Audit.about."""
        return list((await self._ask("about", caller, wire.Places(positions=tuple(positions)), Lines)).lines)

    async def passed(self, caller: Caller, after: Position | None, limit: int = 200) -> Lines:
        """See Audit.passed."""
        return await self._ask("passed", caller, wire.MovesAfter(after=after, limit=limit), Lines)

    async def outcomes(self, caller: Caller, positions: Sequence[Position]) -> list[Outcome | Literal[""]]:
        """See Audit.outcomes."""
        body = wire.Places(positions=tuple(positions))
        return list((await self._ask("outcomes", caller, body, wire.Outcomes)).outcomes)

    async def proof(self, caller: Caller, position: Position) -> str:
        """See Audit.proof."""
        return (await self._ask("proof", caller, position, wire.OneText)).text

    async def bundle(self, caller: Caller, position: Position) -> Bundle:
        """See Audit.bundle."""
        return await self._ask("bundle", caller, position, Bundle)

    async def checkpoint(self, caller: Caller) -> str:
        """See Audit.checkpoint."""
        return (await self._ask("checkpoint", caller, wire.Nothing(), wire.OneText)).text

    async def vkeys(self, caller: Caller) -> str:
        """See Audit.vkeys."""
        return (await self._ask("vkeys", caller, wire.Nothing(), wire.OneText)).text

    async def count(self, caller: Caller, counts: Sequence[Count]) -> list[int]:
        """See Audit.count."""
        found: list[int] = []
        for begin in range(0, len(counts), wire.COUNTS):
            body = wire.Counts(counts=tuple(counts[begin : begin + wire.COUNTS]))
            found += (await self._ask("count", caller, body, wire.Numbers)).numbers
        return found

    async def heard(self, caller: Caller, systems: Sequence[System]) -> list[Heard]:
        """See Audit.heard."""
        return list((await self._ask("heard", caller, wire.Systems(systems=tuple(systems)), wire.HeardAll)).heard)

    async def lift(self, caller: Caller, place: Position, reason: Reason) -> Lifting:
        """See Audit.lift."""
        return await self._ask("lift", caller, wire.Lift(place=place, reason=reason), Lifting)

    async def unreviewed(self, caller: Caller) -> list[Line]:
        """See Audit.unreviewed."""
        return list((await self._ask("unreviewed", caller, wire.Nothing(), Lines)).lines)

    async def search(self, caller: Caller, query: Query, reason: Reason) -> Found:
        """See Audit.search."""
        return await self._ask("search", caller, wire.Searched(query=query, reason=reason), Found)
