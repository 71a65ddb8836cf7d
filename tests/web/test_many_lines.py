"""A resident with many lines: a figure on a page is of all that it says it is about, or it is not there."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape

import pytest

from assembly.demo.register import TENANT
from audit.contract import Entry, Event, Kind
from kernel.caller import room_of
from kernel.ids import random_id
from tests.web.portal import PortalUnderTest
from web.pages.reading import LINES_MAX

pytestmark = pytest.mark.anyio
AT_ONCE = 250


async def told(portal: PortalUnderTest, recipients: Sequence[str], kind: Kind = "gemeld", case: str = "") -> None:
    """Lines of R1, oldest first, each with a recipient, and a case of its own unless one is given."""
    resident = await portal.house.resident()
    year = portal.house.now.year + 5
    events = [
        Event(id=random_id(), kind=kind, subject=resident.subject, recipient=one, recipient_name=one, class_="A",
              case=case or f"Z-{number}", elements=("brp.naam",), keep_until=year)
        for number, one in enumerate(recipients)
    ]  # fmt: skip
    door = portal.house.audit.door("connectors" if kind == "gemeld" else "consent")
    for start in range(0, len(events), AT_ONCE):
        written = [Entry(event=event) for event in events[start : start + AT_ONCE]]
        await door.record(room_of(TENANT, "connectors"), written)


async def test_the_month_is_counted_whole_and_no_further(portal: PortalUnderTest) -> None:
    """The overview counted its first 200 lines as if they were the month."""
    await told(portal, ["vorige-maand"])
    portal.house.now += timedelta(days=40)
    await told(portal, ["eerste", *["tweede"] * 240])
    overview = await (await portal.visitor("r1")).get("/overzicht")
    assert "gebruikten 2 afdelingen uw gegevens" in overview.text and "241 keer" in overview.text


async def test_the_last_uses_are_found_behind_many_other_lines(portal: PortalUnderTest) -> None:
    await told(portal, [f"afdeling-{number}" for number in range(6)])
    portal.house.now += timedelta(days=40)
    await told(portal, ["afdeling-7"] * 210, "vraag")
    overview = await (await portal.visitor("r1")).get("/overzicht")
    assert "Afdeling-1" in overview.text and "Afdeling-5" in overview.text and "Afdeling-0" not in overview.text
    assert "Niemand gebruikte uw gegevens in deze tijd" in overview.text


async def test_what_is_too_much_to_count_gets_no_figure(portal: PortalUnderTest) -> None:
    await told(portal, ["eerste", *["tweede"] * LINES_MAX])
    visitor = await portal.visitor("r1")
    overview = await visitor.get("/overzicht")
    assert "te veel gebruik om hier te tellen" in overview.text and "afdelingen uw gegevens" not in overview.text
    uses = await visitor.get("/gebruik")
    assert "U ziet de nieuwste 2.000 keer. Er is meer" in uses.text and "gevonden" not in uses.text
    (further,) = set(re.findall(r'href="([^"]*[?&;]voor=[^"]*)"', uses.html))
    older = await visitor.get(unescape(further))
    assert "U ziet ouder gebruik: " in older.text and "Eerste" in older.text and "Tweede" not in older.text
    assert "Er is meer" not in older.text and "Wis filters" in older.text
    assert "U ziet de nieuwste" in (await visitor.get("/gebruik?periode=maand&geweigerd=ja&voor=rommel")).text


async def test_a_use_counts_all_that_was_one_handling_with_it(portal: PortalUnderTest) -> None:
    """It said "nog 200 keer" where the list said 206."""
    await told(portal, ["afdeling"] * 206, case="Z-1")
    visitor = await portal.visitor("r1")
    uses = await visitor.get("/gebruik")
    assert "206 keer." in uses.text
    newest = re.findall(r'href="(/gebruik/[0-9a-z]+-[0-9]+)"', uses.html)[0]
    assert "kort daarvoor nog 205 keer" in (await visitor.get(newest)).text
