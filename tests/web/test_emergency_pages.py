"""A use in an emergency on the pages: what the resident reads, what the FG opens, and what stands there after."""

from datetime import timedelta

import pytest

from tests.connectors.test_emergency import NOTE, urgent
from tests.web.portal import PortalUnderTest
from web.line_views import local_day

pytestmark = pytest.mark.anyio
WHY = "De hulpdienst bevestigde dit."


async def used(portal: PortalUnderTest) -> str:
    await urgent(portal.house)
    return str(next(one for one in await portal.house.lines() if one.event.kind == "noodverstrekking").position)


async def test_the_fg_reviews_and_the_resident_reads_who_why_and_what_they_think(portal: PortalUnderTest) -> None:
    place = await used(portal)
    visitor, officer = await portal.visitor("r1"), await portal.visitor("fg")
    before = await visitor.get(f"/gebruik/{place}")
    for words in ("Dit gebeurde in nood.", "Iemand belde ons", "kijkt dit nog na", "Inkomensloket"):
        assert words in before.text, words
    row = await visitor.get("/gebruik")
    assert "In nood: Iemand belde ons en had meteen hulp nodig." in row.text
    page = await officer.get("/fg")
    assert "Kijk dit vandaag na" in page.text and "J. de Vries" not in page.text and "Karel" not in page.text
    seen = await officer.send(page, page.form("regel"))
    assert "Gebruik in nood nakijken" in seen.text and NOTE in seen.text and "mw-4821" not in seen.text
    bare = await officer.send(seen, seen.form("oordeel"), waarom=" ")
    assert bare.status == 400 and "Kies ja of nee." in bare.text and "Schrijf op waarom u dat vindt." in bare.text
    numbered = await officer.send(seen, seen.form("oordeel"), oordeel="in-orde", waarom="Zie 999993653")
    assert numbered.status == 400 and "999993653" not in numbered.text
    done = await officer.send(seen, seen.form("oordeel"), oordeel="in-orde", waarom=WHY)
    assert "Gelukt. Uw oordeel is bewaard." in done.text and "Alle gebruik in nood is nagekeken." in done.text
    again = await officer.send(seen, seen.form("oordeel"), oordeel="niet-in-orde", waarom="Nee.")
    assert "Gelukt. Uw oordeel is bewaard." not in again.text, "the first word counts"
    after = await visitor.get(f"/gebruik/{place}")
    assert "Het was in orde." in after.text and WHY in after.text
    for page_of in (after, await visitor.get("/gebruik"), await visitor.get(f"/en/gebruik/{place}")):
        assert "Karel" not in page_of.text and "mw-4821" not in page_of.text
    english = (await visitor.get(f"/en/gebruik/{place}")).text
    assert "Somebody called us and needed help at once." in english and "It was in order." in english
    acts = (await visitor.get("/gebruik")).text
    assert "keek na of dit gebruik echt nood was" in acts and "keek wie uw gegevens gebruikte" in acts


async def test_what_was_not_reviewed_on_its_day_is_marked(portal: PortalUnderTest) -> None:
    await used(portal)
    day = local_day(int(portal.house.now.timestamp() * 1000))
    portal.house.now += timedelta(days=1)
    page = await (await portal.visitor("fg")).get("/fg")
    assert f"Te laat: dit moest op {day.day} september" in page.text


async def test_an_fg_of_the_department_reads_that_somebody_else_must_judge(portal: PortalUnderTest) -> None:
    await used(portal)
    page = await (await portal.visitor("beide")).get("/fg")
    assert "Dit is van uw eigen afdeling." in page.text
    with pytest.raises(LookupError):
        page.form("regel")


async def test_an_address_of_somebody_else_shows_nothing(portal: PortalUnderTest) -> None:
    place = await used(portal)
    officer, other = await portal.visitor("fg"), await portal.visitor("beide")
    first = await officer.get("/fg")
    seen = await officer.send(first, first.form("regel"))
    where = seen.form("oordeel").fields["gezien"]
    for path in (f"/fg/noodtoegang?gezien={where}", "/fg/noodtoegang?gezien=x", "/fg/noodtoegang"):
        assert (await other.get(path)).status == 404
    assert (await (await portal.visitor("r1")).get(f"/fg/noodtoegang?gezien={where}")).status == 404
    assert "Gelukt" not in (await officer.get(f"/fg?nagekeken={place}")).text, "a link proves nothing"
