"""The BRP asked about many residents, at most twenty in one question: no answer is ever somebody else's.

Whose part of an answer is whose stands in the part itself, in its number, and nowhere else: not in its place, nor in
there being one. So who is named twice, or cannot be read, has no answer, and they alone. When somebody is named who was
not asked about, that part is nobody's, and who is missing is not told to be unknown: it may have been theirs.

The people around them are looked up in the same way, right after and of all of these residents at once. What the
register said of one is used for whose relative they are and nobody else; of whom it did not speak clearly nothing is
told.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from audit.contract import Permit
from connectors.around import MOST, NUMBER
from connectors.authority.relations import Minor
from connectors.brp import NEARLY, Asking, Begun, BrpSource, wanted
from connectors.contract import Shown
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.outside.guarding import Guard
from connectors.person import apart, people
from kernel.caller import Caller
from kernel.errors import Problem
from vault.contract import Bsn, Values

BYTES = 1 << 20  # of an answer about twenty
BREATH = 0.1  # seconds: later than its own end, or its breaker would count no silence
FURTHER = 4  # residents of one question about whose relatives is asked at once


@dataclass(frozen=True)
class BrpTogether:
    """Satisfies Together. guard: that of the source itself, so that a register that is down is left alone by both."""

    brp: BrpSource
    guard: Guard

    async def minors(self, caller: Caller, permit: Permit, bsn: Bsn) -> tuple[Minor, ...]:
        """See BrpSource.minors. Raises SourceDown, TimeoutError besides: a place in line is within its time too."""
        async with asyncio.timeout(self.brp.seconds + BREATH):
            return await self.guard.run(lambda: self.brp.minors(caller, permit, bsn))

    async def fetch_many(self, caller: Caller, shown: Sequence[Shown]) -> list[Values | Exception]:
        """See Together.fetch_many."""
        found: dict[int, Values | Exception] = {}
        groups: dict[Hashable, list[tuple[int, Begun]]] = defaultdict(list)
        for at, (permit, _) in enumerate(shown):
            try:
                begun = await self.brp.begin(caller, permit)
            except Problem as problem:
                found[at] = problem
                continue
            if begun.fields:
                groups[begun.alike].append((at, begun))
            else:
                found[at] = Values()
        questions = [group[begin : begin + MOST] for group in groups.values() for begin in range(0, len(group), MOST)]
        for told in await asyncio.gather(*(self._question(caller, shown, question) for question in questions)):
            found |= told
        return [found[at] for at in range(len(shown))]

    async def _question(
        self, caller: Caller, shown: Sequence[Shown], question: Sequence[tuple[int, Begun]]
    ) -> dict[int, Values | Exception]:
        own = {at: shown[at][1].reveal() for at, _ in question}
        try:
            return await self.guard.run(lambda: self._asked(dict(question), own))
        except SourceFailed as failed:
            if failed.why != "vraag" or len(question) == 1:
                return dict.fromkeys(own, failed)
        except (Problem, TimeoutError) as failed:
            return dict.fromkeys(own, failed)
        # refused, so nothing was provided and nothing noted: one of them must not stand in the way of the others
        return {at: await self._alone(caller, *shown[at]) for at in own}

    async def _alone(self, caller: Caller, permit: Permit, bsn: Bsn) -> Values | Exception:
        try:
            return await self.guard.run(lambda: self.brp.fetch(caller, permit, bsn))
        except (Problem, TimeoutError) as failed:
            return failed

    async def _asked(self, begun: Mapping[int, Begun], own: Mapping[int, str]) -> dict[int, Values | Exception]:
        until = asyncio.get_running_loop().time() + self.brp.seconds * NEARLY
        first = next(iter(begun.values()))
        asking = replace(first.asking, asker=replace(first.asking.asker, most=BYTES, bounds=None))
        try:
            said = await asking.persons(sorted(set(own.values())), wanted(first.fields) | {NUMBER})
            answers = apart(said, set(own.values()))
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None
        around = {at: self.brp.others(one, answers[own[at]], own[at]) for at, one in begun.items()}
        others = {number for numbers in around.values() for number in numbers}
        hidden = await asking.hidden(others)
        looked = await _looked_up(asking, others - hidden, until) | dict.fromkeys(hidden)
        turns = asyncio.Semaphore(FURTHER)

        async def each(at: int) -> Values | Exception:
            own_asking = begun[at].asking
            same = (own_asking.asker, own_asking.headers, own_asking.hidden)
            knowing = replace(begun[at], asking=Looked(*same, looked))
            try:
                async with turns:
                    return await self.brp.told(knowing, answers[own[at]], own[at], until)
            except Unreadable:
                return SourceFailed("onleesbaar", 200)
            except (SourceFailed, TimeoutError) as failed:
                return failed

        return dict(zip(own, await asyncio.gather(*map(each, own)), strict=True))


@dataclass(frozen=True)
class Looked(Asking):
    """The same questions, where relatives were looked up already. found: by number, an answer about them alone, None
    for who may not be found and where it is not clear whose it is, or why there is none. Whom it does not name is asked
    about now."""

    found: Mapping[str, object] = field(default_factory=dict, repr=False)

    async def named(self, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
        """See Asking.named."""
        if not set(numbers) <= set(self.found):
            return await super().named(numbers)
        said = [self.found[number] for number in numbers]
        for one in said:
            if isinstance(one, Exception):
                raise one
        return [person for one in said if one is not None for person in people(one)]


async def _looked_up(asking: Asking, numbers: Collection[str], until: float) -> dict[str, object]:
    """As `Looked` takes it. Sorted: whoever reads a question does not learn who belongs to whom. A question that the
    register refused is left out: nothing was noted of it, and one of them must not stand in the way of the others."""
    turns, listed = asyncio.Semaphore(FURTHER), sorted(numbers)

    async def some(asked: Sequence[str]) -> dict[str, object]:
        try:
            async with turns, asyncio.timeout_at(until):
                return apart(await asking.persons(asked, {NUMBER}), asked)
        except SourceFailed as failed:
            return {} if failed.why == "vraag" else dict.fromkeys(asked, failed)
        except (Unreadable, TimeoutError) as failed:
            return dict.fromkeys(asked, failed)

    parts = [listed[begin : begin + MOST] for begin in range(0, len(listed), MOST)]
    return {number: one for part in await asyncio.gather(*map(some, parts)) for number, one in part.items()}
