"""What a resident asks at the desk is filed as theirs, and what they asked before is not shown there."""

import pytest

from consent.contract import Claim, NoSuchThing
from consent.frontdesk.contract import DeskRequest, Opening
from kernel.caller import room_of
from kernel.clock import millis
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, BERT, NAME, PLAN, TENANT, House, activity
from tests.consent.test_appointments import OFFICER
from tests.consent.test_desk_parents import begun as parent_begun
from tests.consent.test_frontdesk import DESK, begun, lines

pytestmark = pytest.mark.anyio
OBJECTS = DeskRequest(kind="bezwaar", activity="regeling", text="Ik ben het er niet mee eens.")
ASKS = DeskRequest(kind="inzage", text="Wat hebt u van mij?")


async def test_an_objection_at_the_desk_stops_a_use_and_is_the_residents(house: House) -> None:
    await house.ready(activity(elements={NAME: "B", PLAN: "C", ANSWER: "C"}))
    desk, rights = house.consent.frontdesk, house.consent.rights
    first = await rights.file(ANNA_HERSELF, Claim(resident=ANNA, kind="inzage", text="Alles over mijn scheiding."))
    house.clock.forward(minutes=1)
    talk = await begun(house)
    made = await desk.file(DESK, talk.id, OBJECTS)
    assert (made.kind, made.suspends, made.text) == ("bezwaar", True, OBJECTS.text)
    told = [(one.event.kind, one.event.actor, one.event.details.get("verzoek", "")) for one in (await lines(house))[:2]]
    assert told == [("balie-gesprek", DESK.user, made.id), ("bezwaar", DESK.user, made.id)]
    now, other = millis(house.clock()), await desk.file(DESK, talk.id, ASKS)
    assert (other.text, other.filed_at) == (ASKS.text, now), "what was asked at home is not told"
    assert (await desk.file(DESK, talk.id, ASKS)).id == other.id
    asked = {one.id: one.text for one in await rights.filed(ANNA_HERSELF)}
    assert asked == {made.id: OBJECTS.text, first.id: first.text, other.id: ASKS.text}, "what a letter says is kept"
    for stranger in (DESK.model_copy(update={"user": "ander"}), OFFICER, ANNA_HERSELF):
        with pytest.raises(NoSuchThing):
            await desk.file(stranger, talk.id, ASKS)
    (tally,) = await desk.tallies(OFFICER)
    assert tally.idle == 0, "something was asked in it"
    await desk.begin(DESK, Opening(reason="weten", check="paspoort", channel="balie"))
    (tally,) = await desk.tallies(OFFICER)
    assert (tally.conversations, tally.residents) == (2, 1), "who did not come is nobody"
    child = await parent_begun(house)
    with pytest.raises(NoSuchThing):
        await desk.file(DESK, child.id, ASKS)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_to_write_down_a_request_tells_nothing_of_whom_it_is_about(house: House) -> None:
    await house.ready(activity(elements={NAME: "B", PLAN: "C", ANSWER: "C"}))
    desk, rights = house.consent.frontdesk, house.consent.rights
    await rights.file(ANNA_HERSELF, Claim(resident=ANNA, kind="bezwaar", activity="regeling", text="Van thuis."))
    house.clock.forward(minutes=1)
    told = []
    for flags in ((), ("geheimhouding",), ("overleden",)):
        await house.consent.flag(room_of(TENANT, "connectors"), ANNA, flags) if flags else None
        for who in (ANNA, BERT):
            talk = await begun(house, who, "telefoon")
            asked = [await desk.file(DESK, talk.id, one) for one in (OBJECTS, ASKS)]
            told.append([one.model_copy(update={"id": ""}) for one in asked])
            present = DESK.model_copy(update={"acting_for": who.id})
            assert {one.id for one in await rights.filed(present)} == {one.id for one in asked}
    assert told[0][0].suspends and all(one == told[0] for one in told)
    assert len(await rights.filed(OFFICER)) == 4, "none is lost, and each is there once"
