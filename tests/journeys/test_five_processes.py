"""`regie init` and five times `regie serve ROOM` behind a front, as a municipality runs them; story 1 is told there."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from assembly.clients import add_client
from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from assembly.demo.idp.provider import BSN_CLAIM, found_provider
from assembly.demo.idp.router import idp_router
from assembly.demo.idp.setup import DemoOnly, Portal, Setup
from assembly.demo.recipient import Application
from assembly.demo.register import LOAN_DESK, TENANT
from assembly.demo.stage import REPORTER
from assembly.demo.story import Cast, tell
from assembly.demo.visitor import Visitor
from assembly.house import assemble
from assembly.settings import HouseSettings
from kernel.caller import room_of
from kernel.clock import utc_now
from kernel.http.client import open_client
from kernel.http.server import serve
from regie_client import Credentials, Receipts, Regie
from tests.front import front_app
from tests.house import DESK, IDP, ORDER, PERSONAS, R1, furnish, held_ports
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def served(http: httpx2.AsyncClient, url: str) -> None:
    """Until /readyz says so. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(httpx2.TransportError):
                if (await http.get(url + "/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


@dataclass
class Street:
    """The five, each with its own environment and its own file for what it says. folder: of data and files."""

    folder: Path
    brp_url: str
    postgres: str
    front: int
    ports: dict[str, int]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.front}"

    def address(self, room: str) -> str:
        return f"http://127.0.0.1:{self.ports[room]}"

    def environment(self, room: str = "") -> dict[str, str]:
        """As an operator would write it; a database with a password stands in a file."""
        tenants = [{"id": TENANT, "name": "Gemeente Spaarnewoude", "public_url": self.url}]
        given = {
            "MODE": "test",
            "DATA": str(self.folder / "data"),
            "TENANTS": json.dumps(tenants),
            "LOGIN": json.dumps({"issuer": self.url + IDP, "bsn_claim": BSN_CLAIM}),
            "BRP_URL": self.brp_url,
        }
        secret = self.folder / "database-url"
        secret.touch(mode=0o600)
        secret.write_text(self.postgres)
        given["POSTGRES_FILE"] = str(secret)
        if room:
            given |= {f"{other.upper()}_URL": self.address(other) for other in ("audit", "consent", "vault")}
        return {f"REGIE_HOUSE_{name}": value for name, value in given.items()}

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """`regie WORDS`; what it says goes to a file that is searched at the end of the run."""
        room = words[1] if words[0] == "serve" else ""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("REGIE_HOUSE_")}
        with (self.folder / f"{'-'.join(words[:2])}.log").open("wb") as heard:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "regie_main", *words,
                env=inherited | self.environment(room), stdout=heard, stderr=heard,
            )  # fmt: skip

    @asynccontextmanager
    async def open(self, http: httpx2.AsyncClient) -> AsyncIterator[list[asyncio.subprocess.Process]]:
        """All five at once: none waits for another to start. They are told to stop, and do."""
        started: list[asyncio.subprocess.Process] = []
        try:
            for room in ORDER:
                started.append(await self.start("serve", room, "--port", str(self.ports[room])))
            for room in ORDER:
                await served(http, self.address(room))
            yield started
        finally:
            for process in started:
                if process.returncode is None:
                    process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(process.wait() for process in started))


def login(url: str) -> FastAPI:
    """The development login, in a process that is not ours."""
    portal = Portal("regie-portaal", (f"{url}/inloggen/terug",), (f"{url}/", f"{url}/en/"))
    app = FastAPI()
    app.include_router(idp_router(found_provider(Setup(DemoOnly("test", True), url + IDP, portal, PERSONAS), utc_now)))
    return app


async def founded_by_hand(street: Street) -> dict[str, Any]:
    """`regie init`, which will not be done twice; then the registers and residents. The clients' entries."""
    first = await street.start("init")
    assert await first.wait() == 0, (street.folder / "init.log").read_text()
    again = await street.start("init")
    assert await again.wait() == 1 and "ingericht" in (street.folder / "init.log").read_text()
    house = await assemble(HouseSettings.read(street.environment()), ("audit", "consent", "vault"))
    async with house.app.router.lifespan_context(house.app):
        clients = await furnish(house, TENANT, street.url)
        staff, keeper = room_of(TENANT, "assembly"), house.consent("assembly")
        return clients | {"meldt": await add_client(keeper, staff, LOAN_DESK, REPORTER, street.url)}


@pytest.mark.long(30)
async def test_five_processes_tell_story_1_and_stop_when_asked(postgres_url: str, tmp_path: Path) -> None:
    """On files every room has its own in either wiring, and `regie demo` is a process on files."""
    told: list[str] = []
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_client("", timeout_seconds=PATIENCE))
        source = await stack.enter_async_context(serve(brp_app(own_residents(), utc_now)))
        front_port, *theirs = stack.enter_context(held_ports(1 + len(ORDER)))
        street = Street(tmp_path, source.url, postgres_url, front_port, dict(zip(ORDER, theirs, strict=True)))
        clients = await founded_by_hand(street)
        rooms = {room: street.address(room) for room in ORDER}
        idp = await stack.enter_async_context(serve(login(street.url)))
        behind = await stack.enter_async_context(httpx2.AsyncClient(timeout=PATIENCE, trust_env=False))
        front = front_app(behind, rooms | {"login": idp.url})
        await stack.enter_async_context(serve(front, port=street.front))
        processes = await stack.enter_async_context(street.open(http))
        vkey = tmp_path / "log.vkey"
        vkey.write_text((await http.get(f"{street.url}/logboek/v1/sleutels")).text)
        credentials = Credentials(street.url, DESK, clients[DESK]["privateJwk"])
        desk = Regie(credentials, Receipts(vkey), http)
        reporter = Application(http, street.url, f"{street.url}/oauth/token", clients["meldt"])
        resident, officer = Visitor(http, street.url), Visitor(http, street.url)
        await tell(Cast(desk, resident, "r1", R1, officer, "fg", reporter, vkey, told.append))
    assert len(told) == 12
    assert [process.returncode for process in processes] == [0] * len(ORDER)
    assert "Traceback" not in "".join((tmp_path / f"serve-{room}.log").read_text() for room in ORDER)
