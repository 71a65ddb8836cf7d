"""A resident logs in and says yes, and their receipt goes to the message service; until they turn it off."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from consent.delivery.tables import reachable
from tests.consent.receiver import Receiver, receiving
from tests.house import HERE, OPENED, R1, Founded, House, Plan
from tests.patience import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def plan(founded_on_files: Founded, receiver: Receiver) -> Plan:
    service = {"url": f"http://127.0.0.1:{receiver.port}/api", "private": ["127.0.0.1"]}
    return Plan(founded_on_files, False, None, {"REGIE_CONSENT_MESSAGES": json.dumps({HERE: service})})


async def came(receiver: Receiver, count: int) -> None:
    await until(lambda: len(receiver.got) >= count)


async def test_who_is_only_at_the_desk_is_not_kept(house: House) -> None:
    before = await kept(house)
    employee = await house.visitor("balie")
    page = await employee.get("/balie")
    filled = {"reden": "kiezen", "weg": "balie", "controle": "paspoort", "wie": "zelf", "bsn": OPENED["r2"]}
    talk = await employee.send(page, page.form("reden"), **filled)
    assert "/balie/" in talk.url
    assert await kept(house) == before, "they could not turn it off; the form says that nothing is kept"


async def kept(house: House) -> int:
    """Residents whose number is kept."""
    async with house.register.register.reading(HERE) as rows:
        return len(await rows.find(reachable))


async def test_a_receipt_comes_after_each_choice_until_it_is_turned_off(house: House, receiver: Receiver) -> None:
    visitor = await house.visitor("r1")
    page = await visitor.get("/berichten")
    assert "U krijgt geen berichten." in page.text
    await visitor.send(page, page.form("actie", "aan"), actie="aan")
    await house.visitor("r1")  # once more: their number comes with a login
    place = await house.consent(await house.case())
    await came(receiver, 1)
    told = receiver.events[0]
    assert told["ontvanger"] == {"bsn": R1} and told["soort"] == "toestemmingsbewijs"
    record = told["bijlage"]["inhoud"]["ontvangstbewijs"]["dpv:hasRecordOfActivity"]
    assert record["dct:identifier"] == place.rpartition("/")[2]
    assert "bericht" in {one["soort"] for one in await house.lines()}

    visitor = await house.visitor("r1")
    page = await visitor.get("/berichten")
    assert "U krijgt berichten." in page.text
    off = await visitor.send(page, page.form("actie", "uit"), actie="uit")
    assert "U krijgt geen berichten." in off.text
    page = await visitor.get(place)
    await visitor.send(page, page.form("actie", "stoppen"), actie="stoppen")
    await asyncio.sleep(5)  # two rounds
    assert len(receiver.got) == 1
    page = await visitor.get("/en/berichten")
    assert "You get no messages." in page.text
    on = await visitor.send(page, page.form("actie", "aan"), actie="aan")
    assert "proefinlog" in on.url, "their number comes with a login, and no session holds it"
    visitor = await house.visitor("r1")
    assert "U krijgt berichten." in (await visitor.get("/berichten")).text
