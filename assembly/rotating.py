"""`regie key rotate`: a new KEK version, and a room's keys wrapped again under it. Data is not touched."""

from collections.abc import Callable

from assembly.bars import bar
from assembly.house import House
from audit.contract import Entry, Event, record_one
from connectors.tables import keys as desk_keys
from kernel.caller import room_of
from kernel.crypto import Keyring
from kernel.ids import random_id
from kernel.settings import SettingsWrong
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from web.tables import keys as portal_keys

TABLES = {"connectors": desk_keys, "web": portal_keys}  # rooms with a key or two, all in this one table


async def rotate(house: House, tenant: str, room: str) -> str:
    """What was done, as a sentence. A crash leaves keys under both versions, each readable: run it again."""
    builder = house.builder
    version = await builder.provider.rotate(f"regie/{tenant}/{room}")
    with bar(f"{tenant} {room}") as progress:
        changed = await _rewrapped(house, tenant, room, progress)
    if changed:
        details = {"kamer": room, "aantal": str(changed)}
        event = Event(id=random_id(), kind="sleutel-gewisseld", name="Sleutels opnieuw verpakt", details=details)
        await record_one(house.audit(room), room_of(tenant, room), Entry(event=event))
    return f"{tenant} {room}: versie {version}, {changed} sleutels opnieuw verpakt"


async def _rewrapped(house: House, tenant: str, room: str, progress: Callable[[int, int], None]) -> int:
    """progress: of rooms with a key for each resident; others have a few."""
    log, register, treasury = house.log, house.register, house.treasury
    if not (log and register and treasury):
        raise SettingsWrong(["Sleutels wisselen gaat waar audit, consent en vault samen bereikbaar zijn."])
    if room == "audit":
        return await log.desk(room_of(tenant, room)).log.keychain.rewrap(progress)
    if room == "consent":
        return await register.rewrap(tenant)
    if room == "vault":
        return await treasury.rewrap_all(tenant, progress)
    database = Database(house.builder.settings.database(room), room)
    try:
        return await KeyRows(database, TABLES[room], Keyring(house.builder.provider)).rewrap(tenant)
    finally:
        await database.close()
