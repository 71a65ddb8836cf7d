"""`regie init`: everything that is made once. To found and to open are two verbs: nothing here runs at a normal start.

A crash here leaves some keys and tables but no anchors of that municipality; `regie init` then goes on.
"""

import asyncio
import os
from collections.abc import Container
from contextlib import AsyncExitStack
from typing import Any

from assembly.anchoring import write_anchors
from assembly.building import Builder, World
from assembly.ports import ConsentResidents
from assembly.settings import ROOMS, HouseSettings
from kernel.crypto import KeyExists, KeyUnavailable, random_bytes
from kernel.crypto.file_keys import FileKeyProvider
from kernel.http.rooms import RoomKey
from kernel.proof.note import vkey
from kernel.settings import SettingsWrong, read_secret
from kernel.sql.upgrade import newest, revision, upgrade


async def found(settings: HouseSettings, world: World | None = None) -> None:
    """Folders, keys, tables, logs, anchors, for every municipality that has none yet; those that are there stay as
    they are. Raises SettingsWrong when there is nothing to found."""
    folder = settings.folder
    there = folder.read_anchors() if folder.anchors.exists() else {"logs": {}, "registers": {}}
    if all(tenant.id in there["registers"] for tenant in settings.tenants):
        raise SettingsWrong([f"{folder.anchors} is er al: hier is al een Regie ingericht."])
    _private(folder.path, folder.log, folder.path / "rooms")
    await _found_keys(settings, there["registers"])
    rooms = {room: _room_key(settings, room) for room in ROOMS}
    await migrate(settings)
    made = await _found_rooms(settings, world or World(), rooms)
    write_anchors(folder, {**there, "rooms": rooms} | {kind: made[kind] | there[kind] for kind in made})


def public_keys(settings: HouseSettings) -> list[str]:
    """Of the logs, as they may be published (C2SP vkey)."""
    known = settings.folder.read_anchors()["logs"]
    return [vkey(origin, bytes.fromhex(key)) for origin, key in known.items()]


async def migrate(settings: HouseSettings) -> None:
    """Every room's tables to the newest version."""
    for room in ROOMS:
        await upgrade(room, settings.database(room))


async def demand_newest(settings: HouseSettings, rooms: tuple[str, ...]) -> None:
    """Raises SettingsWrong when the tables of a room are not those of this program."""
    wrong = [room for room in rooms if await revision(room, settings.database(room)) != newest(room)]
    if wrong:
        raise SettingsWrong(
            [f"De tabellen van {room} zijn van een andere versie: doe `regie migrate`." for room in wrong]
        )


def _private(*folders: Any) -> None:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)


async def _found_keys(settings: HouseSettings, there: Container[str]) -> None:
    """Never for who has a register: a key that is missing there was lost, and a new one would hide it. Raises
    KeyUnavailable."""
    provider = FileKeyProvider(settings.folder.keys)
    for name, founded in ((f"regie/{one.id}/{room}", one.id in there) for one in settings.tenants for room in ROOMS):
        if founded:
            if not await provider.versions(name):
                raise KeyUnavailable(name)
            continue
        try:
            await provider.found(name)
        except KeyExists:
            continue  # an init that was broken off


def _room_key(settings: HouseSettings, room: str) -> str:
    """The room's public key in hex; its private one is made where there is none."""
    path = settings.folder.seed(room)
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            file.write(random_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    return RoomKey(room, read_secret(path)).public.hex()


async def _found_rooms(settings: HouseSettings, world: World, rooms: dict[str, str]) -> dict[str, dict[str, str]]:
    builder = Builder(settings, world, {"logs": {}, "registers": {}, "rooms": rooms})
    log = await builder.audit()
    consent = await builder.consent(log.door("consent"), ConsentResidents())
    await builder.vault(log.door("vault"))
    anchors = {
        "logs": {origin: key.hex() for origin, key in log.public_keys.items()},
        "registers": {one: (await consent.public_seal_key(one)).hex() for one in builder.tenants},
    }
    async with AsyncExitStack() as stack:  # entered and left: it closes what was opened
        for component in builder.components:
            await stack.enter_async_context(component.run())
        await asyncio.sleep(0)
    return anchors
