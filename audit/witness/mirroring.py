"""The rounds of a mirror along the logs whose address it knows; beside the witness, in the same process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx2

from audit.copied import AUDIENCE
from audit.slots import StateLost
from audit.witness.cosigner import SEED, Shelf
from audit.witness.following import CannotFollow, Following
from audit.witness.mirror import Mirror
from audit.witness.settings import WitnessSettings
from kernel.caller import room_of
from kernel.clock import Clock
from kernel.crypto.private_files import read_private
from kernel.http.client import open_client
from kernel.http.rooms import RoomKey
from kernel.logs import logger
from kernel.proof.policy import Known
from kernel.settings import SettingsWrong

SECONDS = 10.0

_log = logger("audit.witness")


def mirrored_of(settings: WitnessSettings, logs: Sequence[Known]) -> list[Known]:
    """Those that say where their lines are. Raises SettingsWrong."""
    found = [each for each in logs if each.url]
    if settings.mode == "productie" and any(not each.url.startswith("https://") for each in found):
        raise SettingsWrong([f"{settings.logs}: het adres van een logboek moet met https beginnen."])
    return found


@asynccontextmanager
async def mirroring(settings: WitnessSettings, logs: Sequence[Known], clock: Clock) -> AsyncIterator[None]:
    """Rounds while inside; none when this witness is no mirror. Raises SettingsWrong, KeyUnavailable."""
    if not settings.mirror_seconds:
        yield
        return
    shelf, mirrored = Shelf(settings.folder), mirrored_of(settings, logs)
    key = RoomKey(settings.name, read_private(shelf.mirror_seed, SEED), clock)
    clients = [open_client(each.url, timeout_seconds=SECONDS) for each in mirrored]
    tasks = [
        asyncio.create_task(_every(settings.mirror_seconds, following(shelf, http, each.key.name, key)))
        for each, http in zip(mirrored, clients, strict=True)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        for http in clients:
            await http.aclose()


def following(shelf: Shelf, http: httpx2.AsyncClient, origin: str, key: RoomKey) -> Following:
    """One log; its tenant stands in its origin."""
    caller = room_of(origin.split("/")[-2] if origin.count("/") > 1 else origin, AUDIENCE)
    return Following(Mirror(shelf.mirror), shelf, http, origin, lambda: key.mint(AUDIENCE, caller))


async def _every(seconds: float, one: Following) -> None:
    while True:
        try:
            await one.round()
        except (CannotFollow, OSError, StateLost, sqlite3.Error) as error:
            _log.error("log_not_followed", origin=one.origin, reason=str(error))
        await asyncio.sleep(seconds)
