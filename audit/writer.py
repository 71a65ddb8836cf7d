"""Group commit: one writer per tenant takes what waits when it is free, and everybody is answered after one commit.

The queue is owned by the event loop, the log by the task of `run`. A caller who gives up changes nothing for the
others, nor for the own line: it may be written, and the same id gives its receipt.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from audit.contract import LogUnavailable, Misfit, OutcomeUnknown, Unwitnessed, Verdict
from audit.custodians import Custodians
from audit.event import Entry, Trace
from audit.kinds import ENDED, misfit, restricts
from audit.leaf import words_of
from audit.log import Given, Log
from audit.permit import Position, Receipt
from audit.turning import turn_when_due
from kernel.errors import Problem
from kernel.logs import logger

QUEUE_MAX = 1_000  # entries, and as many restrictions; at 500 a batch that is a wait of two batches, less than D
BATCH_MAX = 500
BATCH_BYTES = 2 << 20
COMPANIONS = 16  # entries that go along with a restriction: a batch takes as long as it is large
COMPANY = 0.02  # seconds that how a release ended waits for a line that somebody waits for: the next on its connection
OF_SEVERAL = 4  # times shorter where several ended: others ask beside, and their lines gather while these are written
ENOUGH = 32  # that ended: a commit is shared by so many already, and waiting costs them more than it saves
_LISTED = 1_000  # releases whose end somebody waits for; with more all are forgotten, and end within COMPANY
_PER_LINE = 1_024  # bytes that a line takes beside the words of its entry

NO_ESCROW = "Er is geen sleutel voor heimelijke regels, of het logboek kent haar niet (regie audit escrow found)."
UNKNOWN_YET = "Wij weten nog niet of dit is vastgelegd. Herhaal het met hetzelfde kenmerk."

_log = logger("audit.writer")


@dataclass(eq=False)
class Call:
    """A caller who waits until all entries of the call have an answer."""

    entries: int
    done: asyncio.Future[None]
    answers: dict[int, Verdict] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    def answer(self, at: int, verdict: Verdict) -> None:
        """The last one wakes the caller, unless that one gave up."""
        self.answers[at] = verdict
        if len(self.answers) == self.entries and not self.done.done():
            self.done.set_result(None)


class Waiting(NamedTuple):
    """An entry in the queue, and where its answer goes. size: about, in bytes."""

    given: Given
    size: int
    call: Call
    at: int


def _some(queue: deque[Waiting], most: int, room: int) -> list[Waiting]:
    """From its head, one at least. room: bytes."""
    taken: list[Waiting] = []
    while queue and len(taken) < most and (not taken or queue[0].size <= room):
        taken.append(queue.popleft())
        room -= taken[-1].size
    return taken


Watch = Callable[[Sequence[float], Sequence[Verdict]], None]
"""(seconds that each entry of a batch waited, their answers)."""


def _nobody(_waited: Sequence[float], _answers: Sequence[Verdict]) -> None:
    pass


class Writer:
    """The one writer of a log in this process."""

    def __init__(self, log: Log, keep_years: int) -> None:
        self.log, self._keep_years, self._custodians = log, keep_years, Custodians(log)
        self._first, self._queue = deque[Waiting](), deque[Waiting]()  # restrictions; all others
        self._work, self._hurry = asyncio.Event(), asyncio.Event()
        self._listed = set[Position]()
        self._stopping = False
        self.batches = 0  # transactions since the start
        self.watch: Watch = _nobody
        self.company = COMPANY

    @property
    def waiting(self) -> int:
        """Entries in the queue."""
        return len(self._first) + len(self._queue)

    async def record(self, room: str, entries: Sequence[Entry], traces: Sequence[Trace]) -> list[Verdict]:
        """See Audit.record. traces: under which they are recorded."""
        refused: dict[int, Problem] = {
            at: Misfit(why) for at, entry in enumerate(entries) if (why := misfit(entry, room))
        }
        if any(entry.event.covert for entry in entries) and not await self._custodians.hold_a_key():
            refused |= {at: Misfit(NO_ESCROW) for at, entry in enumerate(entries) if entry.event.covert}
        if self.log.held:
            refused |= await self._not_permitted_now(entries)
        good = [pair for at, pair in enumerate(zip(entries, traces, strict=True)) if at not in refused]
        answers = iter(await self._asked(room, good) if good else ())
        return [refused[at] if at in refused else next(answers) for at in range(len(entries))]

    async def _not_permitted_now(self, entries: Sequence[Entry]) -> dict[int, Problem]:
        """Restrictions and facts are written whatever was lost."""
        try:
            await self.log.demand_released()
        except LogUnavailable as problem:
            return {at: problem for at, entry in enumerate(entries) if entry.requires}
        return {}

    async def _asked(self, room: str, wanted: list[tuple[Entry, Trace]]) -> list[Verdict]:
        if self.log.sealed:
            raise LogUnavailable(self.log.sealed)
        entries = [entry for entry, _ in wanted]
        queue = self._first if all(map(restricts, entries)) else self._queue
        if self._stopping or len(queue) + len(entries) > QUEUE_MAX:
            raise LogUnavailable("Het is te druk of het logboek sluit. Er is niets vastgelegd.")
        call = Call(len(entries), asyncio.get_running_loop().create_future())
        for at, (entry, trace) in enumerate(wanted):
            given = Given(room, entry, words_of(entry), trace)
            queue.append(Waiting(given, _PER_LINE + sum(map(len, given.words)), call, at))
        self._work.set()
        if len(self._queue) >= ENOUGH or not all(map(self._patient, entries)):
            self._hurry.set()
        await call.done  # a caller who gives up leaves the rest as it is
        answers = [call.answers[at] for at in range(len(entries))]
        nothing = all(isinstance(answer, LogUnavailable) for answer in answers)
        for answer in answers:
            if isinstance(answer, Unwitnessed) and not nothing:
                continue  # that permit alone: what came with it was written
            if isinstance(answer, LogUnavailable | OutcomeUnknown):
                # its own: one error object would gather everybody's traceback
                raise type(answer)(answer.detail) if nothing else OutcomeUnknown(UNKNOWN_YET)
        return answers

    async def run(self) -> None:
        """Until `stop`; what is in the queue then is still written."""
        while self.waiting or not self._stopping:
            if not self.waiting:
                self._work.clear()
                await self._work.wait()
                continue
            await self._company()
            await self._one(self._taken())

    async def _company(self) -> None:
        """A commit costs the same for one line as for ten, and nobody waits for how a release ended: alone in the queue
        it is written together with what comes next. A crash here leaves a line without outcome, as one before."""
        self._hurry.clear()
        if self._stopping or self._first or len(self._queue) >= ENOUGH:
            return
        if not all(self._patient(each.given.entry) for each in self._queue):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.company / (1 if len(self._queue) == 1 else OF_SEVERAL)):
                await self._hurry.wait()

    def _patient(self, entry: Entry) -> bool:
        """Whether this is how one release ended, and nobody waits for that: who stopped something waits for the
        releases that the receipt lists, and a part of bulk ends with many, and goes on after that."""
        closed = entry.event.closes
        return entry.event.kind == ENDED and len(closed) == 1 and closed[0] not in self._listed

    def stop(self) -> None:
        """No new entries; `run` ends when the queue is empty."""
        self._stopping = True
        self._work.set()
        self._hurry.set()

    def _taken(self) -> list[Waiting]:
        """Who takes power away goes before who uses it, and soon; some of the others go along, so that nobody waits for
        ever."""
        first = _some(self._first, BATCH_MAX - COMPANIONS, BATCH_BYTES)
        room = BATCH_BYTES - sum(each.size for each in first)
        return first + _some(self._queue, COMPANIONS if first else BATCH_MAX, room)

    async def _one(self, batch: list[Waiting]) -> None:
        self.batches += 1
        try:
            await turn_when_due(self.log, self._keep_years)
            answers = await self.log.append([each.given for each in batch], self._keep_years)
        except Problem as problem:
            answers = [problem] * len(batch)
        except Exception as error:  # a fault of ours must not end the writer; nobody acts
            _log.error("batch_failed", exc_info=error)
            answers = [OutcomeUnknown(UNKNOWN_YET)] * len(batch)
        now = time.monotonic()
        if len(self._listed) > _LISTED:
            self._listed.clear()
        # for how a release ended nobody waits: whoever waits is told first
        told = sorted(zip(batch, answers, strict=True), key=lambda one: one[0].given.entry.event.kind == ENDED)
        for each, answer in told:
            if each.given.entry.advances and isinstance(answer, Receipt):
                self._listed.update(answer.under_way)
            each.call.answer(each.at, answer)
        try:
            self.watch([now - each.call.since for each in batch], answers)
        except Exception as error:  # a figure less; the writer goes on
            _log.error("batch_not_counted", exc_info=error)
