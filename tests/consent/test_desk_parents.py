"""Who comes to the desk for a child sees there what they would see at the portal, and the line says as what."""

import pytest

from consent.contract import ConsentRequest, NoSuchThing, NotNow
from consent.frontdesk.contract import Conversation, Meeting
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, LOKET, PLAN, STAFF, House, yes
from tests.consent.test_appointments import MONEY, OFFICER, appointed
from tests.consent.test_frontdesk import DESK, lines, opening, said
from tests.consent.test_mandates import BIRTH, SIXTEEN, SPORT, code_of

pytestmark = pytest.mark.anyio
on_files = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


async def begun(house: House, stands: str = "ouder", birth: str = BIRTH) -> Conversation:
    talk = await house.consent.frontdesk.begin(DESK, opening())
    met = Meeting.model_validate({"resident": ANNA, "stands": stands, "birth": birth})
    return await house.consent.frontdesk.meet(DESK, talk.id, met)


async def test_a_parent_at_the_desk_chooses_as_a_parent_and_no_more(house: House) -> None:
    await house.ready(MONEY.model_copy(update={"bar": 0}), SPORT)
    asked, desk = await house.request(PLAN), house.consent.frontdesk
    own = ConsentRequest(resident=ANNA, activity="sport", elements=(ANSWER,))
    secret = await house.consent.request(LOKET, own)
    talk = await begun(house)
    assert talk.child
    assert [one.id for one in await desk.choices(DESK, talk.id)] == [asked.id], "nor that a child asked for help itself"
    with pytest.raises(NoSuchThing):
        await desk.choice(DESK, talk.id, secret.id)
    with pytest.raises(NoSuchThing):  # the ways past the conversation are those of the resident
        await house.consent.choice(DESK.model_copy(update={"acting_for": ANNA.id}), asked.id)
    chosen = await desk.choose(DESK, talk.id, asked.id, said("ja"))
    assert chosen.consent.state == "gegeven"
    assert [(one.event.kind, one.event.on_behalf, one.event.actor) for one in (await lines(house))[:2]] == [
        ("toestemming-gegeven", "ouder", DESK.user), ("balie-gesprek", "ouder", DESK.user),
    ]  # fmt: skip
    with pytest.raises(NotNow):  # to set it still and going again is the resident's
        await desk.choose(DESK, talk.id, asked.id, said("pauze"))
    await house.consent.choose(ANNA_HERSELF, asked.id, yes(answer="stop"))
    again = await house.request(PLAN)
    await appointed(house)
    with pytest.raises(NotNow):  # what a court gave to somebody else is no parent's here either
        await desk.choose(DESK, talk.id, again.id, said("ja"))
    await house.consent.flag(STAFF, ANNA, ["geheimhouding"])
    assert await desk.choices(DESK, talk.id) == [], "who asks for the data of a secret child is near it"


@on_files
async def test_who_has_no_authority_sees_what_nobody_sees_and_is_counted(house: House) -> None:
    await house.ready()
    asked, desk = await house.request(PLAN), house.consent.frontdesk
    for stands, birth in (("niemand", BIRTH), ("ouder", ""), ("voogd", "2010-09-01")):
        talk = await begun(house, stands, birth)
        assert await desk.choices(DESK, talk.id) == []
        with pytest.raises(NoSuchThing):
            await desk.choice(DESK, talk.id, asked.id)
    (line, *_) = await lines(house)
    assert (line.event.kind, line.event.on_behalf) == ("balie-gesprek", ""), "as a look at nothing"
    (tally,) = await desk.tallies(OFFICER)
    assert (tally.conversations, tally.idle) == (3, 3)
    talk = await begun(house)
    await desk.choose(DESK, talk.id, asked.id, said("ja"))
    house.clock.now = SIXTEEN
    assert await code_of(house) == "gepauzeerd"
