"""`regie demo`: found or open the house, fill it, serve it, tell the story, and go on serving."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from assembly.building import World
from assembly.demo import crowd
from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents, read_persons
from assembly.demo.idp.provider import BSN_CLAIM, found_provider
from assembly.demo.idp.router import idp_router
from assembly.demo.idp.setup import DemoOnly, Portal, Setup
from assembly.demo.people import HIDES, OFFICER, REGISTRARS, Cast, cast_of
from assembly.demo.recipient import Application
from assembly.demo.register import CIVIL_AFFAIRS, MUNICIPALITY, TENANT
from assembly.demo.stage import COUNTING, REPORTING, Stage
from assembly.demo.story import Cast as Players
from assembly.demo.story import Fled, tell
from assembly.demo.visitor import Visitor
from assembly.founding import found, migrate
from assembly.house import assemble
from assembly.settings import HouseSettings, Login, TenantSettings
from kernel.clock import utc_now
from kernel.http.client import open_client
from kernel.http.server import serve, until_signal
from regie_client import Credentials, Receipts, Regie

IDP = "/proefinlog"
FLAG = "REGIE_DEMO"
STARRING = "inkomensloket-medewerker"


@dataclass(frozen=True)
class Demo:
    """What the command line said."""

    folder: Path
    port: int
    persons: Path | None
    say: Callable[[str], None]

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://localhost:{self.port}"


def reset(folder: Path) -> None:
    """Forget everything: keys, log, clients. Only a folder that a demo made."""
    if (folder / "rooms").exists():
        shutil.rmtree(folder)


@asynccontextmanager
async def playing(demo: Demo) -> AsyncIterator[Cast]:
    """The demo served and filled; ends when left. Raises SettingsWrong, OSError, UnreadablePersons, NobodyFits."""
    persons = read_persons(demo.persons) if demo.persons else own_residents()
    cast = cast_of(persons, utc_now().date())
    async with serve(brp_app(persons, utc_now)) as source:
        settings = settings_of(demo, source.url)
        await (migrate(settings) if settings.folder.anchors.exists() else found(settings))
        # whoever doubts a value of the register of residents reaches somebody
        keeper = {"REGIE_CONNECTORS_BRP_CORRECTIONS": json.dumps({"owner": CIVIL_AFFAIRS})}
        town = {"REGIE_CONNECTORS_SOURCES": str(crowd.settle(demo.folder, TENANT))}
        login = (_login(demo, cast, settings.mode),)
        house = await assemble(settings, world=World(extra=login, environ=keeper | town))
        async with serve(house.app, port=demo.port):
            await Stage(house, cast, demo.folder, demo.url).set_up()
            yield cast


def settings_of(demo: Demo, brp_url: str) -> HouseSettings:
    """One municipality, SQLite, the development login."""
    return HouseSettings(
        mode="demo",
        data=demo.folder,
        tenants=(TenantSettings(id=TENANT, name=MUNICIPALITY, public_url=demo.url),),
        login=Login(issuer=demo.url + IDP, bsn_claim=BSN_CLAIM),
        brp_url=brp_url,
    )


def _login(demo: Demo, cast: Cast, mode: str) -> APIRouter:
    portal = Portal("regie-portaal", (f"{demo.url}/inloggen/terug",), (f"{demo.url}/", f"{demo.url}/en/"))
    allowed = DemoOnly(mode, bool(os.environ.get(FLAG)))
    return idp_router(found_provider(Setup(allowed, demo.url + IDP, portal, cast.personas), utc_now))


async def play(demo: Demo) -> None:
    """Story 1, from start to end. Raises StoryFailed."""
    clients = json.loads((demo.folder / "clients.json").read_text())
    entry = next(one for one in clients["clients"] if one["clientId"] == STARRING)
    reporting = json.loads((demo.folder / REPORTING).read_text())
    personas = json.loads((demo.folder / "personas.json").read_text())["personas"]
    first = personas[0]
    (research,) = json.loads((demo.folder / COUNTING).read_text())["clients"]
    issuer = clients["issuer"]
    async with open_client("", timeout_seconds=10) as http:
        players = Players(
            desk=Regie(_credentials(issuer, entry), Receipts(demo.folder / "log.vkey"), http),
            research=Regie(_credentials(issuer, research), Receipts(demo.folder / "log.vkey"), http),
            resident=Visitor(http, demo.url),
            resident_choice=first["inloggen"]["keuze"],
            bsn=first["bsn"],
            officer=Visitor(http, demo.url),
            officer_choice=OFFICER.key,
            reporter=Application(http, clients["issuer"], clients["tokenUrl"], reporting["clients"][0]),
            vkey=demo.folder / "log.vkey",
            say=demo.say,
            fled=next(
                (
                    Fled(one["bsn"], Visitor(http, demo.url), REGISTRARS[0].key)
                    for one in personas
                    if one["inloggen"]["keuze"] == HIDES
                ),
                None,
            ),
        )
        await tell(players)


def _credentials(issuer: str, entry: dict[str, Any]) -> Credentials:
    return Credentials(issuer, entry["clientId"], entry["privateJwk"])


def run_demo(demo: Demo, once: bool) -> None:
    """Until Ctrl+C, or only the story. Raises what `playing` and `play` raise."""
    os.environ.setdefault(FLAG, "1")  # `regie demo` is the flag; the library alone never starts this login

    async def whole() -> None:
        demo.say(f"Regie wordt ingericht in {demo.folder}: sleutels, tabellen, register, 20 kluizen")
        async with playing(demo) as cast:
            demo.say(f"Regie draait op {demo.url}")
            await play(demo)
            if not once:
                _tell_how(demo, cast)
                await until_signal()

    asyncio.run(whole())


def _tell_how(demo: Demo, cast: Cast) -> None:
    demo.say("")
    demo.say(f"Portaal     {demo.url}/          log in als een van {len(cast.personas)} verzonnen mensen")
    demo.say(f"FG          {demo.url}/fg/zoek   log in als {OFFICER.name}")
    demo.say(f"Cijfers     {demo.url}/cijfers   voor iedereen, zonder inloggen")
    demo.say(f"API         {demo.url}/verstrekking/v1/openapi.json  (ook /toestemming/v1, /logboek/v1)")
    demo.say(f"Bestanden   {demo.folder}/clients.json, reporting.json, personas.json, log.vkey")
    demo.say("Stoppen     Ctrl+C")
