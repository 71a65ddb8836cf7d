"""The whole house for journeys, as outside programs meet it: on a port, founded, furnished, with a BRP that counts.

Together (one process, one app) or apart (five apps on five ports behind a front), on SQLite or PostgreSQL. Founded once
per run and database, then copied. Time begins at 2026-09-01T09:00Z, runs by itself, and is moved by tests.
"""

import asyncio
import json
import secrets
import shutil
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from assembly.building import World
from assembly.clients import NewClient, add_client
from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from assembly.demo.idp.provider import BSN_CLAIM, found_provider
from assembly.demo.idp.router import idp_router
from assembly.demo.idp.setup import DemoOnly, Persona, Portal, Setup
from assembly.demo.recipient import Application
from assembly.demo.register import EXERCISES, INCOME, INCOME_ANSWER, STORY, TENANT, activities, recipients
from assembly.demo.stage import ALL_ROOTS, CLIENTS, LOW_INCOME
from assembly.demo.visitor import Visitor
from assembly.founding import found
from assembly.house import House as Assembled
from assembly.house import assemble
from assembly.settings import HouseSettings, Login, TenantSettings
from consent.service import ConsentService
from kernel.caller import Caller, room_of
from kernel.http.client import open_client, trusted
from kernel.http.server import serve
from tests.front import front_app
from tests.once import once
from tests.patience import PATIENCE, SOURCES
from tests.postgres import Postgres
from vault.contract import Bsn, Deposit, ResidentRef, Vault

START = datetime(2026, 9, 1, 9, tzinfo=UTC)
HERE, ELSEWHERE = TENANT, "gm9902"  # on localhost and on 127.0.0.1: two hosts, one port
HOSTS = {HERE: "localhost", ELSEWHERE: "127.0.0.1"}
DRAFT_PORT = 65535  # stands in what is founded, until it is copied to a house with a port of its own
R1, R2, SECRET = "999993653", "999995261", "999993690"
DOUBTED, DEAD, VAULTLESS, UNKNOWN = "999998614", "999995649", "999994530", "111222333"
OPENED = {"r1": R1, "r2": R2, "secret": SECRET, "doubted": DOUBTED}
PERSONAS = (
    *(Persona(key, f"Inwoner {key}", "Voor de toets.", bsn=bsn) for key, bsn in OPENED.items()),
    Persona("fg", "De FG", "Voor de toets.", roles=("fg",)),
    Persona("balie", "De balie", "Voor de toets.", roles=("balie",)),
    Persona("eigenaar", "Een eigenaar", "Voor de toets.", roles=("proceseigenaar", "afdeling:inkomensloket")),
    Persona("bz1", "Een van Burgerzaken", "Voor de toets.", roles=("burgerzaken",)),
    Persona("bz2", "Een ander van Burgerzaken", "Voor de toets.", roles=("burgerzaken",)),
)
DESK, ROBOT, TOWN_HALL = "inkomensloket-medewerker", "inkomensloket-automatisch", "burgerzaken-medewerker"
TRAINER, OFFICER = "oefenpartij", "fg-onderzoek"
ORDER = ("audit", "vault", "consent", "connectors", "web")
IDP = "/proefinlog"


@dataclass(frozen=True)
class Founded:
    """A house that nobody lives in: its folder, and the database to copy, "" for SQLite."""

    folder: Path
    template: str = ""


@dataclass
class House:
    """One house in use. `rooms`: what is served, each to be stopped by itself. `brp`: the register and its memory."""

    folder: Path
    port: int
    postgres: str = ""
    apart: bool = False
    moved: timedelta = timedelta(minutes=10)
    rooms: dict[str, AsyncExitStack] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    assembled: list[Assembled] = field(default_factory=list)
    brp: FastAPI = field(init=False)
    http: httpx2.AsyncClient = field(init=False)
    clients: dict[str, dict[str, Any]] = field(init=False)
    began: float = field(default_factory=time.monotonic)
    environ: Mapping[str, str] = field(default_factory=dict)
    gateways: tuple[IPv4Network, ...] = ()

    def clock(self) -> datetime:
        """Everybody's time: of rooms, login, register and applications."""
        return START + self.moved + timedelta(seconds=time.monotonic() - self.began)

    def url(self, tenant: str = HERE) -> str:
        return f"http://{HOSTS[tenant]}:{self.port}"

    def settings(self, **more: Any) -> HouseSettings:
        return HouseSettings(
            mode="test",
            data=self.folder,
            postgres=SecretStr(self.postgres) if self.postgres else None,
            tenants=tuple(
                TenantSettings(id=tenant, name=f"Gemeente {tenant}", public_url=self.url(tenant)) for tenant in HOSTS
            ),
            login=Login(issuer=self.url() + IDP, bsn_claim=BSN_CLAIM),
            cert_gateways=self.gateways,
            **more,
        )

    async def open(self, stack: AsyncExitStack) -> None:
        """Serve everything. `stack` closes it, last opened first."""
        self.clients = json.loads((self.folder / "clients.json").read_text())
        self.http = await stack.enter_async_context(open_client("", timeout_seconds=PATIENCE))
        self.http.event_hooks = {"response": [self._remember]}
        self.brp = brp_app(own_residents(), self.clock)
        self.addresses["brp"] = await self._serve(stack, "brp", self.brp)
        world = World(clock=self.clock, extra=(self._login(),), environ={**SOURCES, **self.environ})
        if self.apart:
            await self._open_apart(stack, world)
        else:
            house = await assemble(self.settings(brp_url=self.addresses["brp"]), world=world)
            self.assembled.append(house)
            await self._serve(stack, "house", house.app, self.port)

    async def _open_apart(self, stack: AsyncExitStack, world: World) -> None:
        ports = dict(zip(ORDER, stack.enter_context(held_ports(len(ORDER))), strict=True))
        self.addresses |= {room: f"http://127.0.0.1:{port}" for room, port in ports.items()}
        urls = {f"{room}_url": self.addresses[room] for room in ("audit", "consent", "vault", "connectors", "brp")}
        behind = await stack.enter_async_context(
            httpx2.AsyncClient(timeout=PATIENCE, trust_env=False, verify=trusted())
        )
        await self._serve(stack, "front", front_app(behind, self.addresses), self.port)
        for room in ORDER:
            extra = world.extra if room == "web" else ()
            house = await assemble(self.settings(**urls), (room,), replace(world, extra=extra))
            self.assembled.append(house)
            await self._serve(stack, room, house.app, ports[room])

    async def _serve(self, stack: AsyncExitStack, name: str, app: FastAPI, port: int = 0) -> str:
        self.rooms[name] = await stack.enter_async_context(AsyncExitStack())
        return (await self.rooms[name].enter_async_context(serve(app, port=port))).url

    async def stop(self, name: str) -> None:
        """A room, or the BRP, is no longer there."""
        await self.rooms[name].aclose()

    def _login(self) -> Any:
        portal = Portal("regie-portaal", (f"{self.url()}/inloggen/terug",), (f"{self.url()}/", f"{self.url()}/en/"))
        setup = Setup(DemoOnly("test", True), self.url() + IDP, portal, PERSONAS)
        return idp_router(found_provider(setup, self.clock))

    async def _remember(self, answer: httpx2.Response) -> None:
        """What passes by and may hold no number: searched at the end of the run."""
        headers = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        body = (await answer.aread()).decode("utf-8", "replace") if answer.status_code >= 400 else ""
        with (self.folder / "answers.txt").open("a") as file:
            file.write(f"{answer.request.method} {answer.request.url}\n{headers}\n{body}\n")

    @property
    def asked(self) -> int:
        """How often the BRP was asked anything."""
        return len(self.brp.state.requests)

    @property
    def register(self) -> ConsentService:
        """For what only staff does and no door outside offers yet."""
        return next(one.register for one in self.assembled if one.register)

    def application(self, client: str = DESK, tenant: str = HERE) -> Application:
        """Somebody's program, with a token still to get."""
        return Application(
            self.http, self.url(tenant), f"{self.url(tenant)}/oauth/token", self.clients[tenant][client], self.clock
        )

    async def visitor(self, choice: str = "") -> Visitor:
        """A browser; with a choice, logged in."""
        visitor = Visitor(self.http, self.url())
        if choice:
            page = await visitor.log_in(choice)
            assert page.status == 200, page.text
        return visitor

    async def case(self, bsn: str = R1, client: str = DESK, activity: str = STORY, tenant: str = HERE) -> str:
        """A new open case of this resident."""
        case = f"Z-{secrets.token_hex(4)}"
        answer = await self.application(client, tenant).post(
            "toestemming", "/zaken", {"zaak": case, "inwoner": {"bsn": bsn}, "verwerkingsactiviteit": activity}
        )
        assert answer.status_code == 201, answer.text
        return case

    async def consent(self, case: str, choice: str = "ja", who: str = "r1") -> str:
        """The Inkomensloket asks for the income answer and the resident chooses; the place of the page."""
        wanted = await self.application().request_consent(OPENED[who], STORY, (INCOME_ANSWER,), case)
        assert wanted.status_code == 201, wanted.text
        place = f"/toestemmingen/{wanted.json()['id']}"
        visitor = await self.visitor(who)
        page = await visitor.get(place)
        await visitor.send(page, page.form("actie", "kiezen"), actie="kiezen", keuze=choice)
        return place

    async def size(self, tenant: str = HERE) -> int:
        """How many lines the log has, once nobody writes any more."""
        for desk in (one.desk for one in self.assembled if one.desk):
            await desk.lines.finished()
        last = -1
        while (now := await self._size(tenant)) != last:
            last = now
            await asyncio.sleep(0.06)
        return last

    async def _size(self, tenant: str) -> int:
        answer = await self.http.get(f"{self.url(tenant)}/logboek/v1/checkpoint", follow_redirects=True)
        return int(answer.text.splitlines()[1])

    async def lines(self, bsn: str = R1, **more: Any) -> list[dict[str, Any]]:
        """What an auditor finds of a resident, newest first. It is a line itself."""
        body = {"inwoner": {"bsn": bsn}, "reden": {"reden": "inzage", "zaak": "FG-1"}, **more}
        answer = await self.application(OFFICER).post("logboek", "/logregels/_zoek", body)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["regels"]
        return found


@contextmanager
def held_ports(count: int) -> Iterator[list[int]]:
    """Ports that are ours while inside. Each is bound and not listened on: the system gives it to nobody who asks for
    any, and a server of ours that asks for this one still gets it."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
        yield [one.getsockname()[1] for one in held]


async def furnish(house: Assembled, tenant: str, url: str) -> dict[str, Any]:
    """The demo's register, one application of each kind, and residents with a filled vault. The clients' entries."""
    staff, register, vault = room_of(tenant, "assembly"), house.consent("assembly"), house.vault("assembly")
    for recipient in recipients():
        await register.admit(staff, recipient)
    for version in activities():
        await register.publish(staff, version)
    clients = {}
    for slug, new in CLIENTS:
        client = NewClient(new.client_id, new.name, new.kind, ALL_ROOTS)
        clients[new.client_id] = await add_client(register, staff, slug, client, url)
    residents = await vault.enrol(staff, [Bsn(bsn) for bsn in OPENED.values()])
    await asyncio.gather(*(fill(vault, tenant, resident) for resident in residents))
    return clients


async def fill(vault: Vault, tenant: str, resident: ResidentRef) -> None:
    """A vault that the resident opened, with an income below the limit of story 1."""
    caller = Caller(tenant=tenant, kind="inwoner", user=resident.id)
    await vault.open_vault(caller, resident)
    deposits = [Deposit(element=INCOME, value=LOW_INCOME, source="Loonstrook")]
    deposits += [Deposit(element=name, value="verzonnen", source="Oefening") for name in EXERCISES]
    await vault.keep(caller, resident, deposits)


async def found_house(folder: Path, postgres: str = "") -> None:
    """Keys, tables, logs, register, residents, `clients.json`; then everybody leaves."""
    draft = House(folder, DRAFT_PORT, postgres, moved=timedelta(0))
    world = World(clock=draft.clock)
    await found(draft.settings(), world)
    house = await assemble(draft.settings(), ("audit", "consent", "vault", "connectors"), world)
    async with house.app.router.lifespan_context(house.app):
        clients = {tenant: await furnish(house, tenant, draft.url(tenant)) for tenant in HOSTS}
    (folder / "clients.json").write_text(json.dumps(clients))


def move_in(founded: Founded, folder: Path, port: int, postgres: Postgres | None) -> str:
    """A copy of a founded house, on another port. The URL of its database, "" for SQLite."""
    shutil.copytree(founded.folder, folder)
    clients = folder / "clients.json"
    clients.write_text(clients.read_text().replace(f":{DRAFT_PORT}", f":{port}"))
    return postgres.create(founded.template) if postgres else ""


@pytest.fixture(scope="session")
def founded_on_files() -> Founded:
    return Founded(once("house-sqlite", lambda folder: asyncio.run(found_house(folder / "house"))) / "house")


@pytest.fixture(scope="session")
def founded_on_server(postgres: Postgres) -> Founded:
    def make(folder: Path) -> None:
        url = postgres.create()
        asyncio.run(found_house(folder / "house", url))
        (folder / "name").write_text(url.rpartition("/")[2])

    made = once("house-postgres", make)
    return Founded(made / "house", (made / "name").read_text())


WIRINGS: Mapping[str, tuple[bool, bool]] = {
    "together-sqlite": (False, False),
    "apart-sqlite": (True, False),
    "together-postgres": (False, True),
    "apart-postgres": (True, True),
}


def _param(name: str) -> Any:
    apart, server = WIRINGS[name]
    marks = [pytest.mark.slow] * apart + [pytest.mark.postgres] * server
    return pytest.param(name, marks=marks)


ALL = [_param(name) for name in WIRINGS]
CROSSED = [_param(name) for name in ("together-sqlite", "apart-postgres")]  # both wirings and both databases, each once


@dataclass(frozen=True)
class Plan:
    """Which house to move into."""

    founded: Founded
    apart: bool
    postgres: Postgres | None
    environ: Mapping[str, str] = field(default_factory=dict)
    gateways: tuple[IPv4Network, ...] = ()


def _plan(request: pytest.FixtureRequest) -> Plan:
    apart, server = WIRINGS[request.param]
    founded = request.getfixturevalue("founded_on_server" if server else "founded_on_files")
    return Plan(founded, apart, request.getfixturevalue("postgres") if server else None)


@pytest.fixture(scope="module", params=ALL)
def plan(request: pytest.FixtureRequest) -> Plan:
    return _plan(request)


@pytest.fixture(scope="module", params=CROSSED)
def crossed_plan(request: pytest.FixtureRequest) -> Plan:
    """For tests whose house is known to be the same in all four by those that take `plan`."""
    return _plan(request)


@pytest.fixture(params=CROSSED)
def own_plan(request: pytest.FixtureRequest) -> Plan:
    return _plan(request)


@asynccontextmanager
async def living(plan: Plan, folder: Path) -> AsyncIterator[House]:
    """A house in a folder that is not there yet."""
    async with AsyncExitStack() as stack:
        (port,) = stack.enter_context(held_ports(1))
        url = move_in(plan.founded, folder, port, plan.postgres)
        if plan.postgres:
            stack.callback(plan.postgres.drop, url)
        house = House(folder, port, url, plan.apart, environ=plan.environ, gateways=plan.gateways)
        await house.open(stack)
        yield house


@pytest.fixture(scope="module")
async def house(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Shared by the tests of a module: each opens its own case. Who breaks or ends something takes `own_house`."""
    async with living(plan, tmp_path_factory.mktemp("house") / "data") as house:
        yield house


@pytest.fixture
async def own_house(own_plan: Plan, tmp_path: Path) -> AsyncIterator[House]:
    """A house for one test, to break."""
    async with living(own_plan, tmp_path / "data") as house:
        yield house
