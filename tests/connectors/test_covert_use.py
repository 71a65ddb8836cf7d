"""A covert use from case to lifting: two persons use, nothing shows, two custodians open, and then it is a line."""

from datetime import timedelta
from typing import Any

import pytest

from assembly.demo.register import STORY, activities
from assembly.ports import AuditRegister
from audit.contract import Line, Query, Reason
from audit.escrow import SealedFile, opened_by
from connectors.contract import NotReleased
from consent.activity import Case, Secrecy
from consent.contract import ResidentRef
from kernel.caller import room_of
from kernel.clock import millis
from tests.audit.logs import FG, TENANT, told_of_key
from tests.four_rooms import DESK_WORKER, SECRET, SHARES, STAFF, FourRooms

pytestmark = pytest.mark.anyio
SLUG = "vordering"
QUERY = Query(activity=SLUG, recipient=DESK_WORKER.organisation)
WHY = Reason(code="toezicht", case="FG-1")


@pytest.fixture
async def covert(house: FourRooms) -> FourRooms:
    """An activity of which nobody may know that it was used."""
    await told_of_key(house.audit, SHARES[0].public)
    story = next(one for one in activities() if one.slug == STORY)
    secrecy = Secrecy(class_="heimelijk", until=millis(house.now + timedelta(days=180)), law="Sv 126nd, 126bb")
    law = tuple(one for one in story.elements if one.class_ == "A")
    await house.register.publish(
        STAFF,
        story.model_copy(update={"slug": SLUG, "number": 0, "elements": law, "frequency": None, "secrecy": secrecy}),
    )
    house.who = house.who.model_copy(update={"scope": (*house.who.scope, SLUG)})
    return house


async def opened_case(house: FourRooms, user: str) -> None:
    """By an employee of the recipient."""
    who = ResidentRef.model_validate((await house.resident(SECRET)).model_dump())
    said = {"zaak": "V-1", "ontvanger": house.who.organisation, "inwoner": who, "verwerkingsactiviteit": SLUG}
    await house.register.open_case(house.who.model_copy(update={"user": user}), Case.model_validate(said))


async def asked(house: FourRooms, user: str) -> Any:
    house.who = house.who.model_copy(update={"user": user})
    return await house.release("brp.naam", bsn=SECRET, zaak="V-1", verwerkingsactiviteit=SLUG, gebruiker=user)


async def series(house: FourRooms) -> list[Line]:
    """What the resident has."""
    return await house.lines(SECRET)


async def test_two_persons_use_it_nothing_shows_and_two_custodians_lift_it(covert: FourRooms) -> None:
    await opened_case(covert, "mw-1")
    with pytest.raises(NotReleased) as alone:
        await asked(covert, "mw-1")
    assert alone.value.code == "zaak-vereist", "who opened the case may not use it"
    release = await asked(covert, "mw-2")
    assert set(release.values) == {"brp.naam"} and release.secrecy is True
    assert await series(covert) == [], "no case, no refusal, no use, no end, no flag"
    (desk,) = covert.audit.desks
    found = await covert.audit.door("web").search(FG.model_copy(update={"tenant": TENANT}), QUERY, WHY)
    assert found.totals.lines == 4
    await covert.register.close_case(STAFF, DESK_WORKER.organisation, "V-1")
    assert await series(covert) == []
    file = SealedFile(tenant=TENANT, lines=await desk.lifter.sealed(DESK_WORKER.organisation, "V-1"))
    assert await desk.lifter.lift(opened_by(SHARES[1:], file).lines, "Het onderzoek is klaar.") == 6
    told = [(line.event.details["soort"], line.event.case) for line in (await series(covert))[::-1]]
    assert told == [
        ("zaak-geopend", "V-1"), ("weigering", "V-1"), ("verstrekking", "V-1"), ("afloop", "V-1"),
        ("zoeking", "FG-1"), ("zaak-gesloten", "V-1"),
    ]  # fmt: skip


async def test_a_case_that_nobody_opened_in_person_is_no_first_person(covert: FourRooms) -> None:
    await opened_case(covert, "")
    with pytest.raises(NotReleased):
        await asked(covert, "mw-2")


async def test_another_system_cannot_report_a_covert_use(covert: FourRooms) -> None:
    known = await AuditRegister(covert.register).activities(room_of(TENANT, "audit"))
    assert STORY in known and SLUG not in known
