"""Which values are in doubt, remembered for two seconds: a statement per release would cost more than the mark. When
they have passed, who comes at the same moment asks together: each for itself took all connections from the others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from connectors.correcting.rules import touched
from connectors.correcting.stored import CorrectionRows
from kernel.clock import BootClock
from kernel.gather import Gatherer

SECONDS = 2.0


@dataclass(frozen=True)
class Known:
    """What was in doubt at a moment of the boot clock."""

    at: float
    version: tuple[int, int]
    by_resident: Mapping[str, frozenset[str]]


@dataclass
class Marks:
    """Satisfies Doubted. Reports of this process are seen at once, of others within SECONDS."""

    rows: CorrectionRows
    boot: BootClock
    _known: dict[str, Known] = field(default_factory=dict)
    _changes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._asked = Gatherer(self._elements)  # by tenant

    async def elements(self, tenant: str, resident: str) -> Set[str]:
        """See Doubted.elements."""
        known = self._fresh(tenant)
        if known is not None:
            return known.by_resident.get(resident, frozenset())
        (found,) = await self._asked.ask(tenant, (resident,))
        return found

    def changed(self, tenant: str) -> None:
        """Something began or ended here."""
        self._known.pop(tenant, None)
        self._changes[tenant] += 1

    def _fresh(self, tenant: str) -> Known | None:
        known = self._known.get(tenant)
        return known if known and self.boot() - known.at <= SECONDS else None

    async def _elements(self, tenant: str, residents: Sequence[str]) -> list[frozenset[str]]:
        known = self._fresh(tenant)
        if known is None:
            changes = self._changes[tenant]
            known = await self._read(tenant, self._known.get(tenant))
            if self._changes[tenant] == changes:  # else it may be from before, and counts for who asked before only
                self._known[tenant] = known
        return [known.by_resident.get(resident, frozenset()) for resident in residents]

    async def _read(self, tenant: str, before: Known | None) -> Known:
        at = self.boot()  # before the question: what begins meanwhile is looked for again in time
        found = await self.rows.doubted(tenant, before.version if before else None)
        if found is None and before is not None:
            return Known(at, before.version, before.by_resident)
        version, rows = found or ((0, 0), [])
        by_resident: dict[str, frozenset[str]] = {}
        for row in rows:
            by_resident[row["resident"]] = by_resident.get(row["resident"], frozenset()) | touched(row["element"])
        return Known(at, version, by_resident)
