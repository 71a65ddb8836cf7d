"""`regie serve witness` and `regie init witness`: a process that needs no other room of the house."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from anyio import to_thread

from audit.witness.api import ADD, witness_routes
from audit.witness.cosigner import Cosigner
from audit.witness.founding import found_mirror, found_witness, known_logs
from audit.witness.mirroring import mirrored_of, mirroring
from audit.witness.settings import WitnessSettings
from kernel.begin import begin
from kernel.clock import Clock, utc_now
from kernel.http.app import make_app
from kernel.http.health import OK, StartGate, health_router
from kernel.http.server import Address, serve, until_signal
from kernel.logs import logger
from kernel.settings import SettingsWrong

_log = logger("audit.witness")


@asynccontextmanager
async def witnessing(settings: WitnessSettings, clock: Clock = utc_now) -> AsyncIterator[Address]:
    """Answers while inside. Raises SettingsWrong, KeyUnavailable, OSError: then nothing was opened."""
    logs = known_logs(settings.logs)
    if not logs:
        raise SettingsWrong([f"{settings.logs} noemt geen enkel logboek."])
    cosigner = Cosigner(settings.folder, settings.name, logs, clock)
    if wrong := cosigner.check():
        raise SettingsWrong([f"{wrong} Doe `regie init witness`, als dit logboek nieuw is."])

    async def check() -> str:
        return await to_thread.run_sync(cosigner.check) or OK

    gate = StartGate()
    app = make_app("Regie: getuige", gate, texts=frozenset({ADD}))
    app.include_router(health_router({"getuige": check}, gate))
    app.include_router(witness_routes(cosigner))
    async with serve(app, settings.host, settings.port) as address, mirroring(settings, logs, clock):
        gate.open()
        yield address


async def _served(settings: WitnessSettings) -> None:
    stopped = asyncio.create_task(until_signal())  # before anybody can know that there is something to stop
    async with witnessing(settings) as address:
        _log.info("witness_listens", host=address.host, port=address.port)
        await stopped


def _found(settings: WitnessSettings) -> None:
    logs = known_logs(settings.logs)
    if settings.mirror_seconds:
        mirrored_of(settings, logs)  # before anything is made: what would not start is not founded
    key, new = found_witness(settings.folder, settings.name, logs)
    sys.stdout.write(f"{key}\n")
    if settings.mirror_seconds:
        sys.stdout.write(f"{found_mirror(settings.folder, settings.name)}\n")
    for origin in new:
        sys.stderr.write(f"regie: kent nu {origin}\n")


def main() -> None:
    """Until a signal. Ends with status 1 and a sentence when it cannot start."""
    _told(lambda: asyncio.run(_served(WitnessSettings.read())))


def found() -> None:
    """Prints the public key, for the policy of the logs; of a mirror also the key that the logs let in."""
    _told(lambda: _found(WitnessSettings.read()))


def _told(work: Callable[[], None]) -> None:
    begin(
        work, keys="De sleutel van de getuige is niet bereikbaar", system="De getuige kan niet luisteren of schrijven"
    )
