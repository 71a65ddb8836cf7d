"""All sources at once, each with its own time, and one end for all.

One that needs another's word waits for that one, and for no other. One that can be asked about many residents in one
question is asked so beforehand, where there are many.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

from audit.contract import Ground, Overtaken, Permit
from connectors.catalogue import VAULT, unreadable
from connectors.contract import NOTHING, Known, Source, SourceDown, Together
from connectors.metrics import SourceMetrics
from connectors.outside.failing import SourceFailed
from connectors.overtaken import concerns
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.logs import logger
from kernel.settings import SettingsWrong
from vault.contract import Bsn, Values

BREATH = 0.1  # seconds
_log = logger("connectors")


@dataclass(frozen=True)
class Found:
    """What each source gave; None when it was silent. late: all that were silent ran out of time."""

    by_source: Mapping[str, Values | None]
    late: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """What only sources knew."""
        return tuple(dict.fromkeys(flag for values in self.by_source.values() if values for flag in values.flags))


@dataclass(frozen=True)
class Placed:
    """A source in use. seconds: how long it may take. after: sources whose word it needs; no circle among them.
    together: the same source, for many residents at once; it needs nobody's word."""

    source: Source
    seconds: float
    after: frozenset[str] = frozenset()
    together: Together | None = None


@dataclass(frozen=True)
class Asked:
    """A question about many that is under way. Satisfies Source, for who is among them; places: by their decision."""

    answers: "asyncio.Task[list[Values | Exception]]"
    places: Mapping[str, int]

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch."""
        # others wait for the same question: who runs out of time must not take it with them
        found = (await asyncio.shield(self.answers))[self.places[permit.decision]]
        if isinstance(found, Exception):
            raise found
        return found


Ahead = Mapping[str, Asked]
ALONE: Ahead = MappingProxyType({})


@dataclass(frozen=True)
class Question:
    """For one release: to whom it goes, until when (the loop's clock, seconds), and what was asked already."""

    caller: Caller
    permit: Permit
    bsn: Bsn | None
    until: float
    ahead: Ahead


class Sources:
    """Sources by tenant, and by the name that decisions give them. whole_seconds: for all of one release together."""

    def __init__(self, by_tenant: Mapping[str, Mapping[str, Placed]], whole_seconds: float) -> None:
        """Raises SettingsWrong: the end of all would come before the end of such a source, which then never fails."""
        every = [named for sources in by_tenant.values() for named in sources.items()]
        slow = sorted({name for name, one in every if one.seconds + BREATH > whole_seconds})
        if slow:
            told = f"REGIE_CONNECTORS_WHOLE_SECONDS is {whole_seconds}: korter dan {', '.join(slow)} alleen mag duren."
            raise SettingsWrong([told])
        self._by_tenant, self._whole = by_tenant, whole_seconds
        self.metrics = SourceMetrics()

    @asynccontextmanager
    async def ahead(self, caller: Caller, shown: Sequence[tuple[Permit, Ground, Bsn]]) -> AsyncIterator[Ahead]:
        """Asks at once about all of these what can be asked so; to be handed to `fetch` of each of them."""
        begun: dict[str, Asked] = {}
        try:
            for name, placed in self._by_tenant.get(caller.tenant, {}).items():
                some = [(permit, bsn) for permit, ground, bsn in shown if name in sources_of(ground)]
                if placed.together is not None and some:
                    asking = asyncio.create_task(placed.together.fetch_many(caller, some))
                    begun[name] = Asked(asking, {permit.decision: at for at, (permit, _) in enumerate(some)})
            yield begun
        finally:
            for one in begun.values():
                one.answers.cancel()
            await asyncio.gather(*(one.answers for one in begun.values()), return_exceptions=True)

    async def fetch(
        self, caller: Caller, permit: Permit, ground: Ground, bsn: Bsn | None, ahead: Ahead = ALONE
    ) -> Found:
        """bsn: None where it is not known; then only the vault, which needs none, is asked. Raises Overtaken when a
        fence of the decision moved: then nothing may be sent, whatever others gave."""
        names = sources_of(ground)
        question = Question(caller, permit, bsn, asyncio.get_running_loop().time() + self._whole, ahead)
        alone = len(names) == 1  # a task and its group for what nothing goes on beside
        answers = [await self._one(names[0], question, {})] if alone else await self._all(names, question)
        for name, answer in zip(names, answers, strict=True):
            self._tell(caller.tenant, name, answer)
            if isinstance(answer, Overtaken) and concerns(ground, answer):
                raise answer
        read = {name: _values(answer) for name, answer in zip(names, answers, strict=True)}
        return Found(read, _late(answers))

    async def _all(self, names: Sequence[str], question: Question) -> list[Values | Exception]:
        asked: dict[str, asyncio.Task[Values | Exception]] = {}
        async with asyncio.TaskGroup() as group:
            for name in self._in_order(question.caller.tenant, names):
                asked[name] = group.create_task(self._one(name, question, dict(asked)))
        return [asked[name].result() for name in names]

    def _tell(self, tenant: str, name: str, answer: Values | Exception) -> None:
        """Our own people: what became of the question, and which elements could not be read; never what stood there."""
        self.metrics.told(tenant, name, answer)
        for element in unreadable(answer) if isinstance(answer, Values) else ():
            self.metrics.misshapen(tenant, name, element)
            _log.warning("source_value_unreadable", tenant=tenant, source=name, element=element)

    def _in_order(self, tenant: str, names: Sequence[str]) -> list[str]:
        """Those that others need first; and the vault after what goes over a network, so that such a question is on its
        way before our own work begins."""
        left, ordered = sorted(names, key=lambda name: name == VAULT), list[str]()
        while left:
            ready = [name for name in left if not self._after(tenant, name) & set(left)]
            ordered += ready or left
            left = [name for name in left if name not in ordered]
        return ordered

    def _after(self, tenant: str, name: str) -> frozenset[str]:
        placed = self._by_tenant.get(tenant, {}).get(name)
        return placed.after if placed else frozenset()

    async def _one(
        self, name: str, question: Question, before: Mapping[str, asyncio.Task[Values | Exception]]
    ) -> Values | Exception:
        caller = question.caller
        whose = {"tenant": caller.tenant, "source": name}
        try:
            placed = self._by_tenant.get(caller.tenant, {}).get(name)
            if placed is None:
                raise SourceDown("Deze bron is hier niet aangesloten.")
            known = await self._known([before[one] for one in placed.after if one in before])
            now = asyncio.get_running_loop().time()
            # later than the source's own end, or its breaker would see a caller who went away and count no silence
            async with asyncio.timeout_at(min(now + placed.seconds + BREATH, question.until)):
                source = question.ahead.get(name, placed.source)
                if question.bsn is None and name != VAULT:
                    raise SourceDown("Zonder nummer weet deze bron niet over wie het gaat.")
                return await source.fetch(
                    caller,
                    question.permit,
                    question.bsn,  # type: ignore[arg-type]  # none goes to the vault only, which does not look at it
                    known,
                )
        except Overtaken as moved:
            return moved
        except SourceFailed as failed:
            _log.warning("source_failed", **whose, why=failed.why, status=failed.answered, told=failed.told)
            return failed
        except Problem as problem:
            _log.warning("source_failed", **whose, code=problem.code)
            return problem
        except TimeoutError as late:
            _log.warning("source_timed_out", **whose)
            return late
        except Exception as error:  # a fault in one adapter must not take the other sources with it
            _log.error("source_broke", **whose, exc_info=error)
            return error

    async def _known(self, needed: Sequence[asyncio.Task[Values | Exception]]) -> Known:
        said = await asyncio.gather(*needed)
        return {value.element: value for values in said if isinstance(values, Values) for value in values.values}


def sources_of(ground: Ground) -> tuple[str, ...]:
    """That a decision lets us ask, each once."""
    return tuple(dict.fromkeys(source for one in ground.toegestaan for source, _ in one.invoer))


def _values(answer: Values | Exception) -> Values | None:
    """A record that was replaced meanwhile (Overtaken, of the source's own fence) is not there for now."""
    if isinstance(answer, Overtaken):
        return Values()
    return answer if isinstance(answer, Values) else None


def _late(answers: Sequence[Values | Exception]) -> bool:
    silent = [answer for answer in answers if not isinstance(answer, Values | Overtaken)]
    return bool(silent) and all(isinstance(answer, TimeoutError) for answer in silent)
