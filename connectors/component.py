"""The desk and its sources, put together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import httpx2
from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError

from audit.contract import Audit, Trace, Trust
from connectors.api import ROOT, Gate, routes
from connectors.authority.api import intern_routes
from connectors.authority.desk import AuthorityDesk
from connectors.brp import ANSWER_BYTES, BrpSource
from connectors.bulk.api import PLACE, UPLOAD_BYTES, bulk_routes
from connectors.bulk.component import BulkParts, Ground, build_bulk
from connectors.bulk.contract import Bulk
from connectors.bulk.jobs import Terms
from connectors.bulk.keys import JobKeys
from connectors.bulk.rows import BulkRows
from connectors.bulk.tables import jobs
from connectors.catalogue import BRP, VAULT
from connectors.claims import ClaimRows
from connectors.correcting.api import correction_intern, correction_routes
from connectors.correcting.component import Around, CorrectionParts, build_corrections
from connectors.correcting.content import PURPOSE as CONTENT
from connectors.correcting.tables import corrections
from connectors.counting.api import routes as counting_routes
from connectors.counting.component import counting_desk, populations_of
from connectors.counting.contract import Counting
from connectors.counting.ledger import KEY, Ledger
from connectors.declared.declaration import Declaration
from connectors.declared.loading import Surroundings, placed, placed_brp, read_folder
from connectors.granting import Granting
from connectors.hiding import Known
from connectors.kluis import VaultSource
from connectors.lab.api import lab_routes
from connectors.lab.component import build_labs
from connectors.lab.contract import Labs
from connectors.lab.service import PURPOSE as PSEUDONYMS
from connectors.lab.stored import LabRows
from connectors.lab.tables import lab_sets
from connectors.lines import Lines
from connectors.minimise import facts_at
from connectors.naming import Naming
from connectors.opendata.api import open_intern, open_routes
from connectors.opendata.service import OpenTableDesk
from connectors.outside.asking import Asker
from connectors.outside.guarding import Limits
from connectors.outside.opening import open_outside
from connectors.release import ReleaseDesk
from connectors.removals.api import removal_intern, removal_routes
from connectors.removals.component import build_removals
from connectors.removals.contract import Removals
from connectors.reweighing import Reweighing
from connectors.settings import ConnectorsSettings
from connectors.sources import Placed, Sources
from connectors.tables import keys, runs
from connectors.tidying import Chore, tidy
from connectors.together import BrpTogether
from connectors.uploads.api import PLACE as FILES
from connectors.uploads.api import UPLOAD_BYTES as FILE_BYTES
from connectors.uploads.api import upload_routes
from connectors.uploads.component import takings
from connectors.uploads.intern import LARGE, upload_intern
from connectors.uploads.rows import UploadRows
from connectors.uploads.service import UploadDesk
from connectors.uploads.standing import Files
from connectors.uploads.tables import uploads as uploads_table
from consent.contract import Consent, Registers
from kernel.clock import BootClock, Clock, boot_seconds, utc_now
from kernel.component import Component, Doors, Tenant
from kernel.crypto import CannotOpen, KeyProvider, Keyring, KeyUnavailable
from kernel.errors import NeighbourUnavailable
from kernel.http.client import open_client
from kernel.http.rooms import RoomGate
from kernel.http.trace import current_trace
from kernel.ids import random_id
from kernel.logs import logger
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from vault.contract import Vault

PURPOSES = ("RK",)  # request hashes
_log = logger("connectors")


@dataclass(frozen=True)
class Wiring:
    """Whom the desk calls, and with what time. caller: the dependency of the public root. transport: to the BRP."""

    vault: Vault
    consent: Consent
    registers: Registers
    audit: Audit
    trust: Callable[[], Awaitable[Trust]]
    caller: Gate
    clock: Clock = utc_now
    boot: BootClock = boot_seconds
    transport: httpx2.AsyncBaseTransport | None = None


async def build_connectors(
    settings: ConnectorsSettings, tenants: Mapping[str, Tenant], wiring: Wiring, provider: KeyProvider
) -> tuple[ReleaseDesk, Component]:
    """Tables and the KEK `regie/<tenant>/connectors` must be there; the room's own key is founded where missing."""
    database = Database(settings.database, "connectors", settings.pool)
    ring = Keyring(provider, life=timedelta(minutes=settings.key_minutes))
    room_keys = KeyRows(database, keys, ring)
    await _found(room_keys, tenants)
    claims, outside = ClaimRows(database, room_keys, wiring.clock), AsyncExitStack()
    declared = read_folder(settings.sources, tenants) if settings.sources else {}
    rows, lines = BulkRows(database, JobKeys(room_keys, ring)), Lines(wiring.audit)
    files = UploadRows(rows, wiring.clock)
    theirs = Files(files, wiring.audit), Known(wiring.vault, wiring.registers)
    around = Surroundings(wiring.trust, wiring.clock, outside, *theirs)
    sources = _sources(settings, tenants, wiring, (declared, around))
    reports = Around(wiring.vault, wiring.registers, wiring.audit, lines, rows, room_keys, wiring.clock, wiring.boot)
    correcting = build_corrections(reports, settings, (declared, tuple(tenants)), outside, wiring.transport)
    uploads = UploadDesk(takings(declared), files, wiring.audit, wiring.clock)
    asked = Sources(sources, settings.whole_seconds)
    desk = _desk(settings, wiring, (claims, lines), (asked, sources), (correcting, uploads))
    ledger, populations = Ledger(database, room_keys, wiring.clock), populations_of(declared, around)
    counting = counting_desk(desk, ledger, populations, _trace)
    ground = Ground(desk, wiring.registers, database, room_keys, ring, wiring.clock, wiring.boot, _trace)
    bulk = build_bulk(ground, tuple(tenants), Terms(*settings.bulk_terms), settings.bulk_workers)
    labs = build_labs((desk, bulk), LabRows(rows, wiring.clock), room_keys, counting)
    removals = build_removals((wiring.audit, wiring.consent, wiring.registers), lines, rows, labs, wiring.clock)
    desk = replace(desk, removals=removals.desk, tables=OpenTableDesk(wiring.registers, ledger))
    old = (claims.forget_old, correcting.forwarding.lapse, correcting.rows.forget_old, correcting.notices.forget_old)
    chores = (*old, uploads.tidy, labs.tidy, removals.following.round)
    there = {tenant: _said(by_name, declared.get(tenant, {})) for tenant, by_name in sources.items()}
    doors = (desk, bulk.service, counting, uploads, labs, removals.desk)
    public, inner = partial(_public, doors, wiring, there, tenants), partial(_intern, desk, settings, wiring)
    return desk, Component(
        "connectors",
        _check(room_keys, tuple(tenants)),
        _run((bulk, desk, correcting), chores, tuple(tenants), (outside, database)),
        lambda: Doors(((ROOT, public),), intern=inner),
        metrics=lambda: bulk.metrics.text() + asked.metrics.text(),
        uploads={ROOT + PLACE: UPLOAD_BYTES, ROOT + FILES: FILE_BYTES, **LARGE},
    )


def _public(
    doors: tuple[ReleaseDesk, Bulk, Counting, UploadDesk, Labs, Removals],
    wiring: Wiring,
    connected: Mapping[str, Mapping[str, tuple[str, ...]]],
    tenants: Mapping[str, Tenant],
) -> APIRouter:
    (desk, bulk, counting, uploads, labs, removals), caller = doors, wiring.caller
    router = routes(desk, caller, wiring.boot, connected, wiring.registers.activities)
    router.include_router(bulk_routes(bulk, caller, wiring.boot))
    if desk.tables is not None:
        router.include_router(open_routes(desk.tables, tenants, ROOT))
    router.include_router(counting_routes(counting, caller))
    router.include_router(upload_routes(uploads, caller))
    if desk.corrections is not None:
        router.include_router(correction_routes(desk.corrections, caller))
    router.include_router(lab_routes(labs, caller))
    router.include_router(removal_routes(removals, caller))
    return router


def _said(sources: Iterable[str], declared: Mapping[str, Declaration]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(declared[name].elements) if name in declared else () for name in sources}


async def _found(room_keys: KeyRows, tenants: Iterable[str]) -> None:
    """The room's own keys, apart: that of the rows came later, and without it the jobs and runs that there are mean
    nothing."""
    for tenant in tenants:
        await room_keys.found(tenant, PURPOSES)
        await room_keys.found(tenant, (KEY,), jobs, runs, uploads_table, corrections, lab_sets)
        await room_keys.found(tenant, (CONTENT,), corrections)
        await room_keys.found(tenant, (PSEUDONYMS,), lab_sets)


def _run(
    working: tuple[BulkParts, ReleaseDesk, CorrectionParts],
    chores: Sequence[Chore],
    tenants: tuple[str, ...],
    opened: tuple[AsyncExitStack, Database],
) -> Callable[[], AbstractAsyncContextManager[None]]:
    (bulk, desk, correcting), (outside, database) = working, opened

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        tidying = asyncio.create_task(tidy(bulk.workers.tidy, chores, tenants))
        try:
            async with bulk.running(), correcting.running():
                yield
        finally:
            tidying.cancel()
            with suppress(asyncio.CancelledError):
                await tidying
            await desk.lines.finished()
            await outside.aclose()
            await database.close()

    return run


def _intern(desk: ReleaseDesk, settings: ConnectorsSettings, wiring: Wiring) -> tuple[APIRouter, ...]:
    trusted = {room: bytes.fromhex(key) for room, key in settings.trusted.items()}
    gate = RoomGate("connectors", trusted, wiring.clock)
    inner: tuple[APIRouter, ...] = (correction_intern(desk.corrections, gate),) if desk.corrections else ()
    inner += (removal_intern(desk.removals, gate),) if desk.removals else ()
    inner += (upload_intern(desk.uploads, gate),) if desk.uploads else ()
    inner += (open_intern(desk.tables, gate),) if desk.tables else ()
    return (intern_routes(desk.authority, gate), *inner) if desk.authority else inner


def _check(room_keys: KeyRows, tenants: Iterable[str]) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        try:
            for tenant in tenants:
                await room_keys.open(tenant, "RK")
        except (CannotOpen, KeyUnavailable, KeyError, SQLAlchemyError):
            raise NeighbourUnavailable("De sleutel van de balie is niet bereikbaar.") from None

    return check


def _sources(
    settings: ConnectorsSettings,
    tenants: Mapping[str, Tenant],
    wiring: Wiring,
    more: tuple[Mapping[str, Mapping[str, Declaration]], Surroundings],
) -> dict[str, dict[str, Placed]]:
    """By tenant: the vault, the BRP, and what the municipality declared, a BRP of its own too. Raises SettingsWrong."""
    declared, around = more
    seconds = settings.source_seconds
    shared = {VAULT: Placed(VaultSource(wiring.vault), seconds)}
    settings.demand_one_name(one for one in tenants if BRP not in declared.get(one, {}))
    if settings.brp_url:
        shared[BRP] = placed_brp(_brp(settings, wiring, around), Limits(seconds=seconds))
    return {
        tenant: {**shared, **{name: placed(one, around) for name, one in declared.get(tenant, {}).items()}}
        for tenant in tenants
    }


def _desk(
    settings: ConnectorsSettings,
    wiring: Wiring,
    kept: tuple[ClaimRows, Lines],
    asked: tuple[Sources, Mapping[str, Mapping[str, Placed]]],
    doors: tuple[CorrectionParts, UploadDesk],
) -> ReleaseDesk:
    (claims, lines), (sources, by_tenant), (correcting, uploads) = kept, asked, doors
    granting = Granting(wiring.vault, wiring.consent, lines, wiring.boot, _trace)
    return ReleaseDesk(
        claims=claims,
        naming=Naming(wiring.vault, wiring.consent),
        audit=wiring.audit,
        granting=granting,
        reweighing=Reweighing(wiring.consent, granting),
        sources=sources,
        lines=lines,
        boot=wiring.boot,
        facts=lambda tenant: facts_at(wiring.clock(), settings.municipality(tenant)),
        doubted=correcting.marks,
        authority=_authority(wiring, by_tenant, granting, lines),
        corrections=correcting.desk,
        uploads=uploads,
    )


def _authority(
    wiring: Wiring, sources: Mapping[str, Mapping[str, Placed]], granting: Granting, lines: Lines
) -> AuthorityDesk | None:
    every = {tenant: by_name[BRP].together for tenant, by_name in sources.items() if BRP in by_name}
    registers = {tenant: one for tenant, one in every.items() if isinstance(one, BrpTogether)}
    return AuthorityDesk(wiring.vault, wiring.audit, wiring.clock, granting, lines, registers) if registers else None


def _brp(settings: ConnectorsSettings, wiring: Wiring, around: Surroundings) -> BrpSource:
    """As the settings have it, for every municipality that declares none of its own."""
    url, seconds, gateway = settings.brp_url, settings.source_seconds, settings.brp_gateway
    if wiring.transport:
        http = open_client("", timeout_seconds=seconds, transport=wiring.transport)
    else:
        http = open_outside(url, settings.listed(settings.brp_networks), seconds)
    around.outside.push_async_callback(http.aclose)
    key = settings.brp_api_key.get_secret_value().decode().strip() if settings.brp_api_key else ""
    said = {gateway.key_name: key} if key and gateway.key_name else {}
    made = (Asker(http, url, ANSWER_BYTES), gateway, wiring.trust, wiring.clock, lambda _: said, seconds)
    return BrpSource(*made, hiding=around.hiding)


def _trace() -> Trace:
    """A span for one line, under that of the request: a request may come to two."""
    now = current_trace()
    return Trace(trace_id=now.trace_id, span_id=random_id()[:16], parent_span_id=now.span_id)
