"""Sets for data labs, put together from what the release desk and bulk have."""

from connectors.bulk.component import BulkParts
from connectors.counting.service import CountingDesk
from connectors.lab.service import LabDesk
from connectors.lab.stored import LabRows
from connectors.release import ReleaseDesk
from kernel.sql.key_rows import KeyRows


def build_labs(
    with_: tuple[ReleaseDesk, BulkParts],
    rows: LabRows,
    room_keys: KeyRows,
    counting: CountingDesk,
) -> LabDesk:
    """Tables and keys must be there. counting: whose ledger and populations these are."""
    (desk, bulk), listed = with_, counting.populations
    ledger, trace = counting.ledger, counting.trace
    return LabDesk(desk.granting.consent, desk.lines, bulk.service, rows, room_keys, ledger, listed, trace)
