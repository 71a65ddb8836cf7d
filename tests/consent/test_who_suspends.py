"""Who suspends a recipient and its applications: whose it is, for whom it takes part in a purpose, and the FG."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consent.activity import Application, Recipient
from consent.contract import NoSuchThing, suspenders, suspends
from kernel.caller import Caller
from kernel.errors import NoAccess
from tests.consent.house import JWKS, PARTY, STAFF, TENANT, House, activity, opened_house

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def person(*roles: str) -> Caller:
    return Caller(tenant=TENANT, kind="medewerker", user="-".join(roles), roles=roles)


def owner(*departments: str) -> Caller:
    return person("proceseigenaar", *(f"afdeling:{one}" for one in departments))


OFFICER = person("fg")
SHARED = activity("samen", ontvangers=[{"ontvanger": "loket"}, {"ontvanger": "stad"}])
HIRED = activity("samen-met-bureau", ontvangers=[
    {"ontvanger": "loket"}, {"ontvanger": "bureau", "rol": "verwerker", "verwerkerVan": "loket"}])  # fmt: skip
WATCHED = activity("logboek", ontvangers=[{"ontvanger": "loket"}, {"ontvanger": "controle"}])


@pytest.mark.parametrize(
    ("recipient", "who"),
    [
        ("loket", {"loket", "stad"}),  # a stolen key of one is stopped by whoever shares a purpose with it
        ("stad", {"loket", "stad"}),
        ("bureau", {"bureau", "loket"}),  # who works for a department, by that department
        ("controle", {"controle"}),  # what nobody stops binds nobody together
        ("nieuw", {"nieuw"}),
    ],
)
def test_whose_purposes_a_recipient_takes_part_in_suspend_it(recipient: str, who: set[str]) -> None:
    versions = (SHARED, HIRED, WATCHED)
    assert suspenders(recipient, versions) == who
    for department in ("loket", "stad", "bureau", "controle", "nieuw"):
        assert suspends(owner(department), recipient, versions) is (department in who)
    assert suspends(OFFICER, recipient, versions)
    assert not suspends(owner(), recipient, versions)
    assert not suspends(person("balie", f"afdeling:{recipient}"), recipient, versions)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as house:
        for slug in ("loket", "stad", "elders"):
            application = Application.model_validate(
                {"clientId": f"{slug}-app", "naam": slug, "soort": "automatisch", "jwks": JWKS}
            )
            await house.consent.admit(
                STAFF, Recipient(slug=slug, oin=PARTY.oin, name=PARTY.name, applications=(application,))
            )
        await house.consent.publish(STAFF, SHARED)
        yield house


async def admitted(house: House, client: str) -> bool:
    return await house.consent.clients.client_of(TENANT, client) is not None


async def test_another_department_suspends_nothing_and_hears_who_can(house: House) -> None:
    parties, stranger = house.consent.parties, owner("elders")
    for asked in (
        parties.suspend(stranger, "loket-app"), parties.end_key(stranger, "loket-app", "1", 0),
        house.consent.suspend(stranger, "loket"),
    ):  # fmt: skip
        with pytest.raises(NoAccess) as refused:
            await asked
        assert "eigenaar bij loket, stad, de FG" in refused.value.detail
    for nobody in (owner(), person("balie", "afdeling:loket")):
        with pytest.raises(NoAccess):
            await parties.suspend(nobody, "loket-app")
    with pytest.raises(NoSuchThing):
        await parties.suspend(OFFICER, "bestaat-niet")
    assert await admitted(house, "loket-app")
    assert "ontvanger-geschorst" not in await house.kinds("systeem")


async def test_who_shares_a_purpose_stops_a_stolen_key_and_its_application(house: House) -> None:
    await house.consent.parties.end_key(owner("stad"), "loket-app", "1", 0)
    await house.consent.parties.suspend(owner("stad"), "loket-app")
    assert not await admitted(house, "loket-app")
    await house.consent.suspend(owner("loket"), "stad")
    assert not await admitted(house, "stad-app")


async def test_the_officer_sees_them_all_and_suspends_any(house: House) -> None:
    assert {one.recipient.slug for one in await house.consent.parties.registered(OFFICER)} == {
        "loket",
        "stad",
        "elders",
    }
    await house.consent.parties.suspend(OFFICER, "elders-app")
    await house.consent.suspend(OFFICER, "stad")
    assert not await admitted(house, "elders-app") and not await admitted(house, "stad-app")
    for asked in (
        house.consent.parties.all(OFFICER),
        house.consent.parties.step(OFFICER, "x", "voorstellen", "0" * 64),
    ):
        with pytest.raises(NoAccess):
            await asked


async def test_a_purpose_that_ended_binds_nobody_any_more(house: House) -> None:
    await house.consent.drafts.end(owner("loket"), "samen", "Klaar ermee.")
    with pytest.raises(NoAccess):
        await house.consent.parties.suspend(owner("stad"), "loket-app")
    await house.consent.parties.suspend(owner("loket"), "loket-app")
