"""A part that fails is taken up again: with the lines it has while their permits live, with others after that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest

from assembly.demo.register import EXERCISES
from audit.contract import Audit, Entry, Overtaken, Permit, Verdict
from kernel.caller import Caller
from kernel.errors import Problem
from tests.connectors.bulk_house import BULK, BY_LAW, ended, numbers, placed, ready
from tests.connectors.test_bulk import chosen, rows
from tests.four_rooms import R1, FourRooms
from tests.patience import until
from vault.contract import Values, Vault, VaultUnavailable

pytestmark = pytest.mark.anyio


@dataclass
class Failing:
    """The vault; the first time that it is asked to open anything it cannot, and so many seconds pass."""

    rooms: FourRooms
    inner: Vault
    seconds: int
    asked: int = 0

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        self.asked += 1
        if self.asked == 1:
            self.rooms.now += timedelta(seconds=self.seconds)
            raise VaultUnavailable("Even niet.")
        return await self.inner.fetch(caller, permits)


@pytest.mark.parametrize(("seconds", "outcomes"), [(3, ["geleverd"]), (40, ["geleverd", "mislukt"])])
async def test_lines_of_a_moment_ago_are_used_and_older_ones_closed(
    house: FourRooms, seconds: int, outcomes: list[str]
) -> None:
    reader = await ready(house)
    await chosen(house, R1)
    vault = Failing(house, house.safe, seconds)
    await house.wire(vault=cast(Vault, vault))
    async with house.http() as http:
        job = await placed(http, [R1.reveal(), *numbers(3)], "oefening", *EXERCISES)
        while vault.asked < 2:  # its clock stands still: a part waits as long as we let it
            await ended_or_later(house, http, job)
        assert (await ended(http, job))["verstrekt"] == 1
        assert reader.read((await http.get(f"{BULK}/{job}/resultaat")).text)[0]["status"] == "verstrekt"
    found = [line.outcome for line in await house.lines() if line.event.kind == "verstrekking"]
    assert found == outcomes


async def ended_or_later(house: FourRooms, http: Any, job: str) -> None:
    """A moment passes, here and there."""
    try:
        await ended(http, job, 0.3)
    except TimeoutError:
        house.now += timedelta(seconds=1)


@dataclass
class Busy:
    """The log, which says of many releases at once that they were decided too long ago."""

    inner: Audit

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        if len(entries) > 6 and entries[0].requires:
            return [Overtaken("Te laat.", moved=[], position="2026h2-0") for _ in entries]
        return await self.inner.record(caller, entries)


async def test_where_the_log_is_busy_fewer_are_decided_at_once(house: FourRooms) -> None:
    await ready(house)
    await house.wire(audit=cast(Audit, Busy(house.audit.door("connectors"))))
    async with house.http() as http:
        job = await placed(http, [R1.reveal(), *numbers(29)], BY_LAW, "brp.naam")
        said = await ended(http, job)
        assert (said["status"], said["verstrekt"], said["nietGeleverd"]) == ("klaar", 1, 29)
    assert len([line for line in await house.lines() if line.event.kind == "verstrekking"]) == 1


@dataclass
class Slow:
    """The vault; it takes three times as long as a part stays held, and the rest of the house looks on."""

    rooms: FourRooms
    inner: Vault
    asked: int = 0

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        self.asked += 1
        for _ in range(6):
            await until(self.said_again)
            self.rooms.now += timedelta(seconds=0.5)
        return await self.inner.fetch(caller, permits)

    def said_again(self) -> bool:
        """Whether the part stays held for longer than the half second that comes."""
        ((until,),) = rows(self.rooms, "bulk_parts", "held_until")
        return bool(until > self.rooms.now.timestamp() * 1000 + 500)


async def test_a_part_that_is_still_worked_on_is_taken_by_nobody_else(house: FourRooms) -> None:
    await ready(house, bulk_held_seconds=1.0)
    await chosen(house, R1)
    vault = Slow(house, house.safe)
    await house.wire(vault=cast(Vault, vault))
    async with house.http() as http:
        said = await ended(http, await placed(http, [R1.reveal()], "oefening", *EXERCISES))
    assert (said["verstrekt"], vault.asked) == (1, 1)
    found = [line.outcome for line in await house.lines() if line.event.kind == "verstrekking"]
    assert len(found) == 1, "nobody else wrote another line meanwhile"
