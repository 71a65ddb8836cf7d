"""Everybody who may be counted: decided about, written down, and only then read; each person by itself.

What is kept of a person until the table is made is a group, an amount and the fences that this stands on.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.contract import Audit, FenceAt, LogUnavailable, Overtaken, Receipt, Trace
from connectors.answers import Facts
from connectors.counting.acts import Weighed, counted_entry, question, weighed
from connectors.counting.contract import CountFailed, CountRequest
from connectors.counting.tabulating import Person, person
from connectors.lines import Lines
from connectors.minimise import minimise
from connectors.sources import Sources
from consent.contract import Consent, CountTable, ResidentRef
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.failpoints import reached
from vault.contract import Bsn, Vault
from vault.contract import ResidentRef as VaultRef

TOGETHER = 200  # decided and written down at once, well within the two seconds that a decision lives
AT_ONCE = 16  # questions to the sources
FENCES = 500  # of one question to the log


@dataclass(frozen=True)
class Member:
    """Somebody in a table, and what it stands on that they are."""

    person: Person
    fences: tuple[FenceAt, ...]


@dataclass(frozen=True)
class Round:
    """One run, for whoever gathers. facts: what ages are counted with."""

    caller: Caller
    request: CountRequest
    id: str
    table: CountTable
    facts: Facts


@dataclass(frozen=True)
class Gathering:
    """Asks register, log, vault and sources about people."""

    vault: Vault
    consent: Consent
    audit: Audit
    lines: Lines
    sources: Sources
    trace: Callable[[], Trace]

    async def members(self, of: Round, numbers: Sequence[Bsn]) -> list[Member]:
        """Those who may be counted, and are known. Raises CountFailed, LogUnavailable, OutcomeUnknown,
        RegisterUnavailable, VaultUnavailable."""
        found: list[Member] = []
        for start in range(0, len(numbers), TOGETHER):
            found += await self._together(of, numbers[start : start + TOGETHER])
            reached("counting.gathered")
        return found

    async def still(self, caller: Caller, members: Sequence[Member]) -> list[Member]:
        """Without those whose fences moved meanwhile: who objected during a run is not in its table."""
        moved: set[FenceAt] = set()
        every = list(dict.fromkeys(fence for one in members for fence in one.fences))
        for start in range(0, len(every), FENCES):
            asked = every[start : start + FENCES]
            try:
                await self.audit.holds(caller, asked)
            except Overtaken as overtaken:
                gone = {move.fence for move in overtaken.moved}
                moved |= {fence for fence in asked if fence.fence in gone}
        return [one for one in members if not moved & set(one.fences)]

    async def _together(self, of: Round, numbers: Sequence[Bsn]) -> list[Member]:
        chosen = await self._chosen(of, numbers)
        if not chosen:
            return []
        entries = [counted_entry(one, of.id) for _, one in chosen]
        verdicts = await self.lines.outlive(self.audit.record(of.caller, entries))
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            reading = [
                group.create_task(self._read(of, bsn, (one, receipt), places))
                for (bsn, one), verdict in zip(chosen, verdicts, strict=True)
                if (receipt := _written(verdict))
            ]
        return [member for task in reading if (member := _known(task.result()))]

    async def _chosen(self, of: Round, numbers: Sequence[Bsn]) -> list[tuple[Bsn, Weighed]]:
        refs = await self.vault.identify(of.caller, numbers)
        decided = await self._decided(of, refs)
        strangers = [bsn for bsn, ref, one in zip(numbers, refs, decided, strict=True) if ref.stand_in and _may(one)]
        if strangers:  # an index row, so that they find their line when they log in
            await self.vault.enrol(of.caller, strangers)
            decided = await self._decided(of, await self.vault.identify(of.caller, numbers))
        return [(bsn, one) for bsn, one in zip(numbers, decided, strict=True) if _may(one)]

    async def _decided(self, of: Round, refs: Sequence[VaultRef]) -> list[Weighed]:
        asked = [question(of.request, ResidentRef.model_validate(ref.model_dump())) for ref in refs]
        return weighed(of.caller, await self.consent.decide(of.caller, asked), self.trace)

    async def _read(
        self, of: Round, bsn: Bsn, may: tuple[Weighed, Receipt], places: asyncio.Semaphore
    ) -> Member | Problem | None:
        """None: not counted after all. A Problem: nobody can tell, so there is no table."""
        (one, receipt), ground = may, may[0].act.ground
        try:
            async with places:
                found = await self.sources.fetch(of.caller, one.permit(receipt), ground, bsn)
        except Overtaken:
            return None
        if any(values is None for values in found.by_source.values()):
            return CountFailed("Een bron antwoordde niet voor iedereen. Een tabel met gaten geven wij niet.")
        if found.flags:
            return None  # secret, at a safe address or dead, as only the source knew
        values, _ = minimise([allowed.element for allowed in ground.toegestaan], ground, found.by_source, of.facts)
        counted = person(of.table, {name: value.value for name, value in values.items()}, of.facts.today)
        return Member(counted, one.fences) if counted else None


def _may(one: Weighed) -> bool:
    """A resident who may not be found is in no table: a square, or a group of few, could show where a shelter is."""
    return one.whole and not one.act.about.hiding


def _written(verdict: Receipt | Problem) -> Receipt | None:
    """None: a restriction of this person came first. Raises what makes the whole table impossible."""
    if isinstance(verdict, Receipt):
        return verdict
    if isinstance(verdict, Overtaken) and verdict.moved:
        return None
    if isinstance(verdict, Overtaken):
        raise LogUnavailable("Het is nu te druk om te tellen. Probeer het later opnieuw.")
    raise verdict


def _known(found: Member | Problem | None) -> Member | None:
    if isinstance(found, Problem):
        raise found
    return found
