"""Correction reports, put together: what the desk's own component adds to its door, and runs."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from audit.contract import Audit
from connectors.bulk.rows import BulkRows
from connectors.correcting.forwarding import Forwarding
from connectors.correcting.keeping import Owner
from connectors.correcting.marking import Marks
from connectors.correcting.service import CorrectionDesk
from connectors.correcting.stored import CorrectionRows
from connectors.correcting.writing import Writing
from connectors.lines import Lines
from kernel.clock import BootClock, Clock
from kernel.sql.key_rows import KeyRows
from vault.contract import Vault


@dataclass(frozen=True)
class Around:
    """What reports stand on."""

    vault: Vault
    audit: Audit
    lines: Lines
    rows: BulkRows
    room_keys: KeyRows
    clock: Clock
    boot: BootClock


@dataclass(frozen=True)
class CorrectionParts:
    """What the desk's component needs of it."""

    desk: CorrectionDesk
    forwarding: Forwarding
    marks: Marks
    rows: CorrectionRows

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reports are carried."""
        if not self.forwarding.look_seconds:
            yield
            return
        task = asyncio.create_task(self.forwarding.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def build_corrections(
    around: Around, tenants: Sequence[str], owners: Mapping[str, Mapping[str, Owner]], look_seconds: float
) -> CorrectionParts:
    """Tables and keys must be there. look_seconds: how often reports are carried, 0 for never."""
    rows = CorrectionRows(around.rows, around.room_keys, around.clock)
    marks = Marks(rows, around.boot)
    writing = Writing(around.audit, rows, marks)
    forwarding = Forwarding(tenants, rows, writing, around.audit, owners, look_seconds)
    desk = CorrectionDesk(around.vault, around.audit, around.lines, rows, writing, forwarding, owners)
    return CorrectionParts(desk, forwarding, marks, rows)
