"""Killed between two steps of a report, a file and a set: after the next start each is there once, with its line."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from assembly.demo.register import TENANT
from kernel.failpoints import arm
from tests.connectors.counting.town import Town
from tests.connectors.test_corrected import corrected, telling
from tests.connectors.test_corrected import told as events_of
from tests.connectors.test_corrections import Registry, doubt, file, kinds, position
from tests.connectors.test_declared import EXAMPLES
from tests.connectors.test_lab import lab, of_nobody, order
from tests.connectors.test_removals import confirm, due, followed, lived_in, told
from tests.connectors.test_uploads import CSV, PLACE, A, file_of, lines_of
from tests.forks import FORKS
from tests.four_rooms import BY_LAW, DESK_WORKER, FourRooms
from tests.patience import PATIENCE

POINTS = ("corrections.placed", "corrections.recorded", "corrections.sent", "corrections.passed",
          "corrections.noted", "uploads.whole", "uploads.recorded", "lab.recorded", "removals.read",
          "removals.recorded")  # fmt: skip
OWNER = DESK_WORKER.model_copy(update={"scope": (*DESK_WORKER.scope, "verstrekking:bronhouder")})
Steps = Callable[[FourRooms], Awaitable[None]]


class Either(httpx2.AsyncBaseTransport):
    """The BRP, and whoever looks after it."""

    def __init__(self, house: FourRooms) -> None:
        self.brp, self.registry = httpx2.ASGITransport(app=house.brp), Registry()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """To the one or the other, by the path."""
        to = self.registry if request.url.path.startswith("/corr") else self.brp.handle_async_request
        return await to(request)


async def looked_after(house: FourRooms) -> Registry:
    house.desk_settings |= {"brp_corrections": {"owner": "burgerzaken", "url": "http://registry.test/corr"}}
    other = Either(house)
    await house.wire(transport=other)
    return other.registry


async def report(house: FourRooms) -> None:
    await house.furnish()
    await house.case()
    await looked_after(house)
    await file(house, doubt(position(await house.release(*BY_LAW))))


async def carry(house: FourRooms) -> None:
    await report(house)
    desk: Any = house.desk.corrections
    await desk.forwarding.round(TENANT)


async def tell(house: FourRooms) -> None:
    await house.furnish()
    await house.case()
    await looked_after_by_hand(house)
    await corrected(house, position(await house.release(*BY_LAW)))
    await telling(house).round(TENANT)


async def heard(house: FourRooms) -> None:
    """One line, and one event."""
    await looked_after_by_hand(house)
    house.now += timedelta(days=1, minutes=3)
    for _ in range(2):
        await telling(house).round(TENANT)
    assert (await kinds(house)).count("terugmelding-stapdoorgegeven") == 1 == len(await events_of(house))


async def looked_after_by_hand(house: FourRooms) -> None:
    house.desk_settings |= {"brp_corrections": {"owner": "burgerzaken"}}
    await house.wire()


async def send(house: FourRooms) -> None:
    await house.furnish()
    await house.case()
    await parking(house)
    async with house.http() as http:
        await http.post(PLACE, content=file_of((A, "C-17")), headers=CSV)


async def parking(house: FourRooms) -> None:
    place = house.folder / "sources" / TENANT / "parkeren.toml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text((EXAMPLES / "parkeren.toml").read_text().replace("parkeerbeheer", DESK_WORKER.organisation))
    house.who = OWNER
    await house.wire(sources=house.folder / "sources")


async def collect(house: FourRooms) -> None:
    await house.furnish()
    await house.case()
    await lab(house)
    async with house.http() as http:
        await order(http)


async def remove(house: FourRooms) -> None:
    await house.furnish()
    await house.case()
    await lived_in(house)
    place = position(await house.release(*BY_LAW))
    await followed(house)
    await confirm(house, place)


async def removed(house: FourRooms) -> None:
    """What must go is known, and that it is gone is one line, whoever says it again."""
    await followed(house, timedelta(minutes=20))
    (given,) = [one for one in await house.lines() if one.event.kind == "verstrekking"]
    assert [one.release for one in (await due(house)).found] == ([] if await told(house) else [str(given.position)])
    await confirm(house, str(given.position))
    assert len(await told(house)) == 1 and not (await due(house)).found


async def reported(house: FourRooms) -> None:
    """The report, its line and its owner's copy: one of each."""
    registry = await looked_after(house)
    desk: Any = house.desk.corrections
    for minute in (2, 4, 6):
        house.now = house.now.replace(minute=minute)
        await desk.forwarding.round(TENANT)
    (there,) = await desk.filed(DESK_WORKER)
    assert there.forwarded
    # whoever was told before the crash was told by another process: here at most once more, under the same id
    assert set(registry.got) <= {there.id} and registry.times <= 1
    said = [kind for kind in await kinds(house) if kind.startswith("terug")]
    assert said == ["terugmelding", "terugmelding-stapdoorgestuurd"]


async def sent(house: FourRooms) -> None:
    """The file counts, by one line."""
    house.now += timedelta(minutes=16)
    await parking(house)
    async with asyncio.timeout(PATIENCE), house.http() as http:
        while (await http.get(PLACE)).json()["versie"] != 1:  # noqa: ASYNC110 - a task of the house does it
            await asyncio.sleep(0.05)
    assert [one.event.details["stap"] for one in await lines_of(house)] == ["overgenomen"]


async def collected(house: FourRooms) -> None:
    """The run that was broken off stays in the log and gave nothing; asked again there is one set."""
    await Town.again(house)
    house.who = house.who.model_copy(update={"application": "bulk-app", "kind": "automatisch"})
    async with house.http() as http:
        assert (await http.get("/verstrekking/v1/gegevenssets")).json()["gegevenssets"] == []
    assert (await of_nobody(house)).count("statistiek") == 1


ACTS: tuple[tuple[Steps, Steps], ...] = (
    (report, reported),
    (report, reported),
    (carry, reported),
    (tell, heard),
    (tell, heard),
    (send, sent),
    (send, sent),
    (collect, collected),
    (remove, removed),
    (remove, removed),
)


@pytest.mark.parametrize(("point", "steps", "left"), [(point, *acts) for point, acts in zip(POINTS, ACTS, strict=True)])
def test_nothing_is_lost_or_doubled(
    point: str, steps: Steps, left: Steps, sqlite_urls: dict[str, str], tmp_path: Path
) -> None:
    victim = FORKS.Process(target=_die, args=(point, steps, sqlite_urls, tmp_path))
    victim.start()
    victim.join(120)
    assert victim.exitcode == -signal.SIGKILL, victim.exitcode
    victim.close()
    asyncio.run(_in(left, sqlite_urls, tmp_path))


def _die(point: str, steps: Steps, urls: dict[str, str], folder: Path) -> None:
    arm(point)
    asyncio.run(_in(steps, urls, folder))


async def _in(steps: Steps, urls: dict[str, str], folder: Path) -> None:
    async with AsyncExitStack() as stack:
        house = FourRooms(urls, folder, stack)
        await house.open()
        await steps(house)
