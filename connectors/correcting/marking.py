"""Which values are in doubt, remembered for two seconds: a statement per release would cost more than the mark."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from connectors.correcting.rules import touched
from connectors.correcting.stored import CorrectionRows
from kernel.clock import BootClock

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

    async def elements(self, tenant: str, resident: str) -> Set[str]:
        """See Doubted.elements."""
        known = self._known.get(tenant)
        if known is None or self.boot() - known.at > SECONDS:
            known = self._known[tenant] = await self._read(tenant, known)
        return known.by_resident.get(resident, frozenset())

    def changed(self, tenant: str) -> None:
        """Something began or ended here."""
        self._known.pop(tenant, None)

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
