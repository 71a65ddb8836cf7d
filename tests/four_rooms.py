"""Log, register, vault and desk, together in one process on real databases, for tests of the rooms that use them all.

The recipient is the demo's `inkomensloket`; the resident R1; time stands still until a test moves it.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio import to_thread
from fastapi import FastAPI, Request

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from assembly.demo.register import INCOME, INCOME_ANSWER, LOAN_DESK, STORY, TENANT, TRAINERS, activities, recipients
from audit.component import build_audit
from audit.contract import Audit, Line, Trust
from audit.escrow import founded
from audit.service import AuditService
from audit.settings import AuditSettings
from connectors.catalogue import catalogue_elements
from connectors.component import Wiring, build_connectors
from connectors.contract import Release, ReleaseRequest, Repeatable
from connectors.release import ReleaseDesk
from connectors.settings import ConnectorsSettings
from consent import tables as consent_tables
from consent.contract import Application, Case, Choice, Consent, ConsentRequest
from consent.contract import ResidentRef as ConsentResident
from consent.delivery.component import build_delivery
from consent.delivery.service import Around
from consent.keys import PURPOSES
from consent.receipts.places import Places
from consent.receipts.service import PURPOSE as RECEIPTS
from consent.receipts.service import Receipts
from consent.rows import Register
from consent.service import ConsentService
from kernel.caller import Caller, room_of
from kernel.component import Component, Tenant
from kernel.crypto import KeyExists, Keyring
from kernel.crypto.file_keys import FileKeyProvider
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.openapi import Contact, Root, public_root
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests.once import once, tables_of, template_of
from tests.postgres import Postgres
from vault.component import build_vault
from vault.contract import Bsn, Deposit, ResidentRef, Vault
from vault.service import VaultService
from vault.settings import VaultSettings

ROOMS = ("audit", "consent", "vault", "connectors")
R1, SECRET, STRANGER = Bsn("999993653"), Bsn("999993690"), Bsn("111222333")
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
DESK_WORKER = Caller(
    tenant=TENANT,
    organisation=LOAN_DESK,
    application="loket-app",
    kind="mens",
    user="mw-4821",
    scope=(STORY, "oefening"),
)
STAFF = room_of(TENANT, "assembly")  # sets up, as the command line does
# a source of a test is never late because the machine is busy
PATIENT = {"source_seconds": 20.0, "whole_seconds": 25.0}
LATE = {"source_seconds": 6.0, "whole_seconds": 8.0}  # of a test that waits for one that never answers
BY_LAW = ("brp.naam", "brp.adres", "brp.leeftijd.isMeerderjarig")
SHARES = founded(TENANT)  # of the key to which covert lines are sealed


async def nobody_hides(caller: Caller, numbers: Collection[str]) -> frozenset[str]:
    """A connectors.hiding.Hiding, for sources that are tried by themselves."""
    return frozenset()


RETURN = "https://loket.example/terug"  # where the page of a consent may lead back to
TENANTS = {TENANT: Tenant(TENANT, "Gemeente Spaarnewoude", "https://regie.example")}


class CountingKeys(FileKeyProvider):
    """Counts what is unwrapped for the vault: nothing may be, before the line stands."""

    unwrapped = 0

    async def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        self.unwrapped += b"\x00\x00\x00\x01D" in aad
        return await super().unwrap(name, wrapped, aad)


@dataclass
class FourRooms:
    """Everything of one test; `now` and `boot` may be moved, doors may be wrapped before `wire`."""

    urls: dict[str, str]
    folder: Path
    stack: AsyncExitStack
    now: datetime = NOON
    boot: float = 1000.0
    seen: list[Release] = field(default_factory=list)
    audit: AuditService = field(init=False)
    register: ConsentService = field(init=False)
    safe: VaultService = field(init=False)
    desk: ReleaseDesk = field(init=False)
    app: FastAPI = field(init=False)
    brp: FastAPI = field(init=False)
    keys: CountingKeys = field(init=False)
    trust: Trust = field(init=False)
    who: Caller = DESK_WORKER
    desk_settings: dict[str, Any] = field(
        default_factory=lambda: {"bulk_workers": 0, "corrections_seconds": 0}
    )  # tests of those wire more

    def clock(self) -> datetime:
        return self.now

    async def open(self) -> None:
        """Log, register and vault; founded where the folder is new."""
        self.keys = CountingKeys(self.folder / "keys", life=timedelta(0))
        for room in ROOMS:
            with suppress(KeyExists):
                await self.keys.found(f"regie/{TENANT}/{room}")
        settings = AuditSettings(
            mode="test",
            database=self.urls["audit"],
            signer=self.folder / "signer",
            keep_years=20,
            escrow={TENANT: SHARES[0].public},
        )
        self.audit, component = await build_audit(settings, TENANTS, self.keys, self.clock)
        await self.stack.enter_async_context(component.run())
        database = Database(self.urls["consent"], "consent")
        self.stack.push_async_callback(database.close)
        rows = KeyRows(database, consent_tables.keys, Keyring(self.keys))
        await rows.found(TENANT, PURPOSES)
        register = Register(database, rows)
        self.register = ConsentService(register, self.audit.door("consent"), catalogue_elements(), self.clock)
        await rows.found(TENANT, [RECEIPTS])
        houses = {TENANT: (TENANTS[TENANT].name, TENANTS[TENANT].public_url)}
        places = Places(register, self.audit.door("consent"), self.register.following, self.clock)
        receipts = Receipts(self.audit.door("consent"), rows, places, houses, self.clock)
        self.register.receipts = self.register.frontdesk.receipts = receipts
        addresses = {TENANT: TENANTS[TENANT].public_url}
        around = Around(
            register, self.audit.door("consent"), self.register.choice, receipts, rows, addresses, self.clock
        )
        self.register.mail = build_delivery(around, {})  # of a municipality without a message service
        registers = {TENANT: await self.register.public_seal_key(TENANT)}
        self.trust = Trust(logs=self.audit.public_keys, registers=registers)
        vault = VaultSettings(mode="test", database=self.urls["vault"], key_minutes=0)
        theirs = self.audit.door("vault")
        self.safe, component = await build_vault(vault, TENANTS, theirs, self.trusted, self.keys, self.clock)
        await self.stack.enter_async_context(component.run())
        self.brp = brp_app(own_residents(), self.clock)
        await self.wire()

    async def trusted(self) -> Trust:
        """Follows the turns of the log, as `assembly.anchoring` does."""
        turned = self.audit.public_keys
        if self.trust.logs and turned.keys() - self.trust.logs.keys():
            self.trust = Trust(logs={**turned, **self.trust.logs}, registers=self.trust.registers)
        return self.trust

    async def wire(
        self,
        *,
        vault: Vault | None = None,
        consent: Consent | None = None,
        audit: Audit | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        sources: Path | None = None,
    ) -> Component:
        """The desk, with these doors in place of the real ones."""
        wiring = Wiring(
            vault=vault or self.safe,
            consent=consent or self.register,
            registers=self.register,
            audit=audit or self.audit.door("connectors"),
            trust=self.trusted,
            caller=self.caller,
            clock=self.clock,
            boot=lambda: self.boot,
            transport=transport or httpx2.ASGITransport(app=self.brp),
        )
        database = self.urls["connectors"]
        told = {"database": database, "brp_url": "http://brp.test", "sources": sources, **PATIENT}
        settings = ConnectorsSettings.model_validate({"mode": "test", **told, **self.desk_settings})
        self.desk, component = await build_connectors(settings, TENANTS, wiring, self.keys)
        await self.stack.enter_async_context(component.run())
        gate = StartGate()
        gate.open()
        self.app = make_app("test", gate, uploads=component.uploads)
        ((root, make),) = component.doors().public
        contact = Contact("Regie", "regie@example.test", "https://regie.example")
        public_root(self.app, Root(root.removesuffix("/v1"), "Verstrekking", "https://regie.example", contact), make)
        return component

    async def caller(self, _: Request) -> Caller:
        return self.who

    async def furnish(self) -> None:
        """The demo's register, with one application per recipient."""
        for one in recipients():
            await self.register.admit(STAFF, one)
        for version in activities():
            await self.register.publish(STAFF, version)
        for recipient, name in ((LOAN_DESK, "loket-app"), (TRAINERS, "oefen-app")):
            jwk = '{{"keys":[{{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256","x":"{}","y":"{}"}}]}}'.format(*POINT)
            application = Application(client_id=name, name=name, kind="mens", jwks=jwk, returns=(RETURN,))
            await self.register.add_client(STAFF, recipient, application)

    async def resident(self, bsn: Bsn = R1) -> ResidentRef:
        (ref,) = await self.safe.enrol(DESK_WORKER, (bsn,))
        return ref

    def self_of(self, resident: ResidentRef) -> Caller:
        return Caller(
            tenant=TENANT, kind="inwoner", user=resident.id, acr="substantieel", auth_time=int(self.now.timestamp())
        )

    async def case(self, reference: str = "Z-1", bsn: Bsn = R1, activity: str = STORY) -> str:
        resident = ConsentResident.model_validate((await self.resident(bsn)).model_dump())
        said = {"zaak": reference, "ontvanger": LOAN_DESK, "inwoner": resident, "verwerkingsactiviteit": activity}
        await self.register.open_case(STAFF, Case.model_validate(said))
        return reference

    async def income(self, amount: Any = "1500.00", bsn: Bsn = R1) -> ResidentRef:
        """R1 opens the vault and keeps an income."""
        resident = await self.resident(bsn)
        await self.safe.open_vault(self.self_of(resident), resident)
        await self.safe.keep(self.self_of(resident), resident, (Deposit(element=INCOME, value=amount),))
        return resident

    async def consent(self, case: str = "Z-1", bsn: Bsn = R1) -> str:
        """R1 says yes to the income answer; the id of the consent."""
        resident = ConsentResident.model_validate((await self.resident(bsn)).model_dump())
        wanted = ConsentRequest(resident=resident, activity=STORY, elements=(INCOME_ANSWER,), case=case)
        asked = await self.register.request(DESK_WORKER, wanted)
        await self.choose(asked.id, "ja", bsn)
        return asked.id

    async def choose(self, consent_id: str, answer: str, bsn: Bsn = R1) -> None:
        choice = Choice.model_validate({"answer": answer, "text_hash": "a" * 64, "language": "nl"})
        await self.register.choose(self.self_of(await self.resident(bsn)), consent_id, choice)

    async def release(self, *elements: str, bsn: Bsn = R1, **more: Any) -> Release:
        """As the public door would, without HTTP."""
        said = {"inwoner": {"bsn": bsn}, "verwerkingsactiviteit": STORY, "zaak": "Z-1", "gebruiker": "mw-4821"}
        request = ReleaseRequest.model_validate({**said, "gegevenselementen": elements, **more})

        async def deliver(release: Release, checked: float) -> None:
            self.seen.append(release)

        return await self.desk.release(self.who, request, Repeatable(), deliver)

    async def lines(self, bsn: Bsn = R1) -> list[Line]:
        """Of a resident, newest first, when all that was under way is written."""
        await self.desk.lines.finished()
        resident = await self.resident(bsn)
        return list((await self.audit.door("connectors").lines(DESK_WORKER, resident.subject)).lines)

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of the public door."""
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://test") as client:
            yield client


POINT = (
    "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
)  # RFC 7517 appendix A.1


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four empty databases at their newest version."""
    folder = tmp_path_factory.mktemp("migrated")
    for room in ROOMS:
        shutil.copy(tables_of(room), folder)
    return folder


@pytest.fixture
def sqlite_urls(migrated: Path, tmp_path: Path) -> dict[str, str]:
    shutil.copytree(migrated, tmp_path / "db")
    return _files(tmp_path)


def _files(folder: Path) -> dict[str, str]:
    return {room: f"sqlite+aiosqlite:///{folder / 'db' / room}.db" for room in ROOMS}


async def _settle(urls: dict[str, str], folder: Path) -> None:
    """Furnished, with an open case of R1; then everybody leaves."""
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        await rooms.furnish()
        await rooms.case()


def settled_on_files() -> Path:
    """Rooms that nobody lives in, to be copied."""

    def make(folder: Path) -> None:
        (folder / "db").mkdir()
        for room in ROOMS:
            shutil.copy(tables_of(room), folder / "db")
        asyncio.run(_settle(_files(folder), folder))

    return once("four-rooms", make)


def settled_on_server(postgres: Postgres) -> tuple[Path, str]:
    """The same, and the name of the database to copy."""

    def make(folder: Path) -> None:
        url = postgres.create(template_of(postgres, *ROOMS))
        (folder / "rooms").mkdir()
        asyncio.run(_settle(dict.fromkeys(ROOMS, url), folder / "rooms"))
        (folder / "name").write_text(url.rpartition("/")[2])

    made = once("four-rooms-postgres", make)
    return made / "rooms", (made / "name").read_text()


@asynccontextmanager
async def _moved_in(settled: Path, urls: dict[str, str], folder: Path) -> AsyncIterator[FourRooms]:
    shutil.copytree(settled, folder, dirs_exist_ok=True)
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, folder, stack)
        await rooms.open()
        yield rooms


@pytest.fixture
async def empty(sqlite_urls: dict[str, str], tmp_path: Path) -> AsyncIterator[FourRooms]:
    """On SQLite, with nothing registered."""
    async with AsyncExitStack() as stack:
        rooms = FourRooms(sqlite_urls, tmp_path, stack)
        await rooms.open()
        yield rooms


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[FourRooms]:
    """On SQLite, furnished, with an open case of R1."""
    settled = await to_thread.run_sync(settled_on_files)
    async with _moved_in(settled, _files(tmp_path), tmp_path) as rooms:
        yield rooms


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FourRooms]:
    """As `house`, on each database: four files, or one database with four schemas."""
    if request.param == "sqlite":
        settled = await to_thread.run_sync(settled_on_files)
        async with _moved_in(settled, _files(tmp_path), tmp_path) as rooms:
            yield rooms
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    settled, name = await to_thread.run_sync(settled_on_server, cluster)
    url = cluster.create(name)
    async with _moved_in(settled, dict.fromkeys(ROOMS, url), tmp_path) as rooms:
        yield rooms
    cluster.drop(url)
