"""Owners handle requests about uses of their own department, and no others; the FG handles all."""

import pytest

from audit.contract import Position
from consent.activity import Recipient
from consent.contract import Claim, NoSuchThing, NotNow
from consent.owning import departments
from kernel.caller import Caller
from kernel.errors import NoAccess
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, NAME, PARTY, PLAN, STAFF, TENANT, House, activity

pytestmark = pytest.mark.anyio
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
OWNER = OFFICER.model_copy(update={"user": "een", "roles": ("proceseigenaar", "afdeling:loket")})
ELSEWHERE = OWNER.model_copy(update={"roles": ("proceseigenaar", "afdeling:ander")})
NOWHERE = OWNER.model_copy(update={"roles": ("proceseigenaar",)})
ATTENDANT = OWNER.model_copy(update={"roles": ("balie", "afdeling:loket")})
OUR_TASK = {NAME: "B", PLAN: "C", ANSWER: "C"}
LETTER = "Wij keken opnieuw."


def claim(kind: str, about: str | None = None, **more: object) -> Claim:
    return Claim.model_validate({"resident": ANNA, "kind": kind, "activity": about, "text": "Omdat.", **more})


def test_only_owners_have_departments() -> None:
    assert departments(OWNER) == {"loket"}
    assert not departments(NOWHERE) and not departments(ATTENDANT)
    assert not departments(OWNER.model_copy(update={"kind": "mens"}))


async def test_an_owner_sees_and_decides_what_is_about_its_own_uses(house: House) -> None:
    other = Recipient.model_validate({**PARTY.model_dump(by_alias=True), "slug": "ander", "toepassingen": []})
    await house.consent.admit(STAFF, other)
    theirs = activity("anders", OUR_TASK, ontvangers=[{"ontvanger": "ander"}])
    await house.ready(activity(elements=OUR_TASK), theirs)
    door = house.consent.rights
    objection = await door.file(ANNA_HERSELF, claim("bezwaar", "regeling"))
    wrong = await door.file(ANNA_HERSELF, claim("rectificatie", "regeling"))
    other_use = await door.file(ANNA_HERSELF, claim("rectificatie", "anders"))
    assert (await door.file(ANNA_HERSELF, claim("rectificatie", "regeling"))).id == wrong.id != other_use.id
    everything = await door.file(ANNA_HERSELF, claim("inzage"))
    locked = await door.file(ANNA_HERSELF, claim("beperking", "regeling", ground="juistheid"))
    with pytest.raises(NoSuchThing):
        await door.file(ANNA_HERSELF, claim("wissing", "onbekend"))

    assert {one.id for one in await door.filed(OWNER)} == {objection.id, wrong.id}
    assert [one.id for one in await door.filed(ELSEWHERE)] == [other_use.id]
    assert await door.filed(NOWHERE) == [] and len(await door.filed(OFFICER)) == 5
    with pytest.raises(NoAccess):
        await door.step(ATTENDANT, wrong.id, "in-behandeling", "")
    for who, which in ((OWNER, other_use), (OWNER, everything), (OWNER, locked), (ELSEWHERE, wrong), (NOWHERE, wrong)):
        with pytest.raises(NoSuchThing):
            await door.step(who, which.id, "in-behandeling", "")

    longer = await door.step(OWNER, wrong.id, "verlengen", "Wij zoeken het uit.")
    assert longer.due_at > wrong.due_at and longer.extended == "Wij zoeken het uit."
    with pytest.raises(NotNow):
        await door.step(OWNER, wrong.id, "gegrond", LETTER)
    for one in (wrong, objection):
        await door.step(OWNER, one.id, "in-behandeling", "")
    assert (await door.step(OWNER, wrong.id, "gegrond", LETTER)).answer == LETTER
    await rejected_by_the_officer_alone(house, objection.id)
    (seen,) = [one for one in await door.filed(ANNA_HERSELF) if one.id == wrong.id]
    assert (seen.status, seen.answer) == ("gegrond", LETTER)
    line = await house.audit.desk(OFFICER).reader.line(Position.parse(seen.position))
    assert (line.event.actor, line.event.activity, line.event.subject) == ("een", "regeling", ANNA.subject)


async def rejected_by_the_officer_alone(house: House, objection: str) -> None:
    """What lets their own work go on again is not an owner's to say, nor is it of who is both."""
    door = house.consent.rights
    # as the portal lets somebody in who is both: with one of their roles, and their departments
    both = [OFFICER.model_copy(update={"roles": roles}) for roles in (("fg", *OWNER.roles), ("fg", "afdeling:loket"))]
    for judge in (OWNER, *both):
        with pytest.raises(NoAccess):
            await door.step(judge, objection, "ongegrond", LETTER)
    (standing,) = [one for one in await door.filed(ANNA_HERSELF) if one.id == objection]
    assert (standing.status, standing.answer, standing.suspends) == ("in-behandeling", "", True)
    assert not (await door.step(OFFICER, objection, "ongegrond", LETTER)).suspends
    again = await door.file(ANNA_HERSELF, claim("bezwaar", "regeling"))
    await door.step(OWNER, again.id, "in-behandeling", "")
    assert (await door.step(OWNER, again.id, "gegrond", LETTER)).suspends, "to give in takes nobody else"


@pytest.mark.parametrize("about", ["regeling", None])
async def test_who_is_officer_and_owner_lifts_no_lock_of_their_own_use(house: House, about: str | None) -> None:
    await house.ready(activity(elements=OUR_TASK))
    door, both = house.consent.rights, OFFICER.model_copy(update={"roles": ("fg", "afdeling:loket")})
    locked = await door.file(ANNA_HERSELF, claim("beperking", about, ground="juistheid"))
    await door.step(both, locked.id, "in-behandeling", "")
    await door.step(both, locked.id, "aankondigen", LETTER)
    house.clock.forward(days=8)
    with pytest.raises(NoAccess):
        await door.step(both, locked.id, "ongegrond", LETTER)
    assert (await door.step(both, locked.id, "gegrond", LETTER)).suspends, "to lock takes nobody else"
    await door.step(OFFICER, locked.id, "aankondigen", LETTER)
    house.clock.forward(days=8)
    with pytest.raises(NoAccess):
        await door.step(both, locked.id, "opheffen", "")
    elsewhere = OFFICER.model_copy(update={"roles": ("fg", "afdeling:ander")})
    if about is None:  # all that is not by choice: of their department too
        with pytest.raises(NoAccess):
            await door.step(elsewhere, locked.id, "opheffen", "")
    assert not (await door.step(OFFICER if about is None else elsewhere, locked.id, "opheffen", "")).suspends


async def test_an_objection_to_what_departments_share_is_the_officers(house: House) -> None:
    more = {"slug": "ander", "toepassingen": []}, {"slug": "bureau", "toepassingen": []}
    for one in more:
        await house.consent.admit(STAFF, Recipient.model_validate({**PARTY.model_dump(by_alias=True), **one}))
    works = {"ontvanger": "bureau", "rol": "verwerker", "verwerkerVan": "loket", "overeenkomst": "VO-1"}
    shared = activity("samen", OUR_TASK, ontvangers=[{"ontvanger": "loket"}, {"ontvanger": "ander"}])
    await house.ready(activity(elements=OUR_TASK, ontvangers=[{"ontvanger": "loket"}, works]), shared)
    door = house.consent.rights
    both = await door.file(ANNA_HERSELF, claim("bezwaar", "samen"))
    wrong = await door.file(ANNA_HERSELF, claim("rectificatie", "samen"))
    alone = await door.file(ANNA_HERSELF, claim("bezwaar", "regeling"))
    firm = OWNER.model_copy(update={"roles": ("proceseigenaar", "afdeling:bureau")})
    assert {one.id for one in await door.filed(OWNER)} == {wrong.id, alone.id}, "who works for one of them is no owner"
    assert [one.id for one in await door.filed(ELSEWHERE)] == [wrong.id] and await door.filed(firm) == []
    for who, which in ((OWNER, both), (ELSEWHERE, both), (firm, alone)):
        with pytest.raises(NoSuchThing):
            await door.step(who, which.id, "in-behandeling", "")
    await door.step(OFFICER, both.id, "in-behandeling", "")
    assert not (await door.step(OFFICER, both.id, "ongegrond", LETTER)).suspends
