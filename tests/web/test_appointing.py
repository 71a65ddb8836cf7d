"""Who was appointed, at the portal: two employees, the one who acts, the resident who sees it and stops, the end."""

from dataclasses import replace

import pytest

from assembly.demo.visitor import Page, Visitor
from consent.contract import State
from tests.web.portal import PortalUnderTest
from tests.web.samples import consents
from tests.web.test_behalf import LIST, PARENT, asked
from tests.web.test_behalf import state as state_of
from web.behalf_views import TheirConsent
from web.rendering import Renderer

pytestmark = pytest.mark.anyio
HOME = "/beheer/vertegenwoordiging"
REPRESENTATIVE = "999993690"
PAPERS = {
    "soort": "bewindvoerder", "bsn": PARENT, "bsn-ander": REPRESENTATIVE, "instantie": "rechtbank Den Haag",
    "kenmerk": "1234 / BM 26-1", "datum": "2026-01-05",
}  # fmt: skip
NAMES = {"naam": "mevrouw De Vries", "naam-ander": "de heer Bakker"}


def in_a_year(portal: PortalUnderTest) -> str:
    now = portal.house.clock()
    return f"{now.year + 1}-01-01"


async def typed(visitor: Visitor, place: str, **fields: str) -> Page:
    page = await visitor.get(place)
    sent = await visitor.send(page, page.form("bsn"), **fields)
    assert PARENT not in sent.html and REPRESENTATIVE not in sent.html, "a number never comes back to a page"
    return sent


async def test_who_was_appointed_acts_until_it_ends(portal: PortalUnderTest) -> None:
    wanted, papers = await asked(portal, PARENT), {**PAPERS, "tot": in_a_year(portal)}
    first, second = await portal.visitor("bz1"), await portal.visitor("bz2")
    waits = await _recorded(first, second, papers)
    helper = await portal.visitor("r2")
    assert "De Vries" not in (await helper.get("/namens")).text, "what one person wrote down permits nothing"
    done = await typed(second, f"{HOME}/{waits}", **papers)
    assert "Gelukt. Deze persoon kan nu inloggen" in done.text and "Er wacht niets." in done.text
    page = await helper.get("/namens")
    for text in ("mevrouw De Vries (bewind: alleen geld, tot en met 1 januari",
                 "Waarom: beschikking van 5 januari 2026, rechtbank Den Haag, 1234 / BM 26-1"):  # fmt: skip
        assert text in page.text
    (wie,) = [value for name, value in page.form("actie", "kies").choices if name == "wie"]
    page = await helper.send(page, page.form("actie", "kies"), actie="kies", wie=wie)
    own = await portal.visitor("r1")
    mine = await own.get(f"/toestemmingen/{wanted.id}")
    assert "Wie uw geld regelt, kiest hierover voor u." in mine.text
    await own.send(mine, mine.form("actie", "kiezen"), keuze="ja")
    assert await state_of(portal, PARENT, wanted.id) == "gevraagd", "not theirs to say"
    page = await helper.get(f"{LIST}/{wanted.id}")
    page = await helper.send(page, page.form("actie", "kiezen"), keuze="ja")
    assert await state_of(portal, PARENT, wanted.id) == "gegeven"
    await _seen_and_stopped(portal, own, wanted.id)
    await _ended(first, helper)


async def _recorded(first: Visitor, second: Visitor, papers: dict[str, str]) -> str:
    wrong = await typed(first, f"{HOME}/nieuw", **{"kenmerk": PARENT, "naam": "bel 999993653"})
    assert wrong.status == 400 and "Er zijn 9 fouten" in wrong.text and "Kies wat het stuk zegt." in wrong.text
    for field, value, text in (("tot", "2040-01-01", "past niet"), ("bsn-ander", PARENT, "past niet"),
                               ("datum", "2026-02-30", "goede datum")):  # fmt: skip
        wrong = await typed(first, f"{HOME}/nieuw", **{**papers, **NAMES, field: value})
        assert wrong.status == 400 and text in wrong.text and "mevrouw De Vries" in wrong.html
    done = await typed(first, f"{HOME}/nieuw", **papers, **NAMES)
    assert "Wij hebben het opgeschreven." in done.text and "U schreef dit zelf op." in done.text
    assert "Vries" not in done.text, "of whom it is, the list does not say"

    links = [one.partition('"')[0] for one in (await second.get(HOME)).html.split(f'href="{HOME}/')[1:]]
    (waits,) = [one for one in links if one not in ("nieuw", "stoppen", "zoeken")]
    assert "U schreef dit zelf op." in (await first.get(f"{HOME}/{waits}")).text
    differs = await typed(second, f"{HOME}/{waits}", **{**papers, "kenmerk": "1235 / BM 26-1"})
    assert differs.status == 400 and "Niet alles is gelijk" in differs.text
    return waits


async def _seen_and_stopped(portal: PortalUnderTest, own: Visitor, wanted: str) -> None:
    uses = await own.get("/gebruik")
    for text in (
        "zei ja voor u (beschikking van 5 januari 2026,",
        "mag nu voor u kijken. Twee medewerkers keken dit na",
        "kijkt straks voor u. Een medewerker schreef dit op",
    ):
        assert f"Wie uw geld regelt {text}" in uses.text
    page = await own.get("/namens/gemachtigden")
    assert "de heer Bakker" in page.text and "U kunt altijd zelf stoppen wat deze persoon voor u koos." in page.text
    with pytest.raises(LookupError):  # the court's, and nobody's to end here
        page.form("actie", "stop")
    page = await own.get(f"/toestemmingen/{wanted}")
    assert "Wie uw geld regelt, zei hier ja voor u." in page.text
    await own.send(page, page.form("actie", "stoppen"))
    assert await state_of(portal, PARENT, wanted) == "ingetrokken"


async def _ended(clerk: Visitor, helper: Visitor) -> None:
    said = {"bsn": PARENT, "kenmerk": "1234 BM 26 1", "reden": "vervangen"}
    nothing = "niets met dit nummer"
    for field, value, text in (("bsn", "123", "burgerservicenummer"), ("kenmerk", "9", nothing),
                               ("kenmerk", "1234\x01 BM 26 1", "zoals het in het stuk staat"),
                               ("bsn", REPRESENTATIVE, nothing), ("reden", "zomaar", "reden")):  # fmt: skip
        wrong = await typed(clerk, f"{HOME}/stoppen", **{**said, field: value})
        assert wrong.status == 400 and text in wrong.text
    assert (await helper.get(LIST)).status == 200
    assert "Alles met dit nummer is gestopt." in (await typed(clerk, f"{HOME}/stoppen", **said)).text
    over = await helper.get(LIST)
    assert over.status == 403 and "U mag niet meer voor mevrouw De Vries kijken." in over.text
    assert "De Vries" not in (await helper.get("/namens")).text


async def test_only_civil_affairs_comes_in_and_nowhere_else(portal: PortalUnderTest) -> None:
    places = (HOME, f"{HOME}/nieuw", f"{HOME}/stoppen", f"{HOME}/{'0' * 32}")
    for who in ("r1", "fg", "een"):
        stranger = await portal.visitor(who)
        assert [(await stranger.get(place)).status for place in places] == [404] * 4
    clerk = await portal.visitor("bz1")
    assert [(await clerk.get(place)).status for place in places] == [200, 200, 200, 404]
    for place in ("/beheer/verwerkingsactiviteiten", "/fg", "/fg/zoek", "/overzicht", "/namens"):
        assert (await clerk.get(place)).status == 404
    english = await clerk.get(f"/en{HOME}/nieuw")
    assert "What does the document say?" in english.text


@pytest.mark.parametrize(
    ("state", "decides", "stops", "yields", "offered"),
    [
        ("gevraagd", True, True, False, {"ja", "nee"}),
        ("gevraagd", True, True, True, {"nee"}),  # the yes is for whoever was appointed
        ("gevraagd", False, True, False, set()),  # nobody answers for the dead
        ("gegeven", False, True, False, {"stoppen"}),
        ("gegeven", False, False, False, set()),
        ("gegeven", True, True, False, {"stoppen", "verkorten"}),
        ("ingetrokken", False, True, False, set()),
    ],
)
def test_who_acts_for_somebody_is_offered_what_is_theirs(
    state: State, decides: bool, stops: bool, yields: bool, offered: set[str]
) -> None:
    one = consents()[f"toestemming-{state}"]
    same = ("frame", "id", "state", "recipient", "facts", "limits", "ends", "after_stop", "consequence")
    view = TheirConsent(
        who="mevrouw Bakker",
        decides=decides,
        stops=stops,
        yields=yields,
        **{name: getattr(one, name) for name in same},
    )
    html = Renderer().render("namens_toestemming.html", "nl", view)
    assert {name for name in ("ja", "nee", "stoppen", "verkorten") if f'value="{name}"' in html} == offered


@pytest.mark.parametrize(
    ("state", "offered"),
    [("gevraagd", {"nee"}), ("gegeven", {"stoppen", "pauzeren", "verkorten"}), ("gepauzeerd", {"stoppen"})],
)
def test_who_is_decided_for_is_offered_no_yes(state: State, offered: set[str]) -> None:
    view = replace(consents()[f"toestemming-{state}"], instead="mentor")
    html = Renderer().render("toestemming.html", "nl", view)
    every = ("ja", "nee", "stoppen", "pauzeren", "verkorten", "vernieuwen", "hervatten")
    assert {name for name in every if f'value="{name}"' in html} == offered
    assert "Wie uw zorg regelt, kiest hierover voor u." in html
