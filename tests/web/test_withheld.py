"""A use that may not be shown yet: its resident sees that there is one, where, and when it will be shown; no more."""

from datetime import timedelta
from pathlib import Path

import pytest

from assembly.demo.register import BY_LAW, STORY, activities
from audit.contract import Reason
from consent.activity import Secrecy
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from tests.audit.logs import FG, TENANT
from tests.four_rooms import STAFF
from tests.web.portal import PortalUnderTest
from tests.web.test_proofs import checked, fetched, own
from web.language import format_day

pytestmark = pytest.mark.anyio
SLUG = "onderzoek"


@pytest.fixture
async def withheld(portal: PortalUnderTest) -> PortalUnderTest:
    """R1's data were used for an activity of which the lines are withheld for ninety days."""
    story = next(one for one in activities() if one.slug == STORY)
    until = millis(portal.house.now + timedelta(days=90))
    only_law = tuple(one for one in story.elements if one.class_ == "A")
    secrecy = Secrecy(class_="vertrouwelijk", until=until, law="Wpg artikel 28")
    version = story.model_copy(update={"slug": SLUG, "number": 0, "elements": only_law, "frequency": None,
                                       "secrecy": secrecy})  # fmt: skip
    await portal.house.register.publish(STAFF, version)
    portal.house.who = portal.house.who.model_copy(update={"scope": (*portal.house.who.scope, SLUG)})
    case = await portal.house.case("Z-77", activity=SLUG)
    await portal.house.release(*BY_LAW, verwerkingsactiviteit=SLUG, zaak=case)
    await portal.house.desk.lines.finished()
    return portal


async def test_case_use_and_outcome_are_all_withheld_until_the_day(withheld: PortalUnderTest, tmp_path: Path) -> None:
    lines = await own(withheld)
    hidden = [line for line in lines if line.withheld]
    assert len(hidden) == 3, "the case, the use, and how it ended"
    visitor = await withheld.visitor("r1")
    page = await visitor.get("/gebruik?periode=alles")
    assert "Dit mogen wij nog niet laten zien" in page.text
    day = format_day(withheld.house.now + timedelta(days=90), "nl")
    for line in hidden:
        assert f"Regel {line.position.index} in ons logboek, nummer {line.n} in uw eigen reeks." in page.text
        assert (await visitor.get(f"/gebruik/{line.position}")).status == 404
        assert (await visitor.get(f"/gebruik/{line.position}/bewijs")).status == 404
    assert page.text.count(f"U ziet deze regel na {day}.") == 3
    answer = await fetched(visitor, page, periode="alles")
    assert "Z-77" not in page.html + answer.text and checked(withheld, tmp_path, answer) == 0
    again = await fetched(visitor, await visitor.get("/gebruik?periode=alles"), periode="alles")
    assert checked(withheld, tmp_path, again) == 2, "whether a number is missing cannot be said yet"
    assert "may not show this yet" in (await visitor.get("/en/gebruik?periode=alles")).text
    withheld.house.now += timedelta(days=91)
    visitor = await withheld.visitor("r1")
    page = await visitor.get("/gebruik?periode=alles")
    assert "Dit mogen wij nog niet laten zien" not in page.text and "Een afdeling schreef op" in page.text
    assert checked(withheld, tmp_path, await fetched(visitor, page, periode="alles")) == 0
    assert [line.withheld for line in await own(withheld)].count(True) == 0


async def test_the_fg_finds_it_and_is_told_that_its_resident_does_not(withheld: PortalUnderTest) -> None:
    officer = await withheld.visitor("fg")
    page = await officer.get("/fg/zoek")
    fields = {"bsn": "999993653", "reden": "inzage", "zaak": "FG-1", "soort": "inwoner"}
    found = await officer.send(page, page.form("bsn"), **fields)
    assert found.text.count("niet te zien voor de inwoner tot en met") == 2


async def test_two_of_the_fg_show_it_before_its_day_and_that_is_a_line(
    withheld: PortalUnderTest, tmp_path: Path
) -> None:
    used = next(line for line in await own(withheld) if line.withheld and line.n == 2)
    officer, fields = await withheld.visitor("fg"), {"regel": str(used.position), "reden": "klaar", "zaak": "FG-7"}
    for _ in range(2):  # twice the same person is one person
        page = await officer.get(f"/fg/opheffen?regel={used.position}")
        assert str(used.position) in page.html
        answer = await officer.send(page, page.form("regel"), **fields)
        assert "Een tweede persoon moet" in answer.text
    for wrong in ({"regel": "2026h2-1x"}, {"regel": "2026h2-999"}, {"zaak": "999993653"}, {"reden": ""}):
        answer = await officer.send(page, page.form("regel"), **(fields | wrong))
        assert answer.status == 400 and "Fout:" in answer.text
    assert [line.withheld for line in await own(withheld)].count(True) == 3
    second = FG.model_copy(update={"tenant": TENANT, "user": "fg-2"})
    door, why = withheld.house.audit.door("web"), Reason(code="klaar", case="FG-7")
    with pytest.raises(NoAccess):
        await door.lift(second.model_copy(update={"roles": ("auditor",)}), used.position, why)
    assert (await door.lift(second, used.position, why)).done
    with pytest.raises(BadInput):
        await door.lift(second, used.position, why)
    lines = await own(withheld)
    assert [line.withheld for line in lines].count(True) == 0, "the case, the use, and how it ended"
    (said,) = [line for line in lines if line.event.kind == "opgeheven"]
    assert (len(said.event.closes), said.event.actor, said.event.subject) == (3, "", lines[0].event.subject)
    visitor = await withheld.visitor("r1")
    page = await visitor.get("/gebruik?periode=alles")
    assert "Dit mogen wij nog niet laten zien" not in page.text
    assert "Deze regels in ons logboek ziet u nu" in (await visitor.get(f"/gebruik/{said.position}")).text
    assert checked(withheld, tmp_path, await fetched(visitor, page, periode="alles")) == 0
