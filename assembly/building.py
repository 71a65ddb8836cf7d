"""What lives here is built; to what does not, a line is laid. Each room gets its own database, keys and name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
from fastapi import APIRouter

from assembly.anchoring import Anchors
from assembly.settings import HouseSettings
from audit.component import build_audit
from audit.contract import Audit, Trust
from audit.service import AuditService
from audit.settings import AuditSettings
from connectors.catalogue import catalogue_elements
from consent.component import Neighbours, build_consent
from consent.contract import Residents
from consent.fsc.client import FscClient
from consent.service import ConsentService
from consent.settings import ConsentSettings
from consent.tokens.client import StandingClient
from kernel.access import KeySource
from kernel.clock import BootClock, Clock, boot_seconds, utc_now
from kernel.component import Component
from kernel.crypto import KeyProvider
from kernel.crypto.file_keys import FileKeyProvider
from kernel.http.bearer import BearerGate, Beside
from kernel.http.certificate import ClientCertificates
from kernel.http.client import RoomLine, open_client
from kernel.http.jwks import JwksOverHttp
from kernel.http.rooms import RoomGate, RoomKey
from kernel.settings import RoomSettings, read_secret
from kernel.standing import Standing
from vault.component import build_vault
from vault.service import VaultService
from vault.settings import VaultSettings

S = TypeVar("S", bound=RoomSettings)


def _no_transport(_: str) -> httpx2.AsyncBaseTransport | None:
    return None


@dataclass(frozen=True)
class World:
    """What lies outside the house: clocks, and how neighbours and sources are reached. environ: where rooms read their
    own settings; the command line gives the process's, a test is not changed by its machine. extra: the demo's
    routers. keys: another key provider, for tests. stays: it is served, so with a sealed log it lives on, closed, and
    says why; a command ends."""

    clock: Clock = utc_now
    boot: BootClock = boot_seconds
    neighbours: Callable[[str], httpx2.AsyncBaseTransport | None] = _no_transport
    brp: httpx2.AsyncBaseTransport | None = None
    login: httpx2.AsyncBaseTransport | None = None
    extra: Sequence[APIRouter] = ()
    keys: Callable[[Path], KeyProvider] = FileKeyProvider
    environ: Mapping[str, str] = field(default_factory=dict)
    stays: bool = False


class Builder:
    """`components` and `clients` grow while rooms are built; the front serves the one and closes the other."""

    def __init__(self, settings: HouseSettings, world: World, anchors: Mapping[str, Any] | None = None) -> None:
        self.settings, self.world, self.tenants = settings, world, settings.by_tenant()
        self.anchors = Anchors(settings.folder, self.world.clock, anchors)
        self.provider = world.keys(settings.folder.keys)
        self.components: list[Component] = []
        self.clients: list[httpx2.AsyncClient] = []
        self.certificates = ClientCertificates(settings.cert_gateways)

    def line(self, room: str, neighbour: str, url: str, seconds: float) -> RoomLine:
        """From one room to a neighbour that lives elsewhere."""
        seed = read_secret(self.settings.folder.seed(room))
        return RoomLine(self._client(neighbour, url, seconds), RoomKey(room, seed, self.world.clock), neighbour)

    def gate(self, room: str) -> RoomGate:
        """Who may knock on a room's inner door."""
        trusted = {name: bytes.fromhex(key) for name, key in self.anchors.now["rooms"].items()}
        return RoomGate(room, trusted, self.world.clock)

    def bearer(self, room: str, root: str, consent: ConsentService | None) -> BearerGate:
        """Who is at a public door of a room: our own tokens, whose keys the register has, and who may still come in."""
        issuers = {tenant.public_url: tenant.id for tenant in self.tenants.values()}
        tokens = consent.tokens if consent else None
        keys: KeySource = tokens.public_key if tokens else self._keys_from_afar()
        fsc = consent.fsc if consent else FscClient(self._register(room), room)
        beside = Beside(tokens.standing if tokens else self._standing(room), self.certificates, fsc)
        return BearerGate(issuers, keys, root, self.world.clock, beside)

    def _register(self, room: str) -> RoomLine:
        return self.line(room, "consent", self.settings.consent_url, 5.0)

    def _standing(self, room: str) -> Standing:
        return Standing(StandingClient(self._register(room), room), self.world.boot)

    async def trust(self) -> Trust:
        """The public keys that permits are checked with; from the anchors, never from the network."""
        return await self.anchors.trust()

    def told(self, room: str, settings: type[S], **given: Any) -> S:
        """A room's settings: its own part of the environment, and what the house decides. Raises SettingsWrong."""
        own = {"mode": self.settings.mode, "database": self.settings.database(room)}
        return settings.read(self.world.environ, **own, **given)

    async def audit(self) -> AuditService:
        """The log, here."""
        house = self.settings
        settings = self.told("audit", AuditSettings, signer=house.folder.log, adopt=house.adopt)
        service, component = await build_audit(
            settings, self.tenants, self.provider, self.world.clock, self.gate("audit")
        )
        self.components.append(component)
        self.anchors.of(service)
        return service

    async def consent(self, audit: Audit, residents: Residents) -> ConsentService:
        """The register, here."""
        gateways = {"cert_gateways": self.settings.cert_gateways}
        settings = self.told("consent", ConsentSettings, trusted=self.anchors.now["rooms"], **gateways)
        neighbours = Neighbours(audit, residents, catalogue_elements(), certificates=self.certificates)
        service, component = await build_consent(settings, self.tenants, neighbours, self.provider, self.world.clock)
        self.components.append(component)
        return service

    async def vault(self, audit: Audit) -> VaultService:
        """The vault, here."""
        minutes = self.settings.vault_key_minutes
        given = {} if minutes is None else {"key_minutes": minutes}
        settings = self.told("vault", VaultSettings, trusted=self.anchors.now["rooms"], **given)
        service, component = await build_vault(
            settings, self.tenants, audit, self.trust, self.provider, self.world.clock
        )
        self.components.append(component)
        return service

    def _client(self, neighbour: str, url: str, seconds: float) -> httpx2.AsyncClient:
        client = open_client(url, timeout_seconds=seconds, transport=self.world.neighbours(neighbour))
        self.clients.append(client)
        return client

    def _keys_from_afar(self) -> KeySource:
        by_tenant: dict[str, JwksOverHttp] = {}
        for tenant in self.tenants.values():
            client = self._client("consent", self.settings.consent_url, 5.0)
            client.headers["host"] = urlsplit(tenant.public_url).netloc  # the register knows its tenants by their host
            by_tenant[tenant.id] = JwksOverHttp(client, {tenant.id: "/oauth/jwks"}, self.world.boot)

        async def key(tenant: str, kid: str) -> Mapping[str, Any] | None:
            known = by_tenant.get(tenant)
            return await known(tenant, kid) if known else None

        return key
