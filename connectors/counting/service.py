"""A table of an activity: ask, log, act; and what leaves is a table.

1 decide     may this table be asked at all? A question about nobody in particular
2 spend      its cost is taken from the activity's budget, whatever happens next
3 record     the line of the run
4 list       who may be counted: the population gives numbers, under the run's permit
5 gather     per person: decide, record, and only then read (`counting.gathering`)
6 still      who restricted anything meanwhile is left out; if the run itself may not be any more, nothing is given
7 tabulate   noise, threshold, withholding (`counting.tabulating`)
8 keep       the table is kept before it is sent; who lost it asks again and pays nothing
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from anyio import to_thread

from audit.contract import SYSTEM, Audit, Count, Entry, Overtaken, Position, Receipt, Trace
from connectors.answers import Facts
from connectors.contract import KeyUnderWay, LineRef, SameKeyOtherBody, SourceDown, StaleAnswer, not_released
from connectors.counting.acts import EVERYBODY, Weighed, question, run_entry, weighed, whole_refused
from connectors.counting.contract import (
    CannotCount,
    Counted,
    CountFailed,
    CountRequest,
    NoSuchTable,
    Population,
    Spent,
)  # fmt: skip
from connectors.counting.gathering import Gathering, Member, Round
from connectors.counting.ledger import BudgetSpent, Kept, Ledger, MadeBefore, Run
from connectors.counting.noise import Noise
from connectors.counting.tabulating import Counting, tabulate
from connectors.refusal import Refusal
from consent.contract import CountTable, Statistics
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.ids import derived_id, uuid7

TRIES = 5  # to write the line of a run
RUNS_AT_ONCE = 2  # of one process; others wait, with their cost spent
_SPENT = ("Het privacybudget van dit doel is op.", "Gebruik de tabellen die u al heeft.")
_MADE = ("Deze tabel wordt openbaar, en wordt daarom maar een keer gemaakt.",
         "Lees hem vanaf zijn publicatiedag bij de open cijfers.")  # fmt: skip
_NO_TABLE = ("Dit is geen tabel, maar een gegevensset.", "Vraag hem bij gegevenssets.")
_ANEW = "Er is net iets veranderd aan dit doel. Er is niets verstuurd."


@dataclass(frozen=True)
class Allowed:
    """A table that may be made."""

    weighed: Weighed
    statistics: Statistics
    table: CountTable
    population: Population
    noise: Noise


@dataclass(frozen=True)
class Begun:
    """A run with its line."""

    weighed: Weighed
    entry: Entry
    receipt: Receipt

    @property
    def line(self) -> LineRef:
        """Of the run."""
        return LineRef.of(self.receipt.origin, self.receipt.position)


@dataclass(frozen=True)
class CountingDesk:
    """Satisfies Counting. populations: by tenant and source. noise: None where the extra is not installed."""

    gathering: Gathering
    ledger: Ledger
    populations: Mapping[str, Mapping[str, Population]]
    noise: Noise | None
    facts: Callable[[str], Facts]
    trace: Callable[[], Trace]
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(RUNS_AT_ONCE), repr=False)

    @property
    def audit(self) -> Audit:
        """The log."""
        return self.gathering.audit

    async def count(self, caller: Caller, request: CountRequest, key: str = "") -> Counted:
        """See Counting.count."""
        if key and (before := await self.ledger.by_key(caller.tenant, _client(caller), key)):
            return _again(before, request)
        # of who asked with a key: whoever has the table sees that it is the answer to that
        run_id = uuid7(millis(self.ledger.clock()), derived_id(key, caller.application) if key else "")
        # 1 may this table be asked at all
        may = await self._allowed(caller, request, run_id)
        # 2 its cost is spent; nothing gives it back
        run = Run(run_id, request.activity, request.table, may.table.cost, caller.organisation, _client(caller), key)
        kept = await self._spent(caller, run, may)
        reached("counting.spent")
        # 3 the line of the run
        begun = await self._begun(caller, request, may, kept)
        reached("counting.recorded")
        # it goes on when whoever asked has gone: what was paid for can be fetched
        return await self.gathering.lines.outlive(self._carried_out(caller, request, may, (kept, begun)))

    async def counted(self, caller: Caller, id_: str) -> Counted:
        """See Counting.counted."""
        kept = await self.ledger.by_id(caller.tenant, id_)
        if kept is None or kept.run.client != _client(caller) or not kept.answer:
            raise NoSuchTable("Deze telling is er niet.")
        return Counted.model_validate_json(kept.answer)

    async def _carried_out(
        self, caller: Caller, request: CountRequest, may: Allowed, of: tuple[Kept, Begun]
    ) -> Counted:
        (kept, begun), how = of, Counting(may.table, may.statistics.smallest, may.noise)
        try:
            async with self._places:
                members = await self._members(caller, request, may, of)
            # 7 from here on there are no persons any more
            cells = await to_thread.run_sync(tabulate, [member.person for member in members], how)
            answer = Counted(
                id=kept.run.id, activity=request.activity, version=begun.weighed.act.ground.versie,
                table=request.table, smallest=how.smallest, off_by=how.off_by, cells=cells,
                spent=_epsilons(kept, may.statistics), line=begun.line,
            )  # fmt: skip
            # 8 kept before it is sent
            once = answer.version if may.statistics.public else ""
            await self.ledger.answered(caller.tenant, kept, answer.model_dump_json(), once)
        except MadeBefore:
            await self.gathering.lines.close(caller, begun.entry, begun.receipt, "mislukt")
            raise await self._refused(caller, begun.weighed, kept.run.id, _made(request)) from None
        except BaseException:
            await self.gathering.lines.close(caller, begun.entry, begun.receipt, "mislukt")
            raise
        await self.gathering.lines.close(caller, begun.entry, begun.receipt, "geleverd")
        return answer

    async def _members(
        self, caller: Caller, request: CountRequest, may: Allowed, of: tuple[Kept, Begun]
    ) -> list[Member]:
        kept, begun = of
        # 4 who may be counted
        try:
            numbers = await may.population.numbers(caller, begun.weighed.permit(begun.receipt))
        except SourceDown:
            told = begun.line.model_dump(mode="json")
            raise CountFailed("De bron van de bevolking antwoordt niet.", logregel=told) from None
        # 5 each person by itself
        now = Round(caller, request, kept.run.id, may.table, self.facts(caller.tenant))
        members = await self.gathering.members(now, numbers)
        # 6 does it all still stand
        try:
            await self.audit.holds(caller, begun.weighed.fences)
        except Overtaken as moved:
            raise await self._stopped(caller, request, kept, moved.position) from None
        return await self.gathering.still(caller, members)

    async def _allowed(self, caller: Caller, request: CountRequest, run_id: str) -> Allowed:
        one = await self._weigh(caller, request)
        statistics = one.act.about.statistics
        if not one.whole or statistics is None:
            raise await self._refused(caller, one, run_id, one.refused)
        table = statistics.table(request.table)
        if table is None:  # the register knows this name as that of a set of rows
            raise await self._refused(caller, one, run_id, whole_refused(request.table, "buiten-doel", _NO_TABLE))
        population = self.populations.get(caller.tenant, {}).get(statistics.population)
        if population is None:
            raise CannotCount("De bron die zegt wie er worden geteld, is hier niet aangesloten. Bel de beheerder.")
        version = one.act.ground.versie
        if statistics.public and await self.ledger.first(caller.tenant, request.activity, request.table, version):
            raise await self._refused(caller, one, run_id, _made(request))
        if self.noise is None:
            raise CannotCount("Zonder ruis tellen wij niet: regie[statistiek] is niet geinstalleerd. Bel de beheerder.")
        return Allowed(one, statistics, table, population, self.noise)

    async def _spent(self, caller: Caller, run: Run, may: Allowed) -> Kept:
        runs = Count(subject=SYSTEM, activity=run.activity)
        (logged,) = await self.audit.count(caller, (runs,))
        try:
            return await self.ledger.spend(caller.tenant, run, may.statistics.budget, logged)
        except BudgetSpent:
            spent = whole_refused(run.name, "te-vaak", _SPENT)
            raise await self._refused(caller, may.weighed, run.id, spent) from None

    async def _begun(self, caller: Caller, request: CountRequest, may: Allowed, kept: Kept) -> Begun:
        details = {"tabel": request.table, "kosten": _epsilon(kept.run.cost), "besteed": _epsilon(kept.spent),
                   "drempel": str(may.statistics.smallest)}  # fmt: skip
        one = may.weighed
        for _ in range(TRIES):  # who waited for the ledger comes with an old decision
            entry = run_entry(one, kept.run.id, details)
            try:
                return Begun(one, entry, await self.gathering.lines.release(caller, entry))
            except Overtaken as moved:
                one = await self._weigh(caller, request, moved.position)
                if not one.whole:
                    raise await self._refused(caller, one, kept.run.id, one.refused) from None
                if one.act.about.statistics != may.statistics:  # the table would be that of the version before
                    raise StaleAnswer(_ANEW) from None
        raise StaleAnswer(_ANEW)

    async def _stopped(self, caller: Caller, request: CountRequest, kept: Kept, since: Position) -> Problem:
        """The run may not be any more, or stands on another version now: either way nothing is given."""
        one = await self._weigh(caller, request, since)
        if not one.whole:
            return await self._refused(caller, one, kept.run.id, one.refused)
        return StaleAnswer(_ANEW)

    async def _weigh(self, caller: Caller, request: CountRequest, not_before: Position | None = None) -> Weighed:
        asked = question(request, EVERYBODY, not_before)
        consent = self.gathering.consent
        (one,) = weighed(caller, await consent.decide(caller, (asked,)), self.trace)
        return one

    async def _refused(self, caller: Caller, one: Weighed, run_id: str, refused: tuple[Refusal, ...]) -> Problem:
        """The line, then the answer."""
        entry = one.act.refusal(derived_id(run_id, "weigering"), refused)
        receipt = await self.gathering.lines.refuse(caller, entry)
        return not_released(tuple(each.told for each in refused), LineRef.of(receipt.origin, receipt.position))


def _made(request: CountRequest) -> tuple[Refusal, ...]:
    """A second draw of what everybody reads would be a second chance to choose."""
    return whole_refused(request.table, "te-vaak", _MADE)


def _again(before: Kept, request: CountRequest) -> Counted:
    """What belongs to an Idempotency-Key that was used before."""
    if (before.run.activity, before.run.name) != (request.activity, request.table):
        raise SameKeyOtherBody("Neem voor een andere vraag een nieuwe sleutel.")
    if not before.answer:
        raise KeyUnderWay(
            "Deze telling loopt nog, of is mislukt. Neem in dat geval een nieuwe sleutel.", wachtSeconden=5
        )
    return Counted.model_validate_json(before.answer)


def _client(caller: Caller) -> str:
    return f"{caller.organisation}/{caller.application}"


def _epsilon(thousandths: int) -> str:
    return f"{thousandths / 1_000:.3f}"


def _epsilons(kept: Kept, statistics: Statistics) -> Spent:
    return Spent(now=_epsilon(kept.run.cost), until_now=_epsilon(kept.spent), whole=_epsilon(statistics.budget))
