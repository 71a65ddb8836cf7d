"""Sets for data labs, put together from what the release desk and bulk have."""

from collections.abc import Callable

from audit.contract import Trace
from connectors.bulk.component import BulkParts
from connectors.counting.component import Populations
from connectors.lab.service import LabDesk
from connectors.lab.stored import LabRows
from connectors.release import ReleaseDesk
from kernel.sql.key_rows import KeyRows


def build_labs(
    with_: tuple[ReleaseDesk, BulkParts],
    rows: LabRows,
    room_keys: KeyRows,
    populations: Populations,
    trace: Callable[[], Trace],
) -> LabDesk:
    """Tables and keys must be there. trace: a span for each line."""
    desk, bulk = with_
    return LabDesk(desk.granting.consent, desk.lines, bulk.service, rows, room_keys, populations, trace)
