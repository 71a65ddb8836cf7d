"""Many residents decided and written down: the steps 3 and 4 of a release, for all of a part at once.

What is decided is kept, sealed, before its lines are recorded. A crash between the two leaves decisions without lines,
whose ids stay free; a crash after leaves lines whose decisions are known, so that the same permit is shown again.
"""

from asyncio import gather, sleep
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from audit.contract import Audit, Entry, Overtaken, Position, Receipt, Trace, Verdict
from connectors.bulk.contract import Listed
from connectors.bulk.parts import PartRows, Turn
from connectors.bulk.steps import Step, Wanted, Whose, entry_of, read_steps, step_of, text_of
from connectors.contract import LineRef, NotReleased, not_released
from connectors.granting import Asked, Decided, Granted, after_move, read_decision
from consent.contract import Consent, Sealed
from kernel.caller import Caller
from kernel.clock import BootClock, Clock, millis
from kernel.errors import NeighbourUnavailable
from kernel.failpoints import reached
from vault.contract import ResidentRef, Vault

AT_ONCE = 100  # of one call between rooms: a line of a release takes some 4 kB, and a wire takes a MiB
TOGETHER = 250  # decided and then recorded: half a batch of the log, so that releases go between
TURN = 20  # residents after which others have theirs: a release waits two seconds at most
LEAST = 10  # with which a part begins, however late others were: one that is late alone is refused
FEWER, MORE = 4, 2  # times as many, when the log got decisions too late, and when it got all of them in time
FRESH_MS = 15_000  # half of W: what is left of a permit's life must be enough to open with it


@dataclass
class Ledger:
    """What of a part has been decided. dead: lines of earlier attempts that nothing was given on. Owned by the one
    worker that has the part in hand."""

    turn: Turn
    whose: Whose
    steps: dict[int, Step] = field(default_factory=dict)
    granted: dict[int, Granted] = field(default_factory=dict)
    refused: dict[int, NotReleased] = field(default_factory=dict)
    dead: list[Position] = field(default_factory=list)

    @classmethod
    def of(cls, turn: Turn) -> "Ledger":
        """With what an earlier attempt wrote down."""
        lab = turn.placed.lab
        whose = Whose(turn.box.job, turn.placed.caller, turn.placed.order, lab.name if lab else "")
        return cls(turn, whose, {step.nr: step for step in read_steps(turn.steps)})

    @property
    def numbers(self) -> range:
        """Of the residents of this part."""
        return range(self.turn.first, self.turn.first + len(self.turn.listed))

    def buried(self) -> list[Position]:
        """The dead lines, once."""
        dead, self.dead = self.dead, []
        return dead

    def settle(self, step: Step, asked: Asked, decided: Decided, written: tuple[Entry, Receipt, float]) -> None:
        """The line of this resident stands."""
        entry, receipt, checked = written
        if step.gives:
            self.granted[step.nr] = Granted(asked, decided, entry, receipt, checked)
            return
        told = tuple(one.told for one in asked.in_order(decided.refused))
        self.refused[step.nr] = not_released(told, LineRef.of(receipt.origin, receipt.position))


@dataclass
class Pace:
    """How many are decided before their lines are recorded, to begin with: what the log took in time before, in this
    process. Owned by the loop."""

    at_once: int = AT_ONCE

    def took(self, count: int, *, late: bool) -> None:
        """So many were asked for, and all of them were recorded or some came too late."""
        if late:
            self.at_once = max(count // FEWER, LEAST)
        elif count >= self.at_once:
            self.at_once = min(self.at_once * MORE, TOGETHER)


class PartLost(Exception):
    """Somebody else has this part, or the job has ended: nothing more is done with it."""


@dataclass(frozen=True)
class Weighing:
    """Asks the register and the log for many at once."""

    vault: Vault
    consent: Consent
    audit: Audit
    rows: PartRows
    boot: BootClock
    clock: Clock
    trace: Callable[[], Trace]
    pace: Pace = field(default_factory=Pace)

    async def resume(self, ledger: Ledger) -> None:
        """What an earlier attempt wrote stands, as far as it is written and its permits can still be shown. The same
        entry again gets the same receipt; one that was never written is overtaken by time and is decided anew."""
        turn, whose, checked = ledger.turn, ledger.whose, self.boot()
        kept = [
            (step, *whose.back(step, turn.listed[step.nr - turn.first], self.trace())) for step in ledger.steps.values()
        ]
        entries = [entry_of(*each) for each in kept]
        now = millis(self.clock())
        for (step, asked, decided), entry, verdict in zip(
            kept, entries, await self._record(whose, entries), strict=True
        ):
            if not isinstance(verdict, Receipt):
                continue
            if step.gives and now - verdict.at > FRESH_MS:
                ledger.dead.append(verdict.position)
            else:
                ledger.settle(step, asked, decided, (entry, verdict, checked))

    async def begin(self, ledger: Ledger) -> None:
        """Everybody without a line is asked about, and gets one."""
        turn = ledger.turn
        left = [nr for nr in ledger.numbers if nr not in ledger.granted and nr not in ledger.refused]
        if not left:
            return
        listed = [turn.listed[nr - turn.first] for nr in left]
        residents = await self._meant(ledger.whose.caller, listed)
        found = zip(left, listed, residents, strict=True)
        await self.write(ledger, [Wanted(nr, ledger.whose.asked(nr, one, who, turn.attempt)) for nr, one, who in found])

    async def _meant(self, caller: Caller, listed: Sequence[Listed]) -> list[ResidentRef]:
        """In order; a stand-in for who is not known."""
        numbers = [one.bsn for one in listed if one.bsn is not None]
        names = [one.pseudonym for one in listed if one.bsn is None]
        numbered = iter(await self.vault.identify(caller, numbers) if numbers else ())
        named = iter(await self.vault.recognise(caller, names) if names else ())
        return [next(named if one.bsn is None else numbered) for one in listed]

    def overtaken(self, ledger: Ledger, moved: Mapping[int, Overtaken]) -> list[Wanted]:
        """Fences moved after the line, and nothing was given: their lines are dead, and they are decided once more."""
        waiting = []
        for nr, why in moved.items():
            granted = ledger.granted.pop(nr)
            ledger.dead.append(granted.receipt.position)
            waiting.append(_left(Wanted(nr, granted.asked), granted.decided, ledger.steps[nr].sealed, why))
        return waiting

    async def write(self, ledger: Ledger, waiting: Sequence[Wanted]) -> None:
        """Everybody gets a line. As many at once as the log takes within D of their decision: on a machine that is busy
        these are fewer. Raises PartLost, LogUnavailable, OutcomeUnknown, RegisterUnavailable, Halted."""
        at_once, left = self.pace.at_once, list(waiting)
        while left:
            some, left = left[:at_once], left[at_once:]
            late = False
            for each in await self._written(ledger, some):
                if each[3].moved or at_once == 1:
                    left.append(_left(*each))
                else:  # too late, and nothing was written: the id is free
                    left.append(each[0])
                    late = True
            self.pace.took(len(some), late=late)
            # more again when it was in time, or the first permits of a large part end before its last line is written
            at_once = max(len(some) // FEWER, 1) if late else max(at_once, min(at_once * MORE, self.pace.at_once))

    async def _written(
        self, ledger: Ledger, waiting: Sequence[Wanted]
    ) -> list[tuple[Wanted, Decided, Sealed, Overtaken]]:
        """Whose line could not be written, and why."""
        # 3 may it; kept before anybody can see it
        decided = await self._decided(ledger.whose, waiting)
        steps = [step_of(wanted, sealed, one) for wanted, sealed, one in decided]
        ledger.steps |= {step.nr: step for step in steps}
        if not await self.rows.remember(ledger.turn, text_of(ledger.steps.values())):
            raise PartLost
        reached("bulk.decided")
        # 4 it counts when it is written down; who moved a fence before us in the log wins
        checked = self.boot()
        entries = [entry_of(step, wanted.asked, one) for step, (wanted, _, one) in zip(steps, decided, strict=True)]
        verdicts = await self._record(ledger.whose, entries)
        reached("bulk.recorded")
        overtaken = []
        for step, entry, (wanted, sealed, one), verdict in zip(steps, entries, decided, verdicts, strict=True):
            if isinstance(verdict, Receipt):
                ledger.settle(step, wanted.asked, one, (entry, verdict, checked))
            elif isinstance(verdict, Overtaken):
                overtaken.append((wanted, one, sealed, verdict))
            else:
                raise verdict
        return overtaken

    async def _decided(self, whose: Whose, waiting: Sequence[Wanted]) -> list[tuple[Wanted, Sealed, Decided]]:
        """In order. Who turns out to be nobody yet, and may be released about, is enrolled and decided again."""
        found = await self._asked(whose, [one for one in waiting if one.nothing is None])
        new = [wanted for wanted, _, one in found if _is_new(wanted) and one.act.ground.toegestaan]
        if new:
            bsns = [wanted.asked.request.person.number for wanted in new]
            enrolled = await self.vault.enrol(whose.caller, bsns)
            renewed = [
                replace(wanted, asked=replace(wanted.asked, resident=resident))
                for wanted, resident in zip(new, enrolled, strict=True)
            ]
            again = {each[0].nr: each for each in await self._asked(whose, renewed)}
            found = [again.get(each[0].nr, each) for each in found]
        return [*found, *((one, one.nothing[1], one.nothing[0]) for one in waiting if one.nothing)]

    async def _asked(self, whose: Whose, waiting: Sequence[Wanted]) -> list[tuple[Wanted, Sealed, Decided]]:
        if not waiting:
            return []
        sealed: list[Sealed] = []
        for begin in range(0, len(waiting), AT_ONCE):
            questions = [one.asked.question() for one in waiting[begin : begin + AT_ONCE]]
            sealed += await self.consent.decide(whose.caller, questions)
        found = []
        for number, (one, decision) in enumerate(zip(waiting, sealed, strict=True), 1):
            found.append((one, decision, read_decision(decision, one.asked, self.trace())))
            if number % TURN == 0:
                await sleep(0)
        return found

    async def _record(self, whose: Whose, entries: Sequence[Entry]) -> list[Verdict]:
        # calls of one moment share a commit; what one of them did not write is asked again under the same ids
        calls = [entries[begin : begin + AT_ONCE] for begin in range(0, len(entries), AT_ONCE)]
        answers = await gather(*(self.audit.record(whose.caller, call) for call in calls), return_exceptions=True)
        verdicts: list[Verdict] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            verdicts += answer
        if len(verdicts) != len(entries):
            raise NeighbourUnavailable("Onderdelen van Regie verstaan elkaar niet.", onderdeel="audit")
        return verdicts


def _is_new(wanted: Wanted) -> bool:
    """Nobody yet, and named by a number that can be enrolled."""
    return wanted.asked.resident.stand_in and wanted.asked.request.person.bsn is not None


def _left(wanted: Wanted, decided: Decided, sealed: Sealed, moved: Overtaken) -> Wanted:
    after, nothing = after_move(wanted.asked, decided, moved)
    return Wanted(wanted.nr, after, (nothing, sealed) if nothing is not None else None)
