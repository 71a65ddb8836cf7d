"""A use that its resident may not see yet leaves nothing else for them to see either, on its way."""

from datetime import timedelta

import pytest

from assembly.demo.register import STORY, activities
from audit.contract import Line
from consent.activity import Secrecy
from consent.permits import lapsed
from consent.suspending import _suspended
from consent.tables import cases
from kernel.caller import room_of
from kernel.clock import millis
from tests.audit.logs import TENANT
from tests.four_rooms import SECRET, STAFF, FourRooms

pytestmark = pytest.mark.anyio
SLUG = "onderzoek"


@pytest.fixture
async def withheld(house: FourRooms) -> FourRooms:
    """Lines of this activity are withheld for ninety days."""
    story = next(one for one in activities() if one.slug == STORY)
    secrecy = Secrecy(class_="vertrouwelijk", until=millis(house.now + timedelta(days=90)), law="Wpg artikel 28")
    law = tuple(one for one in story.elements if one.class_ == "A")
    version = story.model_copy(update={"slug": SLUG, "number": 0, "elements": law, "frequency": None,
                                       "secrecy": secrecy, "keep_lines": 40})  # fmt: skip
    await house.register.publish(STAFF, version)
    house.who = house.who.model_copy(update={"scope": (*house.who.scope, SLUG)})
    await house.case("Z-77", SECRET, SLUG)
    return house


async def as_written(house: FourRooms) -> list[Line]:
    """The resident's lines, oldest first, as the log itself reads them."""
    (desk,) = house.audit.desks
    found = await desk.reader.lines((await house.resident(SECRET)).subject, None, 50)
    return list(found.lines[::-1])


async def test_a_flag_that_only_the_source_knew_waits_for_a_use_that_is_shown(withheld: FourRooms) -> None:
    release = await withheld.release("brp.naam", bsn=SECRET, zaak="Z-77", verwerkingsactiviteit=SLUG)
    assert release.secrecy is True and set(release.values) == {"brp.naam"}
    await withheld.desk.lines.finished()
    assert {line.withheld for line in await withheld.lines(SECRET)} == {True}
    await withheld.case("Z-9", SECRET)
    await withheld.release("brp.naam", bsn=SECRET, zaak="Z-9")
    assert "vlag" in {line.event.kind for line in await withheld.lines(SECRET)}


async def test_case_closed_suspended_or_lapsed_is_withheld_and_kept_as_long_as_its_use(withheld: FourRooms) -> None:
    async with withheld.register._register.reading(TENANT) as rows:
        row = await rows.one(cases, recipient=withheld.who.organisation, reference="Z-77")
        assert row is not None
        (activity,) = [one for one in await withheld.register.activities(STAFF) if one.slug == SLUG]
    assert activity.secrecy and _suspended(cases, row, "mark").event.withheld_until == activity.secrecy.until
    await withheld.register.close_case(STAFF, row["recipient"], "Z-77")
    opened, closed = (line.event for line in await as_written(withheld))
    assert (closed.kind, closed.withheld_until, closed.keep_until) == (
        "zaak-gesloten", opened.withheld_until, opened.keep_until
    )  # fmt: skip


async def test_what_lapsed_says_no_more_than_what_it_was_to_be(withheld: FourRooms) -> None:
    who, act = await withheld.resident(SECRET), (await as_written(withheld))[0].event
    assert await lapsed(withheld.audit.door("consent"), room_of(TENANT, "consent"), "ab" * 16, who.subject, act)
    assert (await withheld.lines(SECRET))[0].withheld
