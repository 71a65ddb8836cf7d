"""A bulk job through every door there is, with all rooms in one process and each in its own."""

import asyncio
from typing import Any

import pytest
from joserfc.jwk import ECKey

from assembly.demo.register import EXERCISE, EXERCISES
from tests.connectors.bulk_house import Reader, numbers
from tests.house import R1, ROBOT, House, crossed_plan
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
plan = crossed_plan
PLACE = "/bulkverstrekkingen"


async def test_a_list_goes_out_and_comes_back_sealed(house: House) -> None:
    robot = house.application(ROBOT)
    order: dict[str, Any] = {"verwerkingsactiviteit": EXERCISE, "gegevenselementen": list(EXERCISES)}
    wanted = await robot.post("toestemming", "/toestemmingsverzoeken", {**order, "inwoner": {"bsn": R1}})
    place = f"/toestemmingen/{wanted.json()['id']}"
    visitor = await house.visitor("r1")
    page = await visitor.get(place)
    await visitor.send(page, page.form("actie", "kiezen"), actie="kiezen", keuze="ja")
    order["inwoners"] = [{"bsn": bsn} for bsn in [R1, *numbers(130)]]
    placed = await robot.post("verstrekking", PLACE, order)
    assert placed.status_code == 202, placed.text
    headers = {"authorization": f"Bearer {await robot.token('verstrekking')}"}
    job = f"{robot.entry['resources']['verstrekking']}{PLACE}/{placed.json()['id']}"
    async with asyncio.timeout(PATIENCE):
        while True:
            said = (await house.http.get(job, headers=headers)).json()
            if said["status"] == "klaar":
                break
            await asyncio.sleep(0.1)
    assert (said["verstrekt"], said["geweigerd"]) == (1, 130)
    result = await house.http.get(f"{job}/resultaat", headers=headers)
    answers = Reader(ECKey.import_key(robot.entry["ontsleutelJwk"])).read(result.text)
    assert len(answers) == 131 and set(answers[0]["antwoord"]["gegevens"]) == set(EXERCISES)
    (line,) = [one for one in await house.lines() if one["soort"] == "verstrekking"]
    assert line["afloop"] == "geleverd"
