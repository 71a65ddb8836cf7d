"""The vault, put together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count

from audit.contract import Audit
from kernel.caller import room_of
from kernel.clock import Clock, utc_now
from kernel.component import Component, Doors, Tenant
from kernel.crypto import KeyProvider, Keyring, KeyUnavailable
from kernel.errors import Problem
from kernel.http.rooms import RoomGate
from kernel.logs import logger
from kernel.sql import Database
from vault.api import routes
from vault.contract import VaultUnavailable
from vault.keys import NUMBERS, PURPOSES
from vault.service import TrustNow, VaultService
from vault.settings import VaultSettings
from vault.tables import numbers, residents

SWEEP_SECONDS = 2.0
FORGETS = 30  # sweeps between two looks at numbers that nobody held on to
_log = logger("vault")


async def build_vault(
    settings: VaultSettings,
    tenants: Mapping[str, Tenant],
    audit: Audit,
    trust: TrustNow,
    provider: KeyProvider,
    clock: Clock = utc_now,
) -> tuple[VaultService, Component]:
    """Tables and the KEK `regie/<tenant>/vault` must be there; the room's own keys are founded where missing."""
    database = Database(settings.database, "vault", settings.pool)
    ring = Keyring(provider, life=timedelta(minutes=settings.key_minutes), size=4096)
    vault = VaultService(database, ring, audit, trust, clock)
    for tenant in tenants:
        await vault.room_keys.found(tenant, PURPOSES, residents)
        await vault.room_keys.found(tenant, (NUMBERS,), numbers)
    gate = RoomGate("vault", {room: bytes.fromhex(key) for room, key in settings.trusted.items()}, clock)

    async def check() -> None:
        try:
            await provider.health()
        except KeyUnavailable:
            raise VaultUnavailable("De sleutels van de kluis zijn niet bereikbaar.") from None
        for tenant in tenants:
            await vault.identify(room_of(tenant, "vault"), ())

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        sweeping = asyncio.create_task(_sweeping(vault, tuple(tenants)))
        try:
            yield
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
            await database.close()

    return vault, Component("vault", check, run, lambda: Doors(intern=lambda: (routes(vault, gate),)))


async def _sweeping(vault: VaultService, tenants: Sequence[str]) -> None:
    unseen = set(tenants)  # where nobody looked yet for what a backup brought back
    for turn in count():
        for tenant in tenants:
            if tenant in unseen and await _went(vault.returned(tenant)):
                unseen.remove(tenant)
            await _went(vault.sweep(tenant))
            if turn % FORGETS == 0:
                await _went(vault.forget_numbers(tenant))
        await asyncio.sleep(SWEEP_SECONDS)


async def _went(chore: Awaitable[object]) -> bool:
    """Whether it did. When the log or the database is away: again later, and no other waits for it."""
    try:
        await chore
    except Problem as problem:
        _log.warning("sweep_failed", code=problem.code)
        return False
    return True
