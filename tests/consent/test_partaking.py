"""What every token asks of the register: shared by those who ask together, and never older than the rows."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.contract import RegisterUnavailable
from consent.service import ConsentService
from consent.tables import activities
from tests.consent.house import PARTY, STAFF, TENANT, House, activity, opened_house
from tests.statements import said_to

pytestmark = pytest.mark.anyio
SYSTEM = PARTY.applications[0]


async def test_who_takes_part_is_known_without_reading_again_and_never_later_than_the_register(tmp_path: Path) -> None:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as house:
        await house.ready(activity(), activity("andere"))
        other = await house.second()  # an instance that is told nothing
        assert await other.clients.activities_of(TENANT, "loket", SYSTEM) == {"regeling", "andere"}
        said = said_to(other.database)
        assert await other.clients.activities_of(TENANT, "loket", SYSTEM) == {"regeling", "andere"}
        assert not [one for one in said if "document" in one], "what is known is not read again"
        await _many(house)
        await house.consent.publish(STAFF, activity("derde"))
        assert await other.clients.activities_of(TENANT, "loket", SYSTEM) == {"regeling", "andere", "derde"}
        narrower = activity("derde", ontvangers=[{"ontvanger": "wijk"}])
        await house.consent.admit(STAFF, PARTY.model_copy(update={"slug": "wijk", "applications": ()}))
        await house.consent.publish(STAFF, narrower)
        assert await other.clients.activities_of(TENANT, "loket", SYSTEM) == {"regeling", "andere"}
        assert await _looked(other) == ({"loket-app"}, frozenset({"regeling", "andere"}))
        await _touched(house, status="gepubliceerd")  # an ended version comes back to life, in the table alone
        with pytest.raises(RegisterUnavailable):
            await other.clients.activities_of(TENANT, "loket", SYSTEM)
        with pytest.raises(RegisterUnavailable):
            await _looked(other)


async def _looked(consent: ConsentService) -> tuple[set[str], frozenset[str]]:
    """As the token endpoint does, in a transaction of its own."""
    looking = await consent.clients.looking(TENANT)

    async def work(connection: AsyncConnection) -> tuple[set[str], frozenset[str]]:
        look = looking(connection)
        known = await look.clients({"loket-app", "vreemd"})
        return {*known}, (await look.activities())(SYSTEM, "loket")

    return await consent.database.written(TENANT, work)


async def _many(house: House) -> None:
    clients, said = house.consent.clients, said_to(house.consent.database)
    names = ["loket-app", "vreemd"] * 10
    found = await asyncio.gather(*(clients.client_of(TENANT, name) for name in names))
    assert [one[1].slug if one else "" for one in found] == ["loket", ""] * 10
    await asyncio.gather(*(clients.activities_of(TENANT, "loket", SYSTEM) for _ in range(20)))
    assert 3 <= len(said) <= 12, "one look for all who wait, not one for each"


async def _touched(house: House, **values: object) -> None:
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(activities).values(**values))
