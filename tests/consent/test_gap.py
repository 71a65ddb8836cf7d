"""After lines came back from a mirror: what restricted in the gap stands, what was given in it does not, and what was
given before it does. With the register of now, and with one from the same backup."""

import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from assembly.demo.register import INCOME_ANSWER, TENANT
from audit.contract import LogUnavailable, Overtaken, Position
from connectors.contract import NotReleased
from consent import tables
from consent.contract import ResidentRef
from tests.audit.logs import Place
from tests.audit.restored import SAID, mirrored, recovered
from tests.consent.test_suspending import R2, opened, statuses
from tests.four_rooms import BY_LAW, DESK_WORKER, NOON, FourRooms, migrated, sqlite_urls

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
__all__ = ["migrated", "sqlite_urls"]  # fixtures


async def before_it(rooms: FourRooms) -> str:
    """R1 said yes in a case; the consent."""
    await rooms.furnish()
    await rooms.income()
    await rooms.case()
    given = await rooms.consent()
    assert (await rooms.release(INCOME_ANSWER)).values
    return given


async def in_the_gap(rooms: FourRooms, given: str, mirror: Path) -> None:
    """R1 stops; R2 gets a case, says yes, and becomes secret."""
    await rooms.choose(given, "stop")
    await rooms.case("Z-2", R2)
    await rooms.consent("Z-2", R2)
    who = ResidentRef.model_validate((await rooms.resident(R2)).model_dump())
    await rooms.register.flag(DESK_WORKER, who, ("geheimhouding",))
    await mirrored(rooms.audit, mirror)


async def as_two_persons_left_it(rooms: FourRooms, since: Position, given: str, *, whole: bool) -> None:
    log = rooms.audit.desks[0].log
    assert log.held
    with pytest.raises(LogUnavailable):
        await rooms.release(*BY_LAW)
    mark = f"{log.origin}/0"
    done = await rooms.register.suspend_all(TENANT, mark, since)
    assert done == (0 if whole else 2), "the case and the yes of the gap, where the register still has them"
    assert await rooms.register.suspend_all(TENANT, mark, since) == 0
    await rooms.audit.desks[0].release(mark, SAID)
    # given before it
    assert (await rooms.release(*BY_LAW)).values
    # restricted in it
    with pytest.raises(NotReleased):
        await rooms.release(INCOME_ANSWER)
    assert {"ingetrokken"} <= await statuses(rooms, tables.consents)
    # given in it
    assert "gegeven" not in await statuses(rooms, tables.consents)
    # a flag of the gap: it goes with what the law grants, and nothing goes where the register forgot that there is one
    if whole:
        with pytest.raises(Overtaken):
            await rooms.case("Z-3", R2)
        with pytest.raises(NotReleased):
            await rooms.release(*BY_LAW, zaak="Z-3", inwoner={"bsn": R2})
    else:
        await rooms.case("Z-3", R2)
        assert (await rooms.release(*BY_LAW, zaak="Z-3", inwoner={"bsn": R2})).secrecy
    anew = await rooms.register.anew(rooms.self_of(await rooms.resident()), given)
    await rooms.choose(anew.id, "ja")
    assert (await rooms.release(INCOME_ANSWER)).values


@pytest.mark.parametrize("whole", [False, True], ids=["the log alone", "the register too"])
async def test_restrictions_of_the_gap_revive_and_permits_do_not(
    whole: bool, sqlite_urls: dict[str, str], tmp_path: Path
) -> None:
    files = [Path(sqlite_urls[room].partition(":///")[2]) for room in ("audit", *(["consent"] if whole else []))]
    async with AsyncExitStack() as stack:
        rooms = await opened(sqlite_urls, tmp_path, stack)
        given = await before_it(rooms)
    for file in files:
        shutil.copy(file, tmp_path / f"kept-{file.name}")
    async with AsyncExitStack() as stack:
        await in_the_gap(await opened(sqlite_urls, tmp_path, stack), given, tmp_path / "mirror.db")
    for file in files:
        shutil.copy(tmp_path / f"kept-{file.name}", file)
    found = await recovered(Place(sqlite_urls["audit"], tmp_path, clock=lambda: NOON), tmp_path / "mirror.db")
    assert found
    async with AsyncExitStack() as stack:
        await as_two_persons_left_it(await opened(sqlite_urls, tmp_path, stack), found.since, given, whole=whole)
