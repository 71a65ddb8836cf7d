"""All sources at once, each with its own time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.contract import Ground, Overtaken, Permit
from connectors.contract import Source
from connectors.outside.failing import SourceFailed
from connectors.overtaken import concerns
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.logs import logger
from vault.contract import Bsn, Values

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


class Sources:
    """Sources by the name that decisions give them. seconds: how long one may take (setting `source_seconds`)."""

    def __init__(self, by_name: Mapping[str, Source], seconds: float) -> None:
        self._by_name, self._seconds = by_name, seconds

    async def fetch(self, caller: Caller, permit: Permit, ground: Ground, bsn: Bsn) -> Found:
        """Raises Overtaken when a fence of the decision moved: then nothing may be sent, whatever others gave."""
        names = tuple(dict.fromkeys(source for one in ground.toegestaan for source, _ in one.invoer))
        answers = await asyncio.gather(*(self._one(name, caller, permit, bsn) for name in names))
        for answer in answers:
            if isinstance(answer, Overtaken) and concerns(ground, answer):
                raise answer
        read = {name: _values(answer) for name, answer in zip(names, answers, strict=True)}
        return Found(read, _late(answers))

    async def _one(self, name: str, caller: Caller, permit: Permit, bsn: Bsn) -> Values | Exception:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._by_name[name].fetch(caller, permit, bsn)
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


def _values(answer: Values | Exception) -> Values | None:
    """A record that was replaced meanwhile (Overtaken, of the source's own fence) is not there for now."""
    if isinstance(answer, Overtaken):
        return Values()
    return answer if isinstance(answer, Values) else None


def _late(answers: Sequence[Values | Exception]) -> bool:
    silent = [answer for answer in answers if not isinstance(answer, Values | Overtaken)]
    return bool(silent) and all(isinstance(answer, TimeoutError) for answer in silent)
