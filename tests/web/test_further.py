"""Beyond choices at the portal: uses and requests for somebody else, the last act of a helper, who was appointed."""

import re

import pytest

from assembly.demo.register import STORY, TENANT
from assembly.demo.visitor import Page, Visitor
from audit.contract import Line
from connectors.contract import NotReleased
from consent.contract import ResidentRef
from consent.mandates.contract import Ground
from kernel.caller import room_of
from tests.four_rooms import BY_LAW
from tests.web.portal import PortalUnderTest
from tests.web.test_appointing import HOME as APPOINTING
from tests.web.test_appointing import NAMES, PAPERS, in_a_year, typed
from tests.web.test_behalf import PARENT, for_child, opened
from tests.web.test_claims import address_is_our_task
from vault.contract import Bsn
from web.behalf_views import over
from web.frame import Frame
from web.register_words import RegisterWords
from web.rendering import Renderer
from web.session import Acting

pytestmark = pytest.mark.anyio
USES, CLAIMS = "/namens/gebruik", "/namens/verzoeken"
NOT_KEPT = "Deze woorden bewaarden wij niet."
OWN = re.compile(r'href="/(gebruik|toestemmingen|verzoeken|overzicht)[/"?]')  # of whom it is about


async def helping(portal: PortalUnderTest, level: str = "kiezen", last: str = "31") -> tuple[Visitor, Visitor]:
    """R1, and R2 who acts for them about the story's purpose."""
    giver, helper = await portal.visitor("r1"), await portal.visitor("r2")
    page = await giver.get("/namens/gemachtigden")
    terms = {"actie": "geef", "naam": "mijn buurvrouw", "doel": STORY, "mag": level, "hoelang": last}
    page = await giver.send(page, page.form("actie", "geef"), **terms)
    code = page.html.partition("<code>")[2].partition("</code>")[0]
    page = await helper.get("/namens")
    page = await helper.send(page, page.form("actie", "code"), actie="code", code=code)
    page = await helper.send(page, page.form("actie", "aanvaard"), actie="aanvaard")
    (wie,) = [value for name, value in page.form("actie", "kies").choices if name == "wie"]
    await helper.send(page, page.form("actie", "kies"), actie="kies", wie=wie)
    return giver, helper


async def test_a_helper_sees_uses_and_the_resident_sees_that_they_looked(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    with pytest.raises(NotReleased):
        await portal.house.release(*BY_LAW, verwerkingsactiviteit="verhuizing-verwerken", zaak="Z-9")
    giver, helper = await helping(portal, "zien")
    page = await helper.get(USES)
    assert "Voor J. de Vries: gebruik van gegevens" in page.text and "1 keer gevonden" in page.text
    for text in ("U ziet hier alleen gebruik waarvoor u mag kijken.", "Moet van de wet", "Wat wij weigerden ook niet."):
        assert text in page.text
    assert "Z-1" not in page.text and "bewijs" not in page.html and not OWN.search(page.html)
    english = await helper.get(f"/en{USES}?periode=week&bladzijde=99999")
    assert "For J. de Vries: use of data" in english.text
    asks = await helper.get(CLAIMS)
    assert "U mag hier alleen kijken." in asks.text and 'name="doel"' not in asks.html
    own = await giver.get("/gebruik")
    assert "Iemand die u dat liet doen keek voor u wie uw gegevens gebruikte" in own.text and "2 keer" in own.text
    helpers = await giver.get("/namens/gemachtigden")
    assert "keek voor u wie uw gegevens gebruikte." in helpers.text and "Het laatst, op" in helpers.text
    for more in (False, True):  # nothing is said of lines that were not looked at

        async def cut(*_: object, more: bool = more) -> tuple[list[Line], bool]:
            return [], more

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("web.pages.mandates.own_lines", cut)
            told = (await giver.get("/namens/gemachtigden")).text
        assert ("Deze persoon deed het afgelopen jaar niets voor u." in told) != more
    await giver.send(helpers, helpers.form("actie", "stop"))
    over = await helper.get(USES)
    assert over.status == 403 and "U mag niet meer voor J. de Vries kijken." in over.text
    assert (await helper.get(USES)).url.endswith("/namens")


async def test_a_flag_of_secrecy_shuts_uses_and_requests_and_leaves_the_choices(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    _, helper = await helping(portal)
    (found,) = await portal.house.safe.identify(room_of(TENANT, "web"), [Bsn(PARENT)])
    await portal.house.register.flag(room_of(TENANT, "web"), ResidentRef(**found.model_dump()), ["geheimhouding"])
    for place in (USES, CLAIMS):
        shut = await helper.get(place)
        assert shut.status == 403 and "U mag dit niet zien." in shut.text and "Inkomensloket" not in shut.text
    assert (await helper.get("/namens/toestemmingen")).status == 200


async def _refused(portal: PortalUnderTest) -> dict[str, str]:
    return {one.element: one.code for one in (await portal.house.release(*BY_LAW)).refused}


async def test_an_objection_for_somebody_stops_and_the_resident_takes_it_back(portal: PortalUnderTest) -> None:
    giver, helper = await helping(portal)
    await address_is_our_task(portal)
    page = await helper.get(CLAIMS)
    form = page.form("actie", "bezwaar")
    wrong = await helper.send(page, form, actie="bezwaar", doel="verhuizing-verwerken", grond=f"bel {PARENT}")
    assert wrong.status == 400 and "Kies een gebruik." in wrong.text and PARENT not in wrong.html
    assert (await helper.send(page, form, actie="iets")).status == 400
    page = await helper.send(page, form, actie="bezwaar", doel=STORY, grond="Dit klopt <b>niet</b>.")
    for text in (
        "Gelukt. Het staat in ons logboek.",
        "Dit gebruik staat stil",
        "<b>niet</b>",
        "Alleen J. de Vries zelf",
    ):
        assert text in page.text
    assert await _refused(portal) == {"brp.adres": "bezwaar"}
    with pytest.raises(LookupError):  # nothing to take it back with
        page.form("actie", "intrekken")
    form = page.form("actie", "verzoek")
    nothing = await helper.send(page, form, actie="verzoek", soort="inzage", waarover="", tekst="Wat heeft u?")
    assert nothing.status == 400 and "Kies een gebruik." in nothing.text, "about one use, never about all"
    page = await helper.send(page, form, actie="verzoek", soort="inzage", waarover=STORY, tekst="Wat heeft u?")
    other = await helper.send(page, form, actie="verzoek", soort="inzage", waarover=STORY, tekst="En van vorig jaar?")
    assert other.status == 400 and NOT_KEPT in other.text and "En van vorig jaar?" in other.text
    page = await helper.send(page, page.form("actie", "intrekken"), actie="intrekken")
    assert "Ingetrokken" in page.text
    own = await giver.get("/verzoeken")
    mine = await giver.send(own, own.form("actie", "bezwaar"), actie="bezwaar", doel=STORY, grond="Ik ook niet.")
    assert mine.status == 400 and NOT_KEPT in mine.text and "Ik ook niet." in mine.text
    assert own.text.count("Iemand die u dat liet doen vroeg dit voor u.") == 2
    lines = await giver.get("/gebruik")
    for text in ("was het voor u ergens niet mee eens. Dat gebruik staat nu stil", "deed een verzoek voor u",
                 "nam een verzoek voor u terug"):  # fmt: skip
        assert f"Iemand die u dat liet doen {text}" in lines.text
    officer = await portal.visitor("fg")
    assert "Dit vroeg iemand die de inwoner zelf koos, voor de inwoner." in (await officer.get("/fg/verzoeken")).text
    await giver.send(own, own.form("actie", "intrekken"), actie="intrekken")
    assert await _refused(portal) == {}


async def test_a_silent_brp_shows_a_parent_no_use_and_an_objection_of_the_hour_still_stops(
    portal: PortalUnderTest,
) -> None:
    brp = await opened(portal)
    await address_is_our_task(portal)
    visitor, _ = await for_child(portal)
    page = await visitor.get(USES)
    assert "U ziet hier alleen gebruik waar iemand zelf voor koos." in page.text
    assert "Wij vonden in deze tijd niets dat u mag zien." in page.text and "Niemand gebruikte" not in page.text
    page = await visitor.get(CLAIMS)
    brp.down = True
    shut = await visitor.get(USES)
    assert shut.status == 503 and "De BRP werkt even niet." in shut.text
    form = page.form("actie", "verzoek")
    wanted = {"soort": "inzage", "waarover": STORY, "tekst": "Wat heeft u?"}
    assert (await visitor.send(page, form, actie="verzoek", **wanted)).status == 503
    done = await visitor.send(page, page.form("actie", "bezwaar"), actie="bezwaar", doel=STORY, grond="Daarom.")
    assert "Dit gebruik staat stil" in done.text
    child = await portal.visitor("kind")
    assert "Een ouder met gezag vroeg dit voor u." in (await child.get("/verzoeken")).text
    other = await _other_parent(portal, brp)
    assert "Daarom." not in other.text and "U vroeg nog niets." in other.text


async def _other_parent(portal: PortalUnderTest, brp: object) -> Page:
    brp.down = False  # type: ignore[attr-defined]  # of Turning
    visitor, _ = await for_child(portal, "ander")
    page = await visitor.get(CLAIMS)
    already = await visitor.send(page, page.form("actie", "bezwaar"), actie="bezwaar", doel=STORY, grond="Ook ik.")
    assert already.status == 400 and "Iemand anders vroeg dit al." in already.text
    return await visitor.get(CLAIMS)


def test_what_ended_by_itself_says_until_when_it_was_and_what_it_was_about() -> None:
    whose = ResidentRef(id="a" * 32, subject="b" * 32, fence="c" * 32)
    ground = Ground(relation="bewindvoerder", resident=whose, mandate="m")
    acting = Acting(by="x", ground=ground, name="mevrouw Bakker", until=1_777_586_400_000)  # midnight of 1 May 2026
    frame = Frame(path="/namens/gebruik", municipality="G", phone="14 0XX", version="1")

    def shown(reason: str, now: int) -> str:
        view = over(frame, reason, acting, RegisterWords.of("nl", (), ()), now)
        return Renderer().render("namens_voorbij.html", "nl", view)

    assert "tot en met 30 april 2026. Vraag het opnieuw aan of bel ons." in shown("voorbij", acting.until)
    assert "U mag niet meer voor mevrouw Bakker kijken." in shown("voorbij", acting.until - 1)
    assert "U regelt alleen geldzaken voor mevrouw Bakker." in shown("buiten", 0)


async def test_nobody_comes_in_who_acts_for_nobody(portal: PortalUnderTest) -> None:
    stranger = await portal.visitor("r2")
    for place in (USES, CLAIMS):
        assert (await stranger.get(place)).url.endswith("/namens")
    staff = await portal.visitor("fg")
    assert [(await staff.get(place)).status for place in (USES, CLAIMS)] == [404, 404]


async def test_civil_affairs_looks_up_who_was_appointed_with_a_reason_and_a_line(portal: PortalUnderTest) -> None:
    place, papers = f"{APPOINTING}/zoeken", {**PAPERS, "tot": in_a_year(portal)}
    first, second = await portal.visitor("bz1"), await portal.visitor("bz2")
    wrong = await typed(first, place, bsn="123", reden="zomaar")
    assert wrong.status == 400 and "burgerservicenummer" in wrong.text and "Kies een reden." in wrong.text
    await typed(first, f"{APPOINTING}/nieuw", **papers, **NAMES)
    nothing = await typed(second, place, bsn=PARENT, reden="vraag")
    assert "hier niemand aangewezen" in nothing.text, "what waits is read in the document, and nowhere else"
    links = [one.partition('"')[0] for one in (await second.get(APPOINTING)).html.split(f'href="{APPOINTING}/')[1:]]
    (waits,) = [one for one in links if one not in ("nieuw", "stoppen", "zoeken")]
    await typed(second, f"{APPOINTING}/{waits}", **papers)
    page = await typed(first, place, bsn=PARENT, reden="vraag")
    for text in ("Bewindvoerder: geld", "de heer Bakker", "beschikking van 5 januari 2026, rechtbank Den Haag"):
        assert text in page.text
    assert "De Vries" not in page.text, "of whom it is, the page does not say again"
    unknown = await typed(first, place, bsn="999990019", reden="vraag")
    assert "hier niemand aangewezen" in unknown.text
    own = await portal.visitor("r1")
    uses = await own.get("/gebruik")
    assert uses.text.count("Een medewerker keek wie er voor u is aangewezen") == 2
    for who in ("r1", "fg", "balie"):
        assert (await (await portal.visitor(who)).get(place)).status == 404
