"""The steps 5 to 7 of a release, for many: sources asked, what they told weighed, nothing beyond the decision kept."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from audit.contract import Audit, Ground, Overtaken, Permit, Position, beyond
from connectors.answer import Answer, nothing
from connectors.answers import Facts
from connectors.bulk.stands import Stand
from connectors.bulk.weighing import AT_ONCE, TURN
from connectors.catalogue import VAULT
from connectors.contract import NotReleased, Release
from connectors.correcting.contract import Doubted
from connectors.granting import Granted
from connectors.minimise import minimise
from connectors.naming import Naming
from connectors.overtaken import concerns
from connectors.reweighing import Reweighing
from connectors.sources import ALONE, Ahead, Found, Sources
from kernel.errors import Problem
from vault.contract import Bsn, Values

TOGETHER = 20  # residents for whom sources that take one at a time are asked at once


@dataclass(frozen=True)
class Opened:
    """What there is for one resident. given: what the release stands on; None when nothing is given. line: of its
    release."""

    answer: Release | Problem
    line: Position
    given: Stand | None = None


@dataclass(frozen=True)
class Opening:
    """facts: what yes/no answers are made with for a tenant, now."""

    audit: Audit
    naming: Naming
    sources: Sources
    reweighing: Reweighing
    facts: Callable[[str], Facts]
    doubted: Doubted

    async def open(self, granted: Mapping[int, Granted]) -> dict[int, Opened | Overtaken]:
        """By number. Overtaken: fences moved after its line, so it is to be decided once more. Raises LogUnavailable,
        RegisterUnavailable, VaultUnavailable."""
        found: dict[int, Found | Overtaken] = await self._beyond(granted)
        own = {nr: one for nr, one in granted.items() if nr not in found and _vault_alone(one)}
        others = {nr: one for nr, one in granted.items() if nr not in found and nr not in own}
        found |= dict(zip(own, await self._from_vault(list(own.values())), strict=True))
        found |= await self._from_all(others)
        opened: dict[int, Opened | Overtaken] = {}
        for number, (nr, one) in enumerate(granted.items(), 1):
            if number % TURN == 0:
                await asyncio.sleep(0)
            here = found[nr]
            opened[nr] = here if isinstance(here, Overtaken) else await self._answered(nr, one, here)
        return opened

    async def _beyond(self, granted: Mapping[int, Granted]) -> dict[int, Found | Overtaken]:
        """Who came too late where their resident allowed a number."""
        if not granted:
            return {}
        caller = next(iter(granted.values())).asked.caller
        spent = await beyond(self.audit, caller, [one.permit for one in granted.values()])
        return {nr: one for nr, one in zip(granted, spent, strict=True) if one}

    async def _from_vault(self, granted: Sequence[Granted]) -> list[Found | Overtaken]:
        found: list[Found | Overtaken] = []
        for begin in range(0, len(granted), AT_ONCE):
            some = granted[begin : begin + AT_ONCE]
            verdicts = await self.naming.vault.fetch(some[0].asked.caller, [one.permit for one in some])
            found += [_of_vault(one, verdict) for one, verdict in zip(some, verdicts, strict=True)]
        return found

    async def _from_all(self, granted: Mapping[int, Granted]) -> dict[int, Found | Overtaken]:
        if not granted:
            return {}
        turns, shown = asyncio.Semaphore(TOGETHER), {nr: _shown(one) for nr, one in granted.items()}
        caller = next(iter(granted.values())).asked.caller  # of a part all have the same

        async def each(nr: int, ahead: Ahead) -> Found | Overtaken:
            async with turns:
                permit, ground, bsn = shown[nr]
                try:
                    if bsn is None:  # the number comes out under this permit, and for this one alone
                        bsn, ahead = await self.naming.number(caller, granted[nr]), ALONE
                    return await self.sources.fetch(caller, permit, ground, bsn, ahead)
                except Overtaken as moved:
                    return moved

        numbered = [(permit, ground, bsn) for permit, ground, bsn in shown.values() if bsn is not None]
        async with self.sources.ahead(caller, numbered) as ahead:
            return dict(zip(shown, await asyncio.gather(*(each(nr, ahead) for nr in shown)), strict=True))

    async def _answered(self, nr: int, granted: Granted, found: Found) -> Opened | Overtaken:
        line = granted.receipt.position
        try:
            weighed = await self.reweighing.weigh(granted, found.flags)
        except NotReleased as refusal:
            return Opened(refusal, line)
        except Overtaken as moved:
            return moved
        tenant = granted.asked.caller.tenant
        facts, doubted = self.facts(tenant), await self.doubted.elements(tenant, granted.asked.resident.id)
        values, missing = minimise(weighed.allowed, granted.ground, found.by_source, facts, doubted)
        answer = Answer(granted, weighed, values, missing)
        if not values:
            return Opened(nothing(answer, found.late), line)
        return Opened(answer.release(), line, Stand.of(nr, line, weighed.ground))


def _shown(granted: Granted) -> tuple[Permit, Ground, Bsn | None]:
    return granted.permit, granted.ground, granted.asked.request.person.bsn


def _vault_alone(granted: Granted) -> bool:
    return all(source == VAULT for one in granted.ground.toegestaan for source, _ in one.invoer)


def _of_vault(granted: Granted, verdict: Values | Problem) -> Found | Overtaken:
    """As `Sources` reads it: a record that was replaced meanwhile is not there for now."""
    if isinstance(verdict, Overtaken):
        return verdict if concerns(granted.ground, verdict) else Found({VAULT: Values()})
    return Found({VAULT: verdict if isinstance(verdict, Values) else None})
