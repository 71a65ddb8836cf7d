"""Removals, put together: a door, and a chore of the room."""

from dataclasses import dataclass

from audit.contract import Audit
from connectors.bulk.rows import BulkRows
from connectors.lab.contract import Labs
from connectors.lines import Lines
from connectors.removals.following import Following
from connectors.removals.service import RemovalDesk
from connectors.removals.stored import RemovalRows
from consent.contract import Consent, Registers
from kernel.clock import Clock


@dataclass(frozen=True)
class RemovalParts:
    """What the desk's component needs of it."""

    desk: RemovalDesk
    following: Following


def build_removals(
    neighbours: tuple[Audit, Consent, Registers], lines: Lines, rows: BulkRows, labs: Labs, clock: Clock
) -> RemovalParts:
    """Tables and keys must be there."""
    (audit, consent, registers), own = neighbours, RemovalRows(rows, clock)
    return RemovalParts(RemovalDesk(audit, lines, own, labs), Following(audit, consent, registers, own))
