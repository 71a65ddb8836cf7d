"""The counting desk, put together from what the release desk has."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from audit.contract import Trace
from connectors.counting.contract import Population
from connectors.counting.gathering import Gathering
from connectors.counting.ledger import Ledger
from connectors.counting.noise import OpenDp, installed
from connectors.counting.service import CountingDesk
from connectors.declared.declaration import Declaration
from connectors.declared.loading import Surroundings
from connectors.declared.population import population
from connectors.release import ReleaseDesk

Populations = Mapping[str, Mapping[str, Population]]


def populations_of(declared: Mapping[str, Mapping[str, Declaration]], around: Surroundings) -> Populations:
    """By tenant and source: those that say who may be counted. Raises SettingsWrong."""
    return {
        tenant: {name: found for name, one in by_name.items() if (found := _of(one, around))}
        for tenant, by_name in declared.items()
    }


def _of(declared: Declaration, around: Surroundings) -> Population | None:
    outside: AsyncExitStack = around.outside
    return population(declared, around.trust, around.clock, outside)


def counting_desk(
    desk: ReleaseDesk, ledger: Ledger, populations: Populations, trace: Callable[[], Trace]
) -> CountingDesk:
    """Asks whom the release desk asks, and writes with it: so that shutdown waits for both."""
    gathering = Gathering(desk.naming.vault, desk.granting.consent, desk.audit, desk.lines, desk.sources, trace)
    noise = OpenDp() if installed() else None
    return CountingDesk(gathering, ledger, populations, noise, desk.facts, trace)
