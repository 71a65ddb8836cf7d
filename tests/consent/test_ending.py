"""An activity that is stopped: by one person, at once, for everybody; who starts it again asks everybody again."""

import pytest

from audit.contract import Overtaken
from consent.contract import Gone, NoSuchThing, NotNow
from kernel.caller import Caller
from kernel.errors import BadInput, NoAccess
from tests.consent.house import ANNA_HERSELF, ANSWER, LOKET, PLAN, STAFF, TENANT, House, activity
from tests.consent.test_drafts import KEEPER, OFFICER, ONE, TWO
from tests.consent.test_life_cycle import choose

pytestmark = pytest.mark.anyio
WHY = "De rechter vond dit niet goed."


@pytest.mark.parametrize("who", (ONE, OFFICER), ids=("eigenaar", "fg"))
async def test_one_person_ends_an_activity_and_nothing_is_given_under_it_any_more(house: House, who: Caller) -> None:
    await house.ready()
    given, asked = await house.given(PLAN), (await house.request(ANSWER)).id
    sealed, before = await house.decided(PLAN)
    assert before.toegestaan
    receipt = await house.consent.drafts.end(who, "regeling", WHY)
    said = (await house.audit.desk(STAFF).reader.line(receipt.position)).event
    assert (said.kind, said.actor, said.activity, said.details) == (
        "activiteit-beeindigd", who.user, "regeling", {"reden": WHY}
    )  # fmt: skip
    with pytest.raises(Overtaken):
        await house.released(sealed)
    _, after = await house.decided(PLAN)
    assert [code for _, code in after.geweigerd] == ["activiteit-niet-actief"]
    assert (await house.consent.choice(ANNA_HERSELF, given)).consent.state == "ongeldig"
    assert {one.state for one in await house.consent.choices(ANNA_HERSELF)} == {"ongeldig"}, "nothing waits for her"
    with pytest.raises(NoSuchThing):
        await house.request(PLAN)
    for consent, answer in ((asked, "ja"), (given, "vernieuw")):
        with pytest.raises(Gone):
            await choose(house, consent, answer)
    assert await choose(house, given, "stop") == "ingetrokken", "nobody is held to what was stopped"
    assert [one.ended for one in await house.consent.history(STAFF, "regeling")] == [True]
    with pytest.raises(NotNow):
        await house.consent.drafts.end(who, "regeling", WHY)


async def test_what_was_stopped_and_starts_again_asks_everybody_again(house: House) -> None:
    await house.ready()
    given = await house.given(PLAN)
    await house.consent.drafts.end(ONE, "regeling", WHY)
    saved = await house.consent.drafts.save(ONE, activity())
    assert (saved.against, saved.asks_anew) == (0, False)
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    (again,) = await house.consent.activities(STAFF)
    assert (again.number, again.consents_since) == (2, 2)
    assert (await house.consent.choice(ANNA_HERSELF, given)).consent.state == "ongeldig"
    assert [code for _, code in (await house.decided(PLAN))[1].geweigerd] == ["geen-toestemming"]


async def test_who_may_not_end_an_activity_leaves_it_as_it_is(house: House) -> None:
    await house.ready()
    desk = Caller(tenant=TENANT, kind="medewerker", user="balie-1", roles=("balie",))
    for who in (ANNA_HERSELF, LOKET, KEEPER, desk):
        with pytest.raises(NoAccess):
            await house.consent.drafts.end(who, "regeling", WHY)
    with pytest.raises(NoSuchThing):
        await house.consent.drafts.end(ONE, "bestaat-niet", WHY)
    with pytest.raises(BadInput):
        await house.consent.drafts.end(ONE, "regeling", "Om 999993653.")
    assert [one.slug for one in await house.consent.activities(STAFF)] == ["regeling"]
