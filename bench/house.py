"""The house under load, a process of its own: the demo's stage, with a consent of every resident for the exercise.

Arguments: folder, port, and optionally a file with the URL of a PostgreSQL database, and the address of a BRP: then
there is an activity of four elements besides (`bench.four`). `GET /bench` tells what it spent.
"""

import asyncio
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
from assembly.garbage import settled
from assembly.house import House, assemble
from bench.four import ACTIVITY, ELEMENTS
from bench.spent import Spent
from bench.withdrawing import SEEN, Withdrawing
from consent.activity import ActivityVersion
from consent.contract import Choice, ConsentRequest, ResidentRef
from kernel.caller import Caller, room_of
from kernel.clock import utc_now
from kernel.http.server import serve, until_signal
from vault.contract import Bsn


async def run(folder: Path, port: int, postgres: str = "", brp: str = "") -> None:
    """Until SIGTERM. `ready` is printed once it can be asked."""
    persons = own_residents()
    cast = cast_of(persons, utc_now().date())
    demo = Demo(folder, port, None, print)
    settings = settings_of(demo, brp)
    if postgres:
        settings = settings.model_copy(update={"postgres": SecretStr(postgres)})
    await found(settings)
    withdrawing = Withdrawing()
    house = await assemble(settings, world=World(extra=(Spent().router(), withdrawing.router())))
    async with serve(house.app, port=port):
        await Stage(house, cast, folder, demo.url).set_up()
        numbers = [Bsn(number) for number in cast.bsn_of.values()]
        if brp:
            await house.consent("assembly").publish(room_of(register.TENANT, "assembly"), _four())
            await _consents(house, numbers, ACTIVITY)
        given = await _consents(house, numbers, register.EXERCISE)
        withdrawing.told(house.consent("assembly"), given)
        settled()  # as `regie serve` does
        print("ready", flush=True)
        await until_signal()


def _four() -> ActivityVersion:
    """The exercise, with what the story has by law."""
    found = {version.slug: version for version in register.activities()}
    by_law = tuple(one for one in found[register.STORY].elements if one.name in ELEMENTS)
    exercise = found[register.EXERCISE]
    return exercise.model_copy(update={"slug": ACTIVITY, "elements": exercise.elements + by_law})


async def _consents(house: House, numbers: list[Bsn], activity: str) -> list[tuple[Caller, str]]:
    staff = Caller(tenant=register.TENANT, organisation=register.LOAN_DESK, kind="automatisch")
    refs = await house.vault("assembly").identify(staff, numbers)
    consent = house.consent("assembly")
    choice = Choice(answer="ja", text_hash=SEEN, language="nl")

    async def give(resident: ResidentRef) -> tuple[Caller, str]:
        wanted = ConsentRequest(resident=resident, activity=activity, elements=register.EXERCISES)
        asked = await consent.request(staff, wanted)
        own = Caller(tenant=register.TENANT, kind="inwoner", user=resident.id, auth_time=int(time.time()))
        await consent.choose(own, asked.id, choice)
        return own, asked.id

    return list(await asyncio.gather(*(give(ResidentRef(**one.model_dump())) for one in refs)))


def main() -> None:
    """See the module."""
    folder, port, *more = sys.argv[1:]
    postgres, brp = [*more, "", ""][:2]
    asyncio.run(run(Path(folder), int(port), Path(postgres).read_text() if postgres else "", brp))


if __name__ == "__main__":
    main()
