"""The register, put together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from typing import Any

from fastapi import APIRouter

from audit.contract import Audit
from consent import alarms
from consent.activity import CatalogueElement
from consent.api import ROOT, Behind, routes
from consent.appointments import api as appointments
from consent.authzen.api import ACCESS, access_routes, metadata_routes
from consent.authzen.stored import Table
from consent.bulk.api import Many, bulk_routes
from consent.bulk.component import UPLOADS, open_bulk
from consent.contract import RegisterUnavailable, Residents
from consent.delivery import api as delivery
from consent.delivery.component import build_delivery
from consent.delivery.sealing import PURPOSE as DELIVERY_KEY
from consent.delivery.service import Around, Delivering
from consent.drafts import api as drafts
from consent.emergencies import api as emergencies
from consent.events.api import announcing_routes, event_routes
from consent.events.service import PURPOSE as EVENTS_KEY
from consent.events.service import Events
from consent.frontdesk import api as frontdesk
from consent.fsc import api as fsc
from consent.fsc.component import open_fsc
from consent.govstack.api import govstack_routes
from consent.govstack.door import GOVSTACK, Opened
from consent.intern import intern_routes
from consent.keys import PURPOSES
from consent.mandates import api as mandates
from consent.parties import api as parties
from consent.parties.fetching import KeySets
from consent.persons import Persons
from consent.reading.api import Reading, reading_routes
from consent.receipts.api import issuer_router, status_routes
from consent.receipts.places import Places
from consent.receipts.service import PURPOSE, Receipts
from consent.rights import api as rights
from consent.rows import Register
from consent.safety import api as safety
from consent.service import ConsentService
from consent.settings import ConsentSettings
from consent.tables import keys, recipients
from consent.tokens import api as tokens_api
from consent.tokens.component import build_tokens
from consent.tokens.service import TokenService
from kernel.caller import Caller
from kernel.clock import Clock, utc_now
from kernel.component import Component, Doors, Tenant
from kernel.crypto import CannotOpen, KeyProvider, Keyring, KeyUnavailable
from kernel.errors import Problem
from kernel.http.bearer import BearerGate, Beside
from kernel.http.certificate import ClientCertificates
from kernel.http.rooms import RoomGate
from kernel.logs import logger
from kernel.settings import SettingsWrong
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows

_log = logger("consent")
ROUND_SECONDS = 5.0  # what a round may still take when the room closes
TENANT_SECONDS = 5.0  # after which the round of the next tenant begins all the same


@dataclass(frozen=True)
class Neighbours:
    """What the register stands on. caller: who is at the public door; our own tokens unless said otherwise.
    certificates: from which gateways one is believed."""

    audit: Audit
    residents: Residents
    catalogue: tuple[CatalogueElement, ...]
    caller: Callable[..., Awaitable[Caller]] | None = None
    certificates: ClientCertificates = field(default_factory=ClientCertificates)


async def build_consent(
    settings: ConsentSettings,
    tenants: Mapping[str, Tenant],
    neighbours: Neighbours,
    provider: KeyProvider,
    clock: Clock = utc_now,
) -> tuple[ConsentService, Component]:
    """Tables and the KEK `regie/<tenant>/consent` must be there; the room's own keys are founded where missing."""
    database = Database(settings.database, "consent", settings.pool)
    rows = KeyRows(database, keys, Keyring(provider, life=timedelta(minutes=settings.key_minutes)))
    await _found(rows, tenants)
    consent = ConsentService(Register(database, rows), neighbours.audit, neighbours.catalogue, clock)
    fetched = consent.clients.fetched = KeySets(settings.key_hosts)
    tokens, oauth = await build_tokens(settings, tenants, database, rows, consent.clients, clock)
    consent.fsc, managers = open_fsc(settings, tenants, (consent.register, consent.clients), clock)
    consent.requesting.loose_most, consent.forgetting.desk_days = settings.open_most, settings.desk_days
    consent.frontdesk.per_day = settings.desk_per_day
    consent.tokens = tokens
    receipts = _receipts(consent, neighbours.audit, rows, tenants, clock)
    events = _events(settings, tenants, consent, rows, clock)
    mail = consent.mail = _delivery(settings, tenants, (consent, neighbours.audit, receipts), rows, clock)
    _check_tables(settings, tenants)
    running = _Running(consent, (events, mail, fetched, managers), tuple(tenants), provider, settings.finish_seconds)
    behind = _behind(consent, neighbours, tenants, clock)
    opened = Opened.of(behind[GOVSTACK], neighbours.audit, settings.govstack, settings.webhooks, clock)

    def doors() -> Doors:
        return Doors(
            public=(
                (ROOT, lambda: _public(open_bulk(behind[ROOT], settings, clock), (events, receipts), clock)),
                (ACCESS, lambda: access_routes(behind[ACCESS], Table(consent.register, settings.authzen_tenant))),
                (GOVSTACK, lambda: govstack_routes(opened)),
            ),
            busy=tokens_api.busiest(oauth),
            plain=(oauth, metadata_routes(tenants), issuer_router(receipts, tenants)),
            intern=lambda: _intern(consent, tokens, _gate(settings, clock)),
        )

    told = alarms.beside(tokens.ending.refused.text, mail.counted.text)
    return consent, Component("consent", running.check, running.run, doors, told, uploads=UPLOADS)


async def _found(rows: KeyRows, tenants: Mapping[str, Tenant]) -> None:
    for tenant in tenants:
        await rows.found(tenant, PURPOSES, recipients)
    for tenant, purpose in product(tenants, (PURPOSE, EVENTS_KEY, DELIVERY_KEY)):
        await rows.found(tenant, [purpose])


def _gate(settings: ConsentSettings, clock: Clock) -> RoomGate:
    return RoomGate("consent", {room: bytes.fromhex(key) for room, key in settings.trusted.items()}, clock)


def _intern(consent: ConsentService, tokens: TokenService, gate: RoomGate) -> tuple[APIRouter, ...]:
    return (
        intern_routes(consent, gate),
        drafts.intern_routes(consent.drafts, gate),
        rights.intern_routes(consent.rights, gate),
        mandates.intern_routes(consent.mandates, gate),
        frontdesk.intern_routes(consent.frontdesk, gate),
        appointments.intern_routes(consent.appointments, gate),
        safety.intern_routes(consent.safety, gate),
        emergencies.intern_routes(consent.emergencies, gate),
        announcing_routes(consent.announcements, gate),
        parties.intern_routes(consent, gate),
        tokens_api.intern_routes(tokens, gate),
        fsc.intern_routes(consent.fsc, gate),
        delivery.intern_routes(consent.delivery, gate),
    )


def _public(many: Many, of: tuple[Events, Receipts], clock: Clock) -> APIRouter:
    behind, (events, receipts) = many.behind, of
    caller = drafts.at_large(behind.caller)
    public = routes(at_large := replace(behind, caller=caller))
    public.include_router(bulk_routes(replace(many, behind=at_large)))
    public.include_router(drafts.public_routes(behind.consent.drafts, behind.caller))
    public.include_router(parties.public_routes(behind.consent, behind.caller))
    public.include_router(reading_routes(Reading.of(behind.consent, behind.tenants, ROOT, clock)))
    public.include_router(rights.public_routes(behind.consent.rights, behind.persons.residents, caller))
    public.include_router(event_routes(events, caller))
    public.include_router(status_routes(receipts, behind.tenants))
    return public


def _receipts(
    consent: ConsentService, audit: Audit, rows: KeyRows, tenants: Mapping[str, Tenant], clock: Clock
) -> Receipts:
    places = Places(consent.register, audit, consent.following, clock)
    made = consent.receipts = consent.frontdesk.receipts = Receipts(audit, rows, places, _houses(tenants), clock)
    return made


def _houses(tenants: Mapping[str, Tenant]) -> dict[str, tuple[str, str]]:
    return {tenant.id: (tenant.name, tenant.public_url) for tenant in tenants.values()}


def _events(
    settings: ConsentSettings, tenants: Mapping[str, Tenant], consent: ConsentService, rows: KeyRows, clock: Clock
) -> Events:
    addresses = {tenant: address for tenant, (_, address) in _houses(tenants).items()}
    events = Events(consent.register, rows, addresses, settings.webhooks, clock)
    events.oin, events.keep_days = settings.oin, settings.events_days
    return events


def _delivery(
    settings: ConsentSettings,
    tenants: Mapping[str, Tenant],
    of: tuple[ConsentService, Audit, Receipts],
    rows: KeyRows,
    clock: Clock,
) -> Delivering:
    addresses = {tenant: address for tenant, (_, address) in _houses(tenants).items()}
    consent, audit, receipts = of
    terms = (settings.messages_days, settings.messages_months)
    around = Around(consent.register, audit, consent.choice, receipts, rows, addresses, clock, *terms)
    return build_delivery(around, settings.messages)


def _behind(
    consent: ConsentService, neighbours: Neighbours, tenants: Mapping[str, Tenant], clock: Clock
) -> dict[str, Behind]:
    """What stands behind each public root: the same, and a token of its own."""
    issuers = {tenant.public_url: tenant.id for tenant in tenants.values()}

    async def key(tenant: str, kid: str) -> Mapping[str, Any] | None:
        return await consent.tokens.public_key(tenant, kid) if consent.tokens else None

    beside = Beside(consent.tokens.standing if consent.tokens else None, neighbours.certificates, consent.fsc)

    def gate(root: str) -> Callable[..., Awaitable[Caller]]:
        return neighbours.caller or BearerGate(issuers, key, root, clock, beside)

    persons = Persons(consent, neighbours.residents)
    return {root: Behind(consent, persons, tenants, gate(root)) for root in (ROOT, ACCESS, GOVSTACK)}


def _check_tables(settings: ConsentSettings, tenants: Mapping[str, Tenant]) -> None:
    named = settings.authzen_tenant
    if strangers := set(settings.govstack) - set(tenants):
        raise SettingsWrong([f"REGIE_CONSENT_GOVSTACK: een gemeente {name} is er niet." for name in sorted(strangers)])
    if named and (settings.mode == "productie" or named not in tenants):
        raise SettingsWrong([f"Een tabel met beleid hoort bij een gemeente van de proef, en {named} is dat niet."])


@dataclass(frozen=True)
class _Running:
    """Whether the room can work, and what it does by itself."""

    consent: ConsentService
    outside: tuple[Events, Delivering, KeySets, KeySets]
    tenants: tuple[str, ...]
    provider: KeyProvider
    seconds: float

    async def check(self) -> None:
        """Raises RegisterUnavailable with a sentence."""
        try:
            await self.provider.health()
        except KeyUnavailable:
            raise RegisterUnavailable("De sleutels van het register zijn niet bereikbaar.") from None
        for tenant in self.tenants:
            await self.consent.readable(tenant)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Rows follow the log until left; then the database is closed."""
        ended = asyncio.Event()
        working = [asyncio.create_task(self._again(verb, ended)) for verb in (self.consent.finish, self._send)]
        try:
            yield
        finally:
            ended.set()
            # a round that is cancelled within a transaction may leave SQLite locked: it gets the time to end
            await asyncio.wait(working, timeout=ROUND_SECONDS)
            for task in working:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            for one in self.outside:
                await one.close()
            await self.consent.database.close()

    async def _send(self, tenant: str) -> None:
        await self.outside[0].round(tenant)
        await self.outside[1].round(tenant)

    async def _again(self, verb: Callable[[str], Awaitable[None]], ended: asyncio.Event) -> None:
        under_way: dict[str, asyncio.Task[None]] = {}
        try:
            while not ended.is_set():
                for tenant in (one for one in self.tenants if one not in under_way or under_way[one].done()):
                    under_way[tenant] = asyncio.create_task(_guarded(verb, tenant))
                    # who is slow goes on by itself and gets no second round meanwhile; the others wait no longer
                    await asyncio.wait((under_way[tenant],), timeout=TENANT_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), self.seconds)
            await asyncio.gather(*under_way.values())
        finally:  # cancelled above, where a round would not end in time
            left = [task for task in under_way.values() if not task.done()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)


async def _guarded(verb: Callable[[str], Awaitable[None]], tenant: str) -> None:
    """Whatever happens in it: the rounds go on, of the other tenants as well."""
    try:
        await verb(tenant)
    except (Problem, CannotOpen, KeyUnavailable) as problem:  # something is away: again in two seconds
        _log.warning("finishing_failed", code=getattr(problem, "code", "sleutels"))
    except Exception as error:
        _log.error("finishing_broke", kind=type(error).__name__)
