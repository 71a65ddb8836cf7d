"""All sources at once, each with its own time, and one end for all.

One that needs another's word waits for that one, and for no other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.contract import Ground, Overtaken, Permit
from connectors.contract import Known, Source, SourceDown
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
    """A source in use. seconds: how long it may take. after: sources whose word it needs; no circle among them."""

    source: Source
    seconds: float
    after: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Question:
    """For one release: to whom it goes, and until when (the loop's clock, seconds)."""

    caller: Caller
    permit: Permit
    bsn: Bsn
    until: float


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

    async def fetch(self, caller: Caller, permit: Permit, ground: Ground, bsn: Bsn) -> Found:
        """Raises Overtaken when a fence of the decision moved: then nothing may be sent, whatever others gave."""
        names = tuple(dict.fromkeys(source for one in ground.toegestaan for source, _ in one.invoer))
        question = Question(caller, permit, bsn, asyncio.get_running_loop().time() + self._whole)
        asked: dict[str, asyncio.Task[Values | Exception]] = {}
        async with asyncio.TaskGroup() as group:
            for name in self._in_order(caller.tenant, names):
                asked[name] = group.create_task(self._one(name, question, dict(asked)))
        answers = [asked[name].result() for name in names]
        for answer in answers:
            if isinstance(answer, Overtaken) and concerns(ground, answer):
                raise answer
        read = {name: _values(answer) for name, answer in zip(names, answers, strict=True)}
        return Found(read, _late(answers))

    def _in_order(self, tenant: str, names: Sequence[str]) -> list[str]:
        """Those that others need first."""
        left, ordered = list(names), list[str]()
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
        try:
            placed = self._by_tenant.get(caller.tenant, {}).get(name)
            if placed is None:
                raise SourceDown("Deze bron is hier niet aangesloten.")
            known = await self._known([before[one] for one in placed.after if one in before])
            now = asyncio.get_running_loop().time()
            # later than the source's own end, or its breaker would see a caller who went away and count no silence
            async with asyncio.timeout_at(min(now + placed.seconds + BREATH, question.until)):
                return await placed.source.fetch(caller, question.permit, question.bsn, known)
        except Overtaken as moved:
            return moved
        except SourceFailed as failed:
            _log.warning("source_failed", source=name, why=failed.why, status=failed.answered, told=failed.told)
            return failed
        except Problem as problem:
            _log.warning("source_failed", source=name, code=problem.code)
            return problem
        except TimeoutError as late:
            _log.warning("source_timed_out", source=name)
            return late
        except Exception as error:  # a fault in one adapter must not take the other sources with it
            _log.error("source_broke", source=name, exc_info=error)
            return error

    async def _known(self, needed: Sequence[asyncio.Task[Values | Exception]]) -> Known:
        said = await asyncio.gather(*needed)
        return {value.element: value for values in said if isinstance(values, Values) for value in values.values}


def _values(answer: Values | Exception) -> Values | None:
    """A record that was replaced meanwhile (Overtaken, of the source's own fence) is not there for now."""
    if isinstance(answer, Overtaken):
        return Values()
    return answer if isinstance(answer, Values) else None


def _late(answers: Sequence[Values | Exception]) -> bool:
    silent = [answer for answer in answers if not isinstance(answer, Values | Overtaken)]
    return bool(silent) and all(isinstance(answer, TimeoutError) for answer in silent)
