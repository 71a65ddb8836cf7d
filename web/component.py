"""The portal, put together. Nobody calls it, so it has no door of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx2
from sqlalchemy.exc import SQLAlchemyError

from audit.breaches.contract import PortalBreaches
from audit.contract import Audit
from connectors.contract import Authority, Shape
from connectors.correcting.contract import PortalCorrections
from connectors.opendata.contract import OpenTables
from connectors.removals.contract import PortalRemovals
from connectors.uploads.contract import PortalUploads
from consent.contract import CatalogueElement, Consent, Registers
from kernel.clock import Clock, utc_now
from kernel.component import Component, Doors, Tenant
from kernel.crypto import KeyProvider, KeyUnavailable
from kernel.errors import NeighbourUnavailable
from kernel.http.client import open_client
from kernel.logs import logger
from kernel.sql import Database
from vault.contract import Vault
from web.language import LANGUAGES, path_in
from web.oidc import LoginProvider
from web.pages import (
    appointing,
    assessing,
    behalf,
    breaches,
    claims,
    consents,
    corrections,
    deskrequests,
    emergencies,
    ending,
    erasing,
    figures,
    frontdesk,
    further,
    handling,
    keeping,
    leaks,
    lifting,
    lookup,
    mandates,
    messages,
    officer,
    overview,
    own_data,
    parties,
    proofs,
    register,
    safety,
    sheets,
    sheltering,
    start,
    uses,
)
from web.rendering import Renderer
from web.routing import routed
from web.sessions import Sessions
from web.settings import WebSettings
from web.site import Site

SWEEP_SECONDS = 60.0
PAGES: Final = (
    *start.PAGES,
    *overview.PAGES,
    *proofs.PAGES,
    *uses.PAGES,
    *consents.PAGES,
    *officer.PAGES,
    *breaches.PAGES,
    *leaks.PAGES,
    *emergencies.PAGES,
    *register.PAGES,
    *figures.PAGES,
    *keeping.PAGES,
    *ending.PAGES,
    *parties.PAGES,
    *assessing.PAGES,
    *lifting.PAGES,
    *claims.PAGES,
    *behalf.PAGES,
    *further.PAGES,
    *mandates.PAGES,
    *corrections.PAGES,
    *frontdesk.PAGES,
    *deskrequests.PAGES,
    *handling.PAGES,
    *lookup.PAGES,
    *safety.PAGES,
    *sheltering.PAGES,
    *appointing.PAGES,
    *sheets.PAGES,
    *messages.PAGES,
    *erasing.PAGES,
    *own_data.PAGES,
)
_log = logger("web")


@dataclass(frozen=True)
class Neighbours:
    """Whom the pages ask. breaches: the log's files on these. catalogue: what each element is called, shapes: how its
    values look. authority: who knows of parents; without it nobody acts for a child. corrections: who takes reports of
    wrong values; without it the FG alone does. uploads: who takes files of sources; without it nobody has that page.
    removals: who knows what should be gone. tables: who knows which tables are public."""

    vault: Vault
    consent: Consent
    registers: Registers
    audit: Audit
    breaches: PortalBreaches
    catalogue: Sequence[CatalogueElement]
    shapes: Mapping[str, Shape]
    authority: Authority | None = None
    corrections: PortalCorrections | None = None
    uploads: PortalUploads | None = None
    removals: PortalRemovals | None = None
    tables: OpenTables | None = None


async def build_web(
    settings: WebSettings,
    tenants: Mapping[str, Tenant],
    neighbours: Neighbours,
    provider: KeyProvider,
    clock: Clock = utc_now,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Component:
    """Tables and the KEK `regie/<tenant>/web` must be there. transport: how the login provider is reached, for tests.

    Its router ends with a page for every path that is no API's: include it after all others."""
    database = Database(settings.database, "web", settings.pool)
    sessions = Sessions(database, provider, clock, settings.idle_minutes)
    for tenant in tenants:
        await sessions.found(tenant)
    http = open_client(settings.issuer, timeout_seconds=settings.timeout_seconds, transport=transport)
    site = Site(
        settings=settings,
        tenants={urlsplit(tenant.public_url).netloc: tenant for tenant in tenants.values()},
        sessions=sessions,
        provider=LoginProvider(http, settings, clock),
        vault=neighbours.vault,
        consent=neighbours.consent,
        registers=neighbours.registers,
        audit=neighbours.audit,
        breaches=neighbours.breaches,
        authority=neighbours.authority,
        corrections=neighbours.corrections,
        uploads=neighbours.uploads,
        removals=neighbours.removals,
        tables=neighbours.tables,
        catalogue=tuple(neighbours.catalogue),
        shapes=neighbours.shapes,
        clock=clock,
        renderer=Renderer(),
    )

    running = _Running(tuple(tenants), sessions, http, database)
    files = {path_in(sheets.HOME, language): sheets.BODY_BYTES for language in LANGUAGES}
    return Component("web", running.check, running.run, lambda: Doors(plain=(routed(site, PAGES),)), uploads=files)


@dataclass(frozen=True)
class _Running:
    """What the portal needs while it is open."""

    tenants: tuple[str, ...]
    sessions: Sessions
    http: httpx2.AsyncClient
    database: Database

    async def check(self) -> None:
        """Raises NeighbourUnavailable."""
        try:
            for tenant in self.tenants:
                await self.sessions.key(tenant)
                await self.sessions.open(tenant, "-")
        except (SQLAlchemyError, KeyUnavailable):
            raise NeighbourUnavailable("De tabellen of sleutels van de website zijn niet bereikbaar.") from None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Ended sessions are removed, until left."""
        sweeping = asyncio.create_task(_sweeping(self.sessions, self.tenants))
        try:
            yield
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
            await self.http.aclose()
            await self.database.close()


async def _sweeping(sessions: Sessions, tenants: Iterable[str]) -> None:
    while True:
        for tenant in tenants:
            try:
                await sessions.sweep(tenant)
            except SQLAlchemyError:  # away for a moment: what has ended logs nobody in, swept or not
                _log.warning("sweep_failed")
        await asyncio.sleep(SWEEP_SECONDS)
