"""A recipient that may not use a number: from a question to nobody in particular to data under a name of its own."""

from typing import Any

import pytest

from assembly.demo.recipient import Application
from assembly.demo.register import EXERCISE, EXERCISES
from tests.house import R1, TRAINER, House

pytestmark = pytest.mark.anyio
ASKED: dict[str, Any] = {"verwerkingsactiviteit": EXERCISE, "gegevenselementen": [EXERCISES[0]]}


async def named(house: House, coach: Application) -> tuple[dict[str, Any], dict[str, Any]]:
    """R1 says yes to a question that was for nobody: how the recipient may name them from then on, in two ways."""
    told = await coach.post("toestemming", "/toestemmingsverzoeken", ASKED | {"inwoner": {"bsn": R1}})
    assert (told.status_code, told.json()["code"]) == (403, "geen-bsn")
    # 1 a question to whoever opens its page
    wanted = (await coach.post("toestemming", "/toestemmingsverzoeken", ASKED)).json()
    place = "/toestemmingen/" + wanted["id"]
    assert wanted["portaalUrl"].endswith(place)
    by_consent = {"inwoner": {"toestemming": wanted["id"]}}
    early = await coach.post("verstrekking", "/verstrekkingen", ASKED | by_consent)
    assert (early.status_code, early.json()["code"]) == (403, "geen-toestemming")
    # 2 somebody reads it and takes nothing up; R1 says yes, and from then on it is theirs alone
    neighbour, resident = await house.visitor("r2"), await house.visitor("r1")
    assert "nog niet op uw naam" in (await neighbour.get(place)).text
    page = await resident.get(place)
    page = await resident.send(page, page.form("actie", "kiezen"), actie="kiezen", keuze="ja")
    assert page.status == 200 and "nog niet op uw naam" not in page.text
    assert (await neighbour.get(place)).status == 404
    # 3 the recipient learns its own name for whoever that was
    token = await coach.token("toestemming")
    address = f"{coach.entry['resources']['toestemming']}/toestemmingsverzoeken/{wanted['id']}"
    seen = (await house.http.get(address, headers={"authorization": f"Bearer {token}"})).json()
    assert seen["status"] == "gegeven"
    return {"inwoner": {"pseudoniem": seen["pseudoniem"]}}, by_consent


async def test_a_private_recipient_learns_a_name_from_a_yes_and_is_given_data_and_no_number(house: House) -> None:
    coach = house.application(TRAINER)
    by_name, by_consent = await named(house, coach)
    # 4 it gets what was allowed, under a line that R1 sees
    key = {"Idempotency-Key": "019aa9c0-0000-4000-8000-000000000001"}
    answers = [await coach.post("verstrekking", "/verstrekkingen", ASKED | by_name, **key) for _ in range(2)]
    answers.append(await coach.post("verstrekking", "/verstrekkingen", ASKED | by_consent))
    for answer in answers:
        assert answer.status_code == 200 and set(answer.json()["gegevens"]) == {EXERCISES[0]}
        assert R1 not in answer.text
    assert answers[0].json()["id"] == answers[1].json()["id"] != answers[2].json()["id"]
    other = await coach.post("verstrekking", "/verstrekkingen", ASKED | by_consent, **key)
    assert (other.status_code, other.json()["code"]) == (409, "sleutel-andere-vraag")
    kinds = [one["soort"] for one in await house.lines() if one.get("ontvanger") == TRAINER]
    assert kinds.count("verstrekking") == 3 and "toestemming-gevraagd" in kinds
    # 5 a number is refused, and R1 sees who tried
    numbered = await coach.post("verstrekking", "/verstrekkingen", ASKED | {"inwoner": {"bsn": R1}})
    assert (numbered.status_code, numbered.json()["code"]) == (403, "ontvanger-niet-bevoegd")
    assert numbered.json()["volgendeStap"]
    # 6 another recipient's name is as unknown as one that nobody has
    desk = house.application()
    ours = {"gebruiker": "mw-4821", **ASKED}
    strange = [by_name, {"inwoner": {"pseudoniem": "a" * 32}}, by_consent]
    refusals = [await desk.post("verstrekking", "/verstrekkingen", ours | one) for one in strange]
    plain = refusals[0].json()["geweigerd"]
    assert plain[0]["code"] == "geen-toestemming"
    assert all((one.status_code, one.json()["geweigerd"]) == (403, plain) for one in refusals)
