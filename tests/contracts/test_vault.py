"""One suite for the vault as it is and for the vault over the wire."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from assembly.demo.register import EXERCISES, INCOME, TENANT
from audit.contract import NotPermitted, Overtaken
from kernel.errors import BadInput, NeighbourUnavailable, NoAccess, NotLoggedIn
from kernel.http.client import RoomLine, open_client
from kernel.http.rooms import RoomGate, RoomKey
from tests.four_rooms import DESK_WORKER, R1, STRANGER, FourRooms, empty, migrated, sqlite_urls
from tests.patience import PATIENCE
from tests.serving import opened
from tests.vault.test_permit import Maker
from vault.api import routes
from vault.client import VaultClient
from vault.contract import AlreadyKept, Deposit, NoNumber, NotKept, NoVault, Values, Vault, VaultUnavailable

__all__ = ["empty", "migrated", "sqlite_urls"]
pytestmark = pytest.mark.anyio


@pytest.fixture(params=["service", "client"])
async def vault(request: pytest.FixtureRequest, empty: FourRooms) -> AsyncIterator[Vault]:
    if request.param == "service":
        yield empty.safe
        return
    async with open_client("http://vault.test", timeout_seconds=PATIENCE, transport=over(empty)) as http:
        yield VaultClient(RoomLine(http, RoomKey("connectors", b"d" * 32, empty.clock), "vault"))


def over(rooms: FourRooms) -> httpx2.ASGITransport:
    trusted = {"connectors": RoomKey("connectors", b"d" * 32).public}
    return httpx2.ASGITransport(app=opened([routes(rooms.safe, RoomGate("vault", trusted, rooms.clock))]))


async def test_who_is_who(vault: Vault) -> None:
    (stranger,) = await vault.identify(DESK_WORKER, (STRANGER,))
    assert stranger.stand_in
    (enrolled,) = await vault.enrol(DESK_WORKER, (STRANGER,))
    assert await vault.identify(DESK_WORKER, (STRANGER,)) == [enrolled]
    assert await vault.identify(DESK_WORKER, ()) == []


async def test_a_name_is_of_one_recipient_and_known_once_it_was_given(vault: Vault) -> None:
    (resident,) = await vault.enrol(DESK_WORKER, (R1,))
    (stranger,) = await vault.identify(DESK_WORKER, (STRANGER,))
    other = DESK_WORKER.model_copy(update={"organisation": "ander"})
    with pytest.raises(NoAccess):
        await vault.name(DESK_WORKER, (stranger,))
    (name,) = await vault.name(DESK_WORKER, (resident,))
    assert await vault.name(DESK_WORKER, (resident,)) == [name]
    found = await vault.recognise(DESK_WORKER, (name, "b" * 32, resident.id))
    assert found[0] == resident and all(one.stand_in for one in found[1:])
    assert (await vault.recognise(other, (name,)))[0].stand_in, "a name of somebody else's is nobody's"
    assert (await vault.name(other, (resident,))) != [name]


async def test_whom_the_log_calls_so_is_found_among_all_residents(vault: Vault) -> None:
    enrolled = await vault.enrol(DESK_WORKER, (R1, STRANGER))
    subjects = [one.subject for one in enrolled]
    assert await vault.behind(DESK_WORKER, [*subjects, "systeem"]) == [*enrolled, None]
    other = DESK_WORKER.model_copy(update={"tenant": "elders"})
    with pytest.raises(VaultUnavailable):
        await vault.behind(other, subjects)
    assert await vault.behind(DESK_WORKER, ()) == []


async def test_a_number_is_held_by_its_resident_and_within_the_hour(vault: Vault, empty: FourRooms) -> None:
    resident = await vault.arrive(DESK_WORKER, R1)
    me, other = empty.self_of(resident), await vault.arrive(DESK_WORKER, STRANGER)
    with pytest.raises(NoAccess):
        await vault.hold_number(me, other)
    await vault.hold_number(me, resident)
    empty.now += timedelta(hours=1)
    await empty.safe.forget_numbers(TENANT)
    await vault.hold_number(me, resident)
    with pytest.raises(NoNumber):
        await vault.hold_number(empty.self_of(other), other)
    assert await vault.arrive(DESK_WORKER, R1) == resident


async def test_open_and_keep(vault: Vault, empty: FourRooms) -> None:
    resident = await empty.resident(R1)
    me = empty.self_of(resident)
    with pytest.raises(NoAccess):
        await vault.open_vault(DESK_WORKER, resident)
    with pytest.raises(NoVault):
        await vault.keep(me, resident, (Deposit(element=INCOME, value=1),))
    assert not await vault.opened(me, resident)
    receipt = await vault.open_vault(me, resident)
    assert await vault.opened(me, resident)
    (kept,) = await vault.keep(me, resident, (Deposit(element=INCOME, value={"bedrag": "1.00", "leeg": None}),))
    assert receipt.position < kept.position
    with pytest.raises(AlreadyKept) as already:
        await vault.keep(me, resident, (Deposit(element=INCOME, value=2),))
    assert already.value.members == {"gegevenselementen": [INCOME]}
    with pytest.raises(BadInput):
        await vault.keep(me, resident, (Deposit(element=EXERCISES[0], value="x" * 70_000),))


async def test_what_is_kept_is_named_replaced_and_removed(vault: Vault, empty: FourRooms) -> None:
    resident = await empty.income("1500.00")
    me = empty.self_of(resident)
    (kept,) = await vault.kept(me, resident)
    assert (kept.element, kept.since) == (INCOME, int(empty.now.timestamp() * 1_000))
    new = await vault.replace(me, resident, Deposit(element=INCOME, value="1600.00"))
    gone = await vault.remove(me, resident, INCOME)
    assert new.position < gone.position
    assert await vault.kept(me, resident) == []
    for again in (
        vault.replace(me, resident, Deposit(element=INCOME, value=1)),
        vault.remove(me, resident, EXERCISES[0]),
    ):
        with pytest.raises(NotKept):
            await again


async def test_what_another_tab_put_there_is_not_replaced_or_removed(vault: Vault, empty: FourRooms) -> None:
    resident = await empty.income("1500.00")
    me = empty.self_of(resident)
    (seen,) = await vault.kept(me, resident)
    new = Deposit(element=INCOME, value="1600.00")
    first = await vault.replace(me, resident, new, seen.id)
    for late in (
        vault.replace(me, resident, Deposit(element=INCOME, value="1700.00"), seen.id),
        vault.remove(me, resident, INCOME, seen.id),
        vault.remove(me, resident, INCOME, ""),
    ):
        with pytest.raises(NotKept):
            await late
    assert (await vault.replace(me, resident, new, seen.id)).position == first.position, "sent twice"
    (now,) = await vault.kept(me, resident)
    gone = await vault.remove(me, resident, INCOME, now.id)
    assert (await vault.remove(me, resident, INCOME, now.id)).position == gone.position, "sent twice"


async def test_only_its_resident_sees_what_is_kept_and_a_line_says_so(vault: Vault, empty: FourRooms) -> None:
    resident = await empty.income("1500.00")
    me = empty.self_of(resident)
    (seen,) = await vault.look(me, resident, (INCOME,))
    assert (seen.element, seen.value, seen.source, seen.origin) == (INCOME, "1500.00", "inwoner", "eigen-opgave")
    assert [line.event.elements for line in await empty.lines() if line.event.kind == "kluis-ingezien"] == [(INCOME,)]
    for stranger in (DESK_WORKER, me.model_copy(update={"acting_for": "x"})):
        with pytest.raises(NoAccess):
            await vault.look(stranger, resident, (INCOME,))
    with pytest.raises(NotKept):
        await vault.look(me, resident, (EXERCISES[0],))
    for none in ((), (INCOME, INCOME)):
        with pytest.raises(BadInput):
            await empty.safe.look(me, resident, none)


async def test_verdicts_are_values(vault: Vault, empty: FourRooms) -> None:
    resident = await empty.income("1500.00")
    maker = Maker(empty, resident.id, resident.fence)
    good, moved = await maker.permit(), await maker.permit(maker.decision(hekken=[[resident.fence, 0, "inwoner"]]))
    forged = good.model_copy(update={"seal": "0" * 128})
    values, refused = await vault.fetch(DESK_WORKER, (good, forged))
    assert isinstance(values, Values)
    assert values.values[0].value == "1500.00"
    assert isinstance(refused, NotPermitted)
    assert refused.detail == "zegel"
    await maker.move(resident.fence)
    (verdict,) = await vault.fetch(DESK_WORKER, (moved,))
    assert isinstance(verdict, Overtaken)
    assert [(move.fence, move.epoch) for move in verdict.moved] == [(resident.fence, 1)]


async def test_a_room_without_a_key_gets_nothing(empty: FourRooms) -> None:
    async with open_client("http://vault.test", timeout_seconds=PATIENCE, transport=over(empty)) as http:
        stranger = VaultClient(RoomLine(http, RoomKey("connectors", b"x" * 32, empty.clock), "vault"))
        with pytest.raises(NeighbourUnavailable):
            await stranger.identify(DESK_WORKER, (R1,))
        assert (await http.post("/intern/v1/vault/identify", json={"bsns": []})).status_code == NotLoggedIn.status
