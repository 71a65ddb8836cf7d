"""Bulk, put together: what the desk's own component adds to its door, and runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from audit.contract import Audit, Trace
from connectors.bulk.closing import Closing
from connectors.bulk.handing import Clearing, Handing
from connectors.bulk.jobs import JobRows, Terms
from connectors.bulk.keys import JobKeys
from connectors.bulk.metrics import BulkMetrics
from connectors.bulk.opening import Opening
from connectors.bulk.parts import PartRows
from connectors.bulk.rows import BulkRows
from connectors.bulk.running import Workers
from connectors.bulk.service import BulkService
from connectors.bulk.walk import Walk
from connectors.bulk.weighing import Weighing
from connectors.release import ReleaseDesk
from consent.contract import Registers
from kernel.clock import BootClock, Clock
from kernel.crypto import Keyring
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows


@dataclass(frozen=True)
class Ground:
    """What bulk stands on: the desk whose doors it uses, its rows and keys, clocks."""

    desk: ReleaseDesk
    registers: Registers
    database: Database
    room_keys: KeyRows
    ring: Keyring
    clock: Clock
    boot: BootClock
    trace: Callable[[], Trace]


@dataclass(frozen=True)
class BulkParts:
    """What the desk's component needs of it."""

    service: BulkService
    workers: Workers
    metrics: BulkMetrics

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Workers at work."""
        task = asyncio.create_task(self.workers.run())
        try:
            yield
        finally:
            await self.workers.stop(task)


def build_bulk(ground: Ground, tenants: Sequence[str], terms: Terms, workers: int) -> BulkParts:
    """Tables and keys must be there."""
    desk, metrics, audit = ground.desk, BulkMetrics(), ground.desk.audit
    rows = BulkRows(ground.database, JobKeys(ground.room_keys, ground.ring))
    jobs, parts = JobRows(rows, terms, ground.clock), PartRows(rows, terms, ground.clock)
    closing = Closing(desk.lines)
    clearing = Clearing(jobs, parts, closing)
    walk = Walk(
        rows=parts,
        weighing=_weighing(ground, parts, audit),
        opening=Opening(desk.audit, desk.naming, desk.sources, desk.reweighing, desk.facts, desk.doubted),
        closing=closing,
        registers=ground.registers,
        told=metrics.told,
    )
    handing = Handing(jobs, parts, audit, desk.lines, closing, ground.boot, ground.clock)
    running = Workers(tenants, parts, walk, clearing, workers)
    service = BulkService(jobs, handing, clearing, running, ground.registers, ground.room_keys)
    return BulkParts(service, running, metrics)


def _weighing(ground: Ground, parts: PartRows, audit: Audit) -> Weighing:
    desk = ground.desk
    return Weighing(
        vault=desk.naming.vault,
        consent=desk.granting.consent,
        audit=audit,
        rows=parts,
        boot=ground.boot,
        clock=ground.clock,
        trace=ground.trace,
    )
