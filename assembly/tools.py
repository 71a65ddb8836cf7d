"""What the command line does in a house that may be serving elsewhere at the same time: clients, tokens, keys."""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx2
from anyio import to_thread
from pydantic import ValidationError

from assembly.building import World
from assembly.clients import NewClient, add_client
from assembly.demo.recipient import Application
from assembly.founding import demand_newest
from assembly.house import House, assemble
from assembly.rotating import rotate
from assembly.settings import HouseSettings, TenantSettings
from consent.contract import ActivityVersion, NotNow, Recipient
from kernel.caller import room_of
from kernel.faults import sentences
from kernel.http.client import open_client
from kernel.message import Message, wire
from kernel.settings import SettingsWrong

KEEPERS = ("audit", "consent", "vault")  # whoever keeps registers and keys
COMMAND = "assembly"
REGISTER_BYTES = 1 << 20
ALONE = "Dit is inrichten: niemand anders keek mee, en dat staat in de regels. Later: /beheer, met twee personen."


class Register(Message):
    """A file of recipients and activities, in the words of the API."""

    recipients: Annotated[tuple[Recipient, ...], wire("ontvangers")] = ()
    activities: Annotated[tuple[ActivityVersion, ...], wire("verwerkingsactiviteiten")] = ()


@asynccontextmanager
async def keeping(settings: HouseSettings) -> AsyncIterator[House]:
    """The rooms that keep registers, on the same databases as the serving ones; writers take turns by the head row."""
    await demand_newest(settings, KEEPERS)
    house = await assemble(settings, KEEPERS, World(environ=os.environ))
    async with house.app.router.lifespan_context(house.app):
        yield house


def one_tenant(settings: HouseSettings, wanted: str) -> TenantSettings:
    """The tenant named, or the only one. Raises SettingsWrong."""
    found = [tenant for tenant in settings.tenants if wanted in ("", tenant.id)]
    if len(found) != 1:
        raise SettingsWrong(["Noem de gemeente met --tenant: " + ", ".join(one.id for one in settings.tenants)])
    return found[0]


async def register_client(settings: HouseSettings, tenant: str, recipient: str, client: NewClient) -> dict[str, Any]:
    """The entry for clients.json with the private key, which is kept nowhere else. Raises NoSuchThing."""
    chosen = one_tenant(settings, tenant)
    async with keeping(settings) as house:
        caller = room_of(chosen.id, COMMAND)
        return await add_client(house.consent(COMMAND), caller, recipient, client, chosen.public_url)


async def load_register(settings: HouseSettings, tenant: str, path: Path, say: Callable[[str], None]) -> None:
    """Recipients first, then activities; one that was stopped stays so. Raises SettingsWrong, and CannotPublish
    (what came before it stands)."""
    chosen, wanted = one_tenant(settings, tenant), await to_thread.run_sync(read_register, path)
    async with keeping(settings) as house:
        keeper, caller = house.consent(COMMAND), room_of(chosen.id, COMMAND)
        for recipient in wanted.recipients:
            await keeper.admit(caller, recipient)
            say(f"ontvanger {recipient.slug}")
        for version in wanted.activities:
            try:
                made = await keeper.publish(caller, version)
            except NotNow as stopped:
                say(f"verwerkingsactiviteit {version.slug}: {stopped.detail}")
                continue
            say(f"verwerkingsactiviteit {made.slug}, versie {made.number}")
        if wanted.activities:
            say(ALONE)


def read_register(path: Path) -> Register:
    """At most a megabyte. Raises SettingsWrong with a sentence per fault."""
    try:
        with path.open("rb") as file:
            return Register.model_validate_json(file.read(REGISTER_BYTES), by_alias=True, by_name=False)
    except OSError as error:
        raise SettingsWrong([f"{path} kan niet worden gelezen ({error.strerror})."]) from None
    except ValidationError as error:
        faults = sentences(error.errors(include_url=False, include_input=False))
        raise SettingsWrong([f"{path}, {one}" for one in faults]) from None


def read_clients(path: Path) -> dict[str, Any]:
    """A clients.json. Raises SettingsWrong."""
    try:
        known: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        raise SettingsWrong([f"{path} ontbreekt of is onleesbaar; `make demo` maakt het."]) from None
    return known


async def token_for(known: dict[str, Any], client_id: str, root: str) -> str:
    """An access token of five minutes, as the application itself would get one. Raises SettingsWrong."""
    entry = next((one for one in known["clients"] if client_id in ("", one["clientId"])), None)
    if entry is None or root not in entry["resources"]:
        raise SettingsWrong([f"Deze toepassing is onbekend, of mag niet bij {root}."])
    async with open_client("", timeout_seconds=5) as http:
        try:
            return await Application(http, known["issuer"], known["tokenUrl"], entry).token(root)
        except httpx2.HTTPStatusError as refused:
            why = f"{refused.response.status_code} {refused.response.text[:200]}"
            raise SettingsWrong([f"{known['issuer']} gaf geen token: {why}."]) from None
        except httpx2.TransportError:
            raise SettingsWrong([f"{known['issuer']} antwoordt niet: draait Regie daar?"]) from None


async def rotate_keys(settings: HouseSettings, rooms: tuple[str, ...], say: Callable[[str], None]) -> None:
    """A new KEK version for each room and tenant, and everything wrapped again under it. May be run again."""
    async with keeping(settings) as house:
        for tenant in settings.tenants:
            for room in rooms:
                say(await rotate(house, tenant.id, room))
