"""What a resident asks at the desk is filed as theirs, and what they asked before is not shown there."""

import pytest

from consent.contract import Claim, NoSuchThing
from consent.frontdesk.contract import ConversationOver, DeskRequest
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, NAME, PLAN, House, activity
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
    same = await desk.file(DESK, talk.id, ASKS)
    assert (same.id, same.text) == (first.id, ""), "what the resident wrote at home is not read at the desk"
    assert {one.id for one in await rights.filed(ANNA_HERSELF)} == {made.id, first.id}
    for stranger in (DESK.model_copy(update={"user": "ander"}), OFFICER, ANNA_HERSELF):
        for asked in (desk.file(stranger, talk.id, ASKS), desk.filed(stranger, talk.id, made.id)):
            with pytest.raises(NoSuchThing):
                await asked
    (tally,) = await desk.tallies(OFFICER)
    assert tally.idle == 0, "something was asked in it"
    later = await begun(house)
    with pytest.raises(ConversationOver):
        await desk.filed(DESK, talk.id, made.id)
    with pytest.raises(NoSuchThing):  # of another conversation
        await desk.filed(DESK, later.id, made.id)
    child = await parent_begun(house)
    with pytest.raises(NoSuchThing):
        await desk.file(DESK, child.id, ASKS)
