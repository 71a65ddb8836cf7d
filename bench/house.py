"""The house under load, a process of its own: the demo's stage, with a consent of every resident for the exercise.

Arguments: folder, port, and optionally a file with the URL of a PostgreSQL database. `GET /bench` tells what it spent.
"""

import asyncio
import gc
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from assembly.building import World
from assembly.demo import register
from assembly.demo.brp.loader import own_residents
from assembly.demo.people import cast_of
from assembly.demo.play import Demo, settings_of
from assembly.demo.stage import Stage
from assembly.founding import found
from assembly.house import House, assemble
from bench.spent import Spent
from bench.withdrawing import SEEN, Withdrawing
from consent.contract import Choice, ConsentRequest, ResidentRef
from kernel.caller import Caller
from kernel.clock import utc_now
from kernel.http.server import serve, until_signal
from vault.contract import Bsn


async def run(folder: Path, port: int, postgres: str) -> None:
    """Until SIGTERM. `ready` is printed once it can be asked."""
    persons = own_residents()
    cast = cast_of(persons, utc_now().date())
    demo = Demo(folder, port, None, print)
    settings = settings_of(demo, "")
    if postgres:
        settings = settings.model_copy(update={"postgres": SecretStr(postgres)})
    await found(settings)
    withdrawing = Withdrawing()
    house = await assemble(settings, world=World(extra=(Spent().router(), withdrawing.router())))
    async with serve(house.app, port=port):
        await Stage(house, cast, folder, demo.url).set_up()
        given = await _consents(house, list(cast.bsn_of.values()))
        withdrawing.told(house.consent("assembly"), given)
        gc.freeze()  # as `regie serve` does
        print("ready", flush=True)
        await until_signal()


async def _consents(house: House, numbers: list[str]) -> list[tuple[Caller, str]]:
    staff = Caller(tenant=register.TENANT, organisation=register.LOAN_DESK, kind="automatisch")
    refs = await house.vault("assembly").identify(staff, [Bsn(number) for number in numbers])
    consent = house.consent("assembly")
    choice = Choice(answer="ja", text_hash=SEEN, language="nl")

    async def give(resident: ResidentRef) -> tuple[Caller, str]:
        wanted = ConsentRequest(resident=resident, activity=register.EXERCISE, elements=register.EXERCISES)
        asked = await consent.request(staff, wanted)
        own = Caller(tenant=register.TENANT, kind="inwoner", user=resident.id, auth_time=int(time.time()))
        await consent.choose(own, asked.id, choice)
        return own, asked.id

    return list(await asyncio.gather(*(give(ResidentRef(**one.model_dump())) for one in refs)))


def main() -> None:
    """See the module."""
    folder, port, *postgres = sys.argv[1:]
    asyncio.run(run(Path(folder), int(port), Path(postgres[0]).read_text() if postgres else ""))


if __name__ == "__main__":
    main()
