"""Objections and requests at the public door."""

import pytest

from tests.consent.house import NAME, STAFF, activity
from tests.consent.test_consent_api import Door, door

__all__ = ["door"]  # a fixture
pytestmark = pytest.mark.anyio
ANNA = {"inwoner": {"bsn": "999993653"}}


async def test_a_resident_objects_and_asks(door: Door) -> None:
    await door.house.consent.publish(STAFF, activity("taak", elements={NAME: "B"}))
    objection = {**ANNA, "verwerkingsactiviteit": "taak", "grond": "Ik wil dit niet."}
    status, told = await door.post("bezwaren", objection, "anna")
    assert (status, told["status"], told["staatStil"]) == (201, "ingediend", True)
    assert told["uiterlijk"] == "2026-10-01T21:59:59Z" and "besluitOp" not in told
    by_law = {**objection, "verwerkingsactiviteit": "regeling"}
    status, problem = await door.post("bezwaren", by_law, "anna")
    assert (status, problem["code"]) == (409, "keuze-past-niet") and "geen bezwaar" in problem["detail"]
    status, asked = await door.post("avg-verzoeken", {**ANNA, "soort": "inzage", "grond": "Wat heeft u?"}, "anna")
    assert status == 201
    assert [one["id"] for one in (await door.get("bezwaren", "anna"))[1]["bezwaren"]] == [told["id"]]
    assert [one["id"] for one in (await door.get("avg-verzoeken", "anna"))[1]["verzoeken"]] == [asked["id"]]
    for kind, status in (("overdracht", 201), ("wissing", 400)):  # nobody has to say why they take their data along
        assert (await door.post("avg-verzoeken", {**ANNA, "soort": kind}, "anna"))[0] == status
    status, back = await door.post(f"bezwaren/{told['id']}/intrekking", None, "anna")
    assert (status, back["status"], back["staatStil"]) == (201, "ingetrokken", False)


async def test_an_application_asks_for_nobody(door: Door) -> None:
    objection = {**ANNA, "verwerkingsactiviteit": "regeling", "grond": "Ik wil dit niet."}
    assert (await door.post("bezwaren", objection))[0] == 404
    assert (await door.get("bezwaren"))[0] == (await door.get("avg-verzoeken"))[0] == 403
    someone_else = {**objection, "inwoner": {"bsn": "999990019"}}
    assert (await door.post("bezwaren", someone_else, "anna"))[0] == 404
    assert (await door.post("avg-verzoeken", {**ANNA, "soort": "beperking", "grond": "x"}, "anna"))[0] == 400


async def test_a_resident_has_data_locked_and_unlocked(door: Door) -> None:
    wanted = {**ANNA, "aanleiding": "juistheid", "grond": "Dit klopt niet."}
    assert (await door.post("beperkingen", {**ANNA, "grond": "Zomaar."}, "anna"))[0] == 400
    assert (await door.post("beperkingen", {**wanted, "aanleiding": "zomaar"}, "anna"))[0] == 400
    assert (await door.post("beperkingen", {**wanted, "verwerkingsactiviteit": "onbekend"}, "anna"))[0] == 404
    assert (await door.post("beperkingen", wanted))[0] == 404, "an application asks for nobody"
    status, problem = await door.post("beperkingen", {**wanted, "aanleiding": "bezwaar"}, "anna")
    assert (status, problem["code"]) == (409, "keuze-past-niet")
    status, told = await door.post("beperkingen", wanted, "anna")
    assert (status, told["bereik"], told["aanleiding"], told["staatStil"]) == (201, "alles", "juistheid", True)
    narrow = {**wanted, "verwerkingsactiviteit": "regeling", "aanleiding": "rechtsvordering"}
    status, waits = await door.post("beperkingen", narrow, "anna")
    assert (status, waits["bereik"], waits["staatStil"]) == (201, "regeling", False)
    found = (await door.get("beperkingen", "anna"))[1]["beperkingen"]
    assert {one["id"] for one in found} == {told["id"], waits["id"]}
    assert (await door.get("avg-verzoeken", "anna"))[1]["verzoeken"] == []
    status, back = await door.post(f"beperkingen/{told['id']}/intrekking", None, "anna")
    assert (status, back["status"], back["staatStil"]) == (201, "ingetrokken", False)
