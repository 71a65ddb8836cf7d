"""The desk at the portal: from a number to a letter, with nothing of the number left, and paper when all is down."""

import re
from urllib.parse import urlsplit

import pytest

from assembly.demo.register import TENANT
from assembly.demo.visitor import Page, Visitor
from audit.contract import LogUnavailable
from kernel.caller import room_of
from tests.web.portal import Failing, PortalUnderTest
from tests.web.test_behalf import CHILD, asked, opened
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
R1, UNKNOWN = "999993653", "999990019"
FILLED = {"reden": "kiezen", "weg": "balie", "controle": "paspoort", "wie": "zelf"}


async def begun(visitor: Visitor, number: str = R1, **more: str) -> Page:
    page = await visitor.get("/balie")
    return await visitor.send(page, page.form("reden"), bsn=number, **{**FILLED, **more})


def path(page: Page) -> str:
    return urlsplit(page.url).path


async def told(portal: PortalUnderTest, number: str) -> list[tuple[str, str]]:
    """Kinds of the lines of a resident with the step, oldest first."""
    (who,) = await portal.house.safe.identify(room_of(TENANT, "web"), [Bsn(number)])
    found = await portal.house.audit.door("web").lines(room_of(TENANT, "web"), who.subject, None, 200)
    return [(line.event.kind, line.event.details.get("stap", "")) for line in reversed(found.lines)]


async def test_an_employee_reads_aloud_writes_down_and_hands_over_a_letter(portal: PortalUnderTest) -> None:
    wanted = await asked(portal, R1)
    visitor = await portal.visitor("balie")
    page = await visitor.get("/balie")
    assert "Een inwoner helpen" in page.text and "selected" not in page.html
    wrong = await visitor.send(page, page.form("reden"), reden="", weg="telefoon", controle="paspoort", bsn="123456789")
    assert wrong.status == 400 and "123456789" not in wrong.html
    for text in ("Kies een reden.", "Aan de telefoon belt u terug", "Vul een goed burgerservicenummer in."):
        assert text in wrong.text
    talk = await begun(visitor)
    assert talk.status == 200 and R1 not in talk.html + talk.url and "de Vries" not in talk.text
    assert "Mag de Oefenpartij" in talk.text and wanted.id in talk.html
    page = await visitor.get(f"{path(talk)}/toestemmingen/{wanted.id}")
    assert "Lees de tekst helemaal voor. Geef geen advies." in page.text and "checked" not in page.html
    nothing = await visitor.send(page, page.form("keuze"))
    assert nothing.status == 400 and "Kies ja of nee." in nothing.text
    page = await visitor.send(page, page.form("keuze"), keuze="ja")
    assert "Gelukt. De inwoner zei ja." in page.text and "Wij sturen een brief." in page.text
    letter = await visitor.get(f"{path(page)}/brief")
    assert letter.status == 200, letter.text
    assert "U zei ja." in letter.text and "Kenmerk:" in letter.text and "~" in letter.html
    page = await visitor.send(page, page.form("actie", "stoppen"))
    assert "Gelukt. Het delen is gestopt." in page.text
    page = await visitor.get(path(talk))
    page = await visitor.send(page, page.form("actie", "klaar"), actie="klaar")
    assert path(page) == "/balie"
    assert "Het gesprek is voorbij" in (await visitor.get(path(talk))).text
    steps = (await told(portal, R1))[-5:]
    assert steps == [
        ("balie-gesprek", "begin"), ("balie-gesprek", "gezien"), ("toestemming-gegeven", ""),
        ("balie-gesprek", "brief"),
        ("toestemming-ingetrokken", ""),
    ]  # fmt: skip
    resident = await portal.visitor("r1")
    uses = (await resident.get("/gebruik")).text
    for text in ("keek wat u kunt kiezen", "opende deze keuze", "U zei ja, aan de balie", "U stopte met delen, aan de"):
        assert text in uses
    assert "B. Balie" not in uses
    officer = await portal.visitor("fg")
    assert "Verschillende mensen" in (await officer.get("/fg/balie")).text


async def test_nobody_there_looks_as_nothing_there_and_others_stay_out(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("balie")
    pages = [await begun(visitor, number) for number in (UNKNOWN, R1)]
    for page in pages:
        assert page.status == 200 and "Voor deze persoon staat hier niets klaar." in page.text
    # but for their own id, and the secret of a form that is of this session
    assert len({page.html.replace(path(page), "") for page in pages}) == 1
    for who in ("r1", "fg", "een"):
        other = await portal.visitor(who)
        for place in ("/balie", "/balie/papier", path(pages[1])):
            assert (await other.get(place)).status == 404, (who, place)
    for place in ("/overzicht", "/fg", "/fg/balie", "/beheer/verwerkingsactiviteiten"):
        assert (await visitor.get(place)).status == 404, place


async def test_when_the_log_is_down_there_is_paper(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("balie")
    page = await visitor.get("/balie")
    desk = portal.house.register.frontdesk
    desk._audit = Failing(desk._audit, "record", LogUnavailable())
    down = await visitor.send(page, page.form("reden"), bsn=R1, **FILLED)
    assert down.status == 503 and "Gebruik het papieren formulier" in down.text
    form = await visitor.get("/balie/papier")
    assert form.status == 200 and "Handtekening van de inwoner" in form.text


async def test_a_parent_is_looked_up_and_who_is_none_sees_nothing(portal: PortalUnderTest) -> None:
    wanted, turning = await asked(portal, CHILD), await opened(portal)
    visitor = await portal.visitor("balie")
    form = await visitor.get("/balie")
    wrong = await visitor.send(form, form.form("reden"), bsn=CHILD, ouder="12", **{**FILLED, "wie": "kind"})
    assert wrong.status == 400 and CHILD not in wrong.html
    parent = await begun(visitor, CHILD, wie="kind", ouder=R1)
    assert wanted.id in parent.html and R1 not in parent.html + parent.url
    page = await visitor.get(f"{path(parent)}/toestemmingen/{wanted.id}")
    page = await visitor.send(page, page.form("keuze"), keuze="ja")
    assert "Gelukt. Dit koos een ouder of voogd." in page.text and "Zet het delen stil" not in page.text
    refused = await visitor.send(page, page.form("actie", "stoppen"), actie="pauzeren")
    assert refused.status == 400 and "een ouder of voogd mag dit niet kiezen" in refused.text
    assert "koos dit voor een kind" in (await visitor.get(f"{path(page)}/brief")).text
    assert ("toestemming-gegeven", "") in await told(portal, CHILD)
    assert (await told(portal, R1))[-2:] == [("verstrekking", ""), ("afloop", "")], "whoever is looked up sees it"
    turning.taken = True  # as the BRP says it of a child of whom another parent is secret, too
    stranger = await begun(visitor, CHILD, wie="kind", ouder=R1)
    assert "Voor deze persoon staat hier niets klaar." in stranger.text
    assert (await visitor.get(f"{path(stranger)}/toestemmingen/{wanted.id}")).status == 404
    turning.down = True  # or it may not be told of them: who is locked, dead or secret looks as nothing there
    down = await begun(visitor, CHILD, wie="kind", ouder=R1)
    assert down.html.replace(path(down), "") == stranger.html.replace(path(stranger), "")
    assert "Stuur het naar de toezichthouder." in down.text
    portal.house.register.frontdesk.per_day = 3
    full = await begun(visitor, CHILD, wie="kind", ouder=R1)
    assert full.status == 429 and turning.times == 3, "it counts before the BRP is asked"


async def test_a_resident_asks_at_the_desk_and_takes_a_letter_home(portal: PortalUnderTest) -> None:
    await asked(portal, R1)
    visitor = await portal.visitor("balie")
    talk = await begun(visitor)
    form = await visitor.get(f"{path(talk)}/verzoek")
    wrong = await visitor.send(form, form.form("soort"), soort="bezwaar", tekst="Mijn nummer is 999993653.")
    assert wrong.status == 400 and "Kies een gebruik." in wrong.text and "Haal het burgerservicenummer" in wrong.text
    letter = await visitor.send(form, form.form("soort"), soort="inzage", tekst="Wat hebt u van mij?")
    assert letter.status == 200 and "Wij kregen uw verzoek op" in letter.text and "Wat hebt u van mij?" in letter.text
    again = await visitor.send(form, form.form("soort"), soort="inzage", tekst="Wat hebt u van mij?")
    assert again.html == letter.html, "the same request, and the same letter"
    stranger = await begun(visitor, UNKNOWN)
    form = await visitor.get(f"{path(stranger)}/verzoek")
    told_alike = await visitor.send(form, form.form("soort"), soort="inzage", tekst="Wat hebt u van mij?")
    mark = re.compile(r"Kenmerk: [0-9a-f]{12}|/balie/[0-9a-f-]+")
    assert mark.sub("", told_alike.html) == mark.sub("", letter.html)
    assert R1 not in letter.html + letter.url
    assert (await told(portal, R1))[-3:] == [("balie-gesprek", "begin"), ("verzoek", ""), ("balie-gesprek", "brief")]
    resident, officer = await portal.visitor("r1"), await portal.visitor("fg")
    assert "Wat hebt u van mij?" in (await resident.get("/verzoeken")).text
    assert "Wat hebt u van mij?" in (await officer.get("/fg/verzoeken")).text
    assert "Het gesprek is voorbij" in (await visitor.get(path(letter))).text
    parent = await begun(visitor, CHILD, wie="kind", ouder=R1)
    assert "Schrijf een verzoek op" not in parent.text
    form = await visitor.get(f"{path(parent)}/verzoek")
    refused = await visitor.send(form, form.form("soort"), soort="wissing", tekst="Haal dit weg.")
    assert refused.status == 400 and "Vul het papieren formulier in." in refused.text
