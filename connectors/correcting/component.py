"""Correction reports, put together: what the desk's own component adds to its door, and runs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import httpx2

from audit.contract import Audit
from connectors.bulk.rows import BulkRows
from connectors.catalogue import BRP
from connectors.correcting.forwarding import Forwarding
from connectors.correcting.marking import Marks
from connectors.correcting.notices import NoticeRows
from connectors.correcting.owners import Outer, owner, owners_of
from connectors.correcting.service import CorrectionDesk
from connectors.correcting.stored import CorrectionRows
from connectors.correcting.telling import Telling
from connectors.correcting.writing import Writing
from connectors.declared.declaration import Declaration
from connectors.lines import Lines
from connectors.settings import ConnectorsSettings
from consent.contract import Registers
from kernel.clock import BootClock, Clock
from kernel.sql.key_rows import KeyRows
from vault.contract import Vault


@dataclass(frozen=True)
class Around:
    """What reports stand on."""

    vault: Vault
    registers: Registers
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
    notices: NoticeRows

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
    around: Around,
    settings: ConnectorsSettings,
    of: tuple[Mapping[str, Mapping[str, Declaration]], tuple[str, ...]],
    outside: AsyncExitStack,
    transport: httpx2.AsyncBaseTransport | None,
) -> CorrectionParts:
    """Tables and keys must be there. of: what is declared, and the tenants. outside: closes what was opened.
    transport: how the register of residents is reached, for tests. Raises SettingsWrong."""
    declared, tenants = of
    owners = {tenant: owners_of(declared.get(tenant, {}), around.clock, outside) for tenant in tenants}
    if settings.brp_corrections is not None:
        outer = Outer(transport, settings.listed(()))
        keeper = owner(settings.brp_corrections, around.clock, outside, outer)
        theirs = {tenant for tenant in tenants if BRP in declared.get(tenant, {})}  # their file says it, or nobody
        owners |= {tenant: {**owners[tenant], BRP: keeper} for tenant in tenants if tenant not in theirs}
    rows = CorrectionRows(around.rows, around.room_keys, around.clock)
    marks = Marks(rows, around.boot)
    writing, notices = Writing(around.audit, rows, marks), NoticeRows(around.rows, around.clock)
    telling = Telling(around.audit, around.registers, rows, notices)
    forwarding = Forwarding(tenants, rows, writing, around.audit, owners, telling, settings.corrections_seconds)
    desk = CorrectionDesk(
        around.vault, around.audit, around.lines, rows, writing, forwarding, owners, around.registers, notices
    )
    return CorrectionParts(desk, forwarding, marks, rows, notices)
