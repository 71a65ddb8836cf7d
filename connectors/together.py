"""The BRP asked about many residents, at most twenty in one question: no answer is ever somebody else's.

Whose part of an answer is whose stands in the part itself, in its number, and nowhere else: not in its place, nor in
there being one. So who is named twice, or cannot be read, has no answer, and they alone. When somebody is named who was
not asked about, that part is nobody's, and who is missing is not told to be unknown: it may have been theirs.
"""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.contract import Permit
from connectors.around import MOST, NUMBER
from connectors.brp import NEARLY, Begun, BrpSource, wanted
from connectors.contract import Shown
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.outside.guarding import Guard
from connectors.person import apart
from kernel.caller import Caller
from kernel.errors import Problem
from vault.contract import Bsn, Values

BYTES = 1 << 20  # of an answer about twenty
FURTHER = 4  # residents of one question about whose relatives is asked at once


@dataclass(frozen=True)
class BrpTogether:
    """Satisfies Together. guard: that of the source itself, so that a register that is down is left alone by both."""

    brp: BrpSource
    guard: Guard

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
        turns = asyncio.Semaphore(FURTHER)

        async def each(at: int) -> Values | Exception:
            try:
                async with turns:
                    return await self.brp.told(begun[at], answers[own[at]], own[at], until)
            except Unreadable:
                return SourceFailed("onleesbaar", 200)
            except (SourceFailed, TimeoutError) as failed:
                return failed

        return dict(zip(own, await asyncio.gather(*map(each, own)), strict=True))
