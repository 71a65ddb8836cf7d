"""Together or apart: one conditional per neighbour, and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI

from assembly.building import Builder, World
from assembly.front import front_of
from assembly.ports import AuditHiding, AuditRegister, AuditResidents, ConsentResidents
from assembly.settings import ROOMS, HouseSettings
from audit.api import routes as log_routes
from audit.breach_api import breach_routes
from audit.breaches.api import breach_intern
from audit.breaches.client import BreachClient
from audit.breaches.contract import PortalBreaches
from audit.breaches.service import BreachDesk
from audit.client import AuditClient
from audit.contract import Audit
from audit.reported.api import intake_routes
from audit.service import AuditService
from audit.standards.api import standards_routes
from connectors.authority.client import AuthorityClient
from connectors.catalogue import catalogue_elements, data_kinds, shapes
from connectors.component import Wiring, build_connectors
from connectors.contract import Authority
from connectors.correcting.client import CorrectionsClient
from connectors.correcting.contract import PortalCorrections
from connectors.opendata.client import OpenTablesClient
from connectors.opendata.contract import OpenTables
from connectors.release import ReleaseDesk
from connectors.removals.client import RemovalsClient
from connectors.removals.contract import PortalRemovals
from connectors.settings import ConnectorsSettings
from connectors.uploads.client import UploadsClient
from connectors.uploads.contract import PortalUploads
from consent.client import ConsentClient
from consent.service import ConsentService
from kernel.component import Component, Doors
from kernel.http.hosts import Hosts
from kernel.settings import SettingsWrong
from vault.client import VaultClient
from vault.contract import Vault
from vault.service import VaultService
from web.component import Neighbours, build_web
from web.settings import WebSettings

Register = ConsentService | ConsentClient
NEEDS = {
    "audit": ("consent", "vault"),  # keys of tokens; who a number is, for searches
    "consent": ("audit", "vault"),
    "vault": ("audit",),
    "connectors": ("audit", "consent", "vault"),
    "web": ("audit", "consent", "vault"),
}
LOG_SECONDS, SECONDS = 3.0, 5.0  # how long a neighbour may be silent
FILE_SECONDS = 60.0  # a whole file is read, and each row of it sealed
BREACH_SECONDS = 120.0  # millions of lines are looked through, or each of thousands of people gets a line
AUTHORITY_SECONDS = 8.0  # the desk writes a line and asks the BRP twice
LOG_ROOT, DESK_ROOT = "/logboek/v1", "/verstrekking/v1"


@dataclass
class House:
    """The rooms as each neighbour sees them, and the app that serves those that live here."""

    builder: Builder
    log: AuditService | None = None
    register: ConsentService | None = None
    treasury: VaultService | None = None
    desk: ReleaseDesk | None = None
    app: FastAPI = field(init=False)

    def audit(self, room: str) -> Audit:
        """The log, as this room may use it."""
        if self.log:
            return self.log.door(room)
        return AuditClient(self.builder.line(room, "audit", self.builder.settings.audit_url, LOG_SECONDS))

    def breaches(self, room: str) -> PortalBreaches:
        """Files on breaches."""
        if self.log:
            return BreachDesk(self.log, AuditHiding(self.vault("audit"), self.consent("audit")))
        return BreachClient(self.builder.line(room, "audit", self.builder.settings.audit_url, BREACH_SECONDS))

    def consent(self, room: str) -> Register:
        """The register."""
        if self.register:
            return self.register
        return ConsentClient(self.builder.line(room, "consent", self.builder.settings.consent_url, SECONDS))

    def vault(self, room: str) -> Vault:
        """The vault."""
        if self.treasury:
            return self.treasury
        return VaultClient(self.builder.line(room, "vault", self.builder.settings.vault_url, SECONDS))

    def authority(self, room: str) -> Authority | None:
        """Who knows over whom somebody has authority; None where nobody does."""
        if self.desk:
            return self.desk.authority
        url = self.builder.settings.connectors_url
        return AuthorityClient(self.builder.line(room, "connectors", url, AUTHORITY_SECONDS)) if url else None

    def corrections(self, room: str) -> PortalCorrections | None:
        """Who takes reports of wrong values; None where nobody does."""
        if self.desk:
            return self.desk.corrections
        url = self.builder.settings.connectors_url
        return CorrectionsClient(self.builder.line(room, "connectors", url, SECONDS)) if url else None

    def removals(self, room: str) -> PortalRemovals | None:
        """Who knows what should be gone; None where nobody does."""
        if self.desk:
            return self.desk.removals
        url = self.builder.settings.connectors_url
        return RemovalsClient(self.builder.line(room, "connectors", url, SECONDS)) if url else None

    def tables(self, room: str) -> OpenTables | None:
        """Who knows which tables are public; None where nobody does."""
        if self.desk:
            return self.desk.tables
        url = self.builder.settings.connectors_url
        return OpenTablesClient(self.builder.line(room, "connectors", url, SECONDS)) if url else None

    def uploads(self, room: str) -> PortalUploads | None:
        """Who takes files of sources; None where nobody does."""
        if self.desk:
            return self.desk.uploads
        url = self.builder.settings.connectors_url
        return UploadsClient(self.builder.line(room, "connectors", url, FILE_SECONDS)) if url else None


async def assemble(settings: HouseSettings, rooms: Sequence[str] = ROOMS, world: World | None = None) -> House:
    """Build the rooms named, lay lines to the others. Raises SettingsWrong, KeyUnavailable, SQLAlchemyError: then
    nothing starts."""
    _demand_neighbours(settings, rooms)
    builder = Builder(settings, world or World())
    house, residents = House(builder), ConsentResidents()
    if "audit" in rooms:
        house.log = await builder.audit()
    if "consent" in rooms:
        house.register = await builder.consent(house.audit("consent"), residents)
    if "vault" in rooms:
        house.treasury = await builder.vault(house.audit("vault"))
    if "consent" in rooms:
        residents.vault = house.vault("consent")
    if "audit" in rooms:
        _open_log(house)
    if "connectors" in rooms:
        await _add_desk(house)
    if "web" in rooms:
        await _add_portal(house)
    house.app = front_of(builder)
    return house


def _demand_neighbours(settings: HouseSettings, rooms: Sequence[str]) -> None:
    if unknown := set(rooms) - set(ROOMS):
        raise SettingsWrong([f"Een onderdeel {name} kennen wij niet." for name in sorted(unknown)])
    needed = {neighbour for room in rooms for neighbour in NEEDS[room]} - set(rooms)
    missing = [name for name in sorted(needed) if not getattr(settings, f"{name}_url")]
    if missing:
        raise SettingsWrong([f"REGIE_HOUSE_{name.upper()}_URL ontbreekt: waar is {name}?" for name in missing])


def _open_log(house: House) -> None:
    """The log's public door: it asks its siblings who somebody is, so it is opened after them."""
    if house.log is None:
        return
    builder = house.builder
    gate = builder.bearer("audit", LOG_ROOT, house.register)
    hosts = Hosts({tenant.public_url: tenant.id for tenant in builder.tenants.values()})
    safe, registers = house.vault("audit"), house.consent("audit")
    residents, register, hiding = AuditResidents(safe), AuditRegister(registers), AuditHiding(safe, registers)
    log, clock = house.log, builder.world.clock

    def public() -> APIRouter:
        router = log_routes(log, residents, gate, hosts)
        router.include_router(breach_routes(log, gate, data_kinds(), hiding))
        router.include_router(intake_routes(log, (register, residents), gate, hosts))
        router.include_router(standards_routes(log, (register, residents), gate, hosts, clock))
        return router

    async def check() -> None:
        """The room's own check says it all."""

    doors = Doors(
        public=((LOG_ROOT, public),),
        intern=lambda: (breach_intern(house.breaches("audit"), builder.gate("audit")),),
    )
    builder.components.append(Component("logboek", check, builder.anchors.following, lambda: doors))


async def _add_desk(house: House) -> None:
    builder = house.builder
    trusted = builder.anchors.now["rooms"]
    settings = builder.told("connectors", ConnectorsSettings, trusted=trusted, **builder.settings.sources())
    wiring = Wiring(
        vault=house.vault("connectors"),
        consent=house.consent("connectors"),
        registers=house.consent("connectors"),
        audit=house.audit("connectors"),
        trust=builder.trust,
        caller=builder.bearer("connectors", DESK_ROOT, house.register),
        clock=builder.world.clock,
        boot=builder.world.boot,
        transport=builder.world.brp,
    )
    house.desk, component = await build_connectors(settings, builder.tenants, wiring, builder.provider)
    builder.components.append(component)


async def _add_portal(house: House) -> None:
    builder = house.builder
    login = builder.settings.login
    settings = builder.told("web", WebSettings, **(login.model_dump() if login else {}))
    register = house.consent("web")
    neighbours = Neighbours(
        house.vault("web"),
        register,
        register,
        house.audit("web"),
        house.breaches("web"),
        catalogue_elements(),
        shapes(),
        house.authority("web"),
        house.corrections("web"),
        house.uploads("web"),
        house.removals("web"),
        house.tables("web"),
    )
    world = builder.world
    component = await build_web(settings, builder.tenants, neighbours, builder.provider, world.clock, world.login)
    builder.components.append(component)
