"""A safe address at the portal: Burgerzaken sets it, the resident reads it, who looked for somebody sees nothing, and
two employees end it."""

import pytest

from assembly.demo.register import TENANT
from consent.contract import ResidentRef
from kernel.caller import Caller, room_of
from tests.web.portal import PortalUnderTest
from tests.web.test_appointing import typed
from tests.web.test_behalf import CHILD, LIST, PARENT, asked, for_child, opened
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
HOME = "/beheer/veilig-adres"
END = f"{HOME}/stoppen"
UNKNOWN = "999990019"
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="mw-9", roles=("fg",))


async def test_one_employee_sets_it_and_two_end_it_and_the_resident_reads_each_step(portal: PortalUnderTest) -> None:
    wanted = await asked(portal, PARENT)
    first, second = await portal.visitor("bz1"), await portal.visitor("bz2")
    for place in (HOME, END):
        wrong = await typed(first, place, bsn="123456789", reden="zomaar")
        assert wrong.status == 400 and "Er zijn 2 fouten" in wrong.text
        assert "123456789" not in wrong.html
    for bsn in (PARENT, UNKNOWN, PARENT):
        done = await typed(first, HOME, bsn=bsn, reden="hulpverlening")
        assert "Gelukt. Dit is vanaf nu een veilig adres." in done.text, "known or not, set before or not: one answer"

    for visitor, link in ((second, done.url), (first, f"{HOME}?klaar=veilig"), (first, f"{HOME}?klaar=")):
        assert "Gelukt." not in (await visitor.get(link)).text, "a link says nothing"

    own = await portal.visitor("r1")
    page = await own.get(f"/toestemmingen/{wanted.id}")
    assert "Daarom krijgt nu niemand gegevens door uw ja." in page.text
    assert (await own.get("/gebruik")).text.count("Uw adres is nu een veilig adres.") == 1
    assert "hulpverlener" not in (await own.get("/gebruik")).text, "who looks over a shoulder is not told who asked"

    for visitor in (first, first):
        waits = await typed(visitor, END, bsn=PARENT, reden="voorbij")
        assert "Vraag een collega" in waits.text
    assert "een veilig adres" in (await own.get(f"/toestemmingen/{wanted.id}")).text
    done = await typed(second, END, bsn=PARENT, reden="voorbij")
    assert "Gelukt. Dit is geen veilig adres meer." in done.text
    assert "een veilig adres" not in (await own.get(f"/toestemmingen/{wanted.id}")).text
    for _ in range(2):
        nothing = await typed(second, END, bsn=PARENT, reden="fout")
        assert nothing.status == 400 and "Bij dit nummer staat geen veilig adres." in nothing.text
    uses = await own.get("/gebruik")
    for text in ("Een medewerker wil dat uw adres geen veilig adres meer is.", "Twee medewerkers besloten dat",
                 "Een medewerker keek of u een veilig adres heeft"):  # fmt: skip
        assert text in uses.text


async def test_a_parent_sees_nothing_of_a_child_at_a_safe_address_also_on_an_open_page(portal: PortalUnderTest) -> None:
    await opened(portal)
    wanted = await asked(portal, CHILD)
    visitor, page = await for_child(portal)
    assert "Oefenpartij" in page.text
    await typed(await portal.visitor("bz1"), HOME, bsn=CHILD, reden="verzoek")
    over = await visitor.get(f"{LIST}/{wanted.id}")
    assert over.status == 403 and "Oefenpartij" not in over.text
    for place in (LIST, "/namens/gebruik", "/namens/verzoeken"):
        assert (await visitor.get(place)).url.endswith("/namens")


async def test_the_other_parent_at_a_safe_address_closes_the_view_of_the_child(portal: PortalUnderTest) -> None:
    """PARENT asks; the other holder of authority fled. Where a parent hides, the child often lives."""
    await typed(await portal.visitor("bz1"), HOME, bsn="999998730", reden="verzoek")
    visitor = await portal.visitor("r1")
    page = await visitor.get("/namens")
    login = await visitor.send(page, page.form("actie", "kind"), actie="kind")
    page = await visitor.send(login, login.form("keuze"), keuze="r1")
    assert "U mag nog voor niemand kijken." in page.text


async def test_children_are_offered_as_the_brp_knows_them_and_an_employee_chooses_each(portal: PortalUnderTest) -> None:
    first, second = await portal.visitor("bz1"), await portal.visitor("bz2")
    page = await typed(first, HOME, bsn=PARENT, reden="hulpverlening")
    assert "Gelukt. Dit is vanaf nu een veilig adres." in page.text and ", geboren op 21 mei 2017" in page.text
    assert CHILD not in page.html and CHILD not in page.url
    for link in (page.url, f"{HOME}/kinderen?bij=x", f"{HOME}/kinderen"):
        assert "geboren op" not in (await second.get(link)).text, "kept for who set it"
    uses = (await (await portal.visitor("r1")).get("/gebruik")).text
    assert "Een veilig adres, ook voor kinderen" in uses or "ook hun adres veilig is" in uses, (
        "asked for that, and logged"
    )
    wrong = await first.send(page, page.form("bij"))
    assert wrong.status == 400 and "Kies een kind, of kies Geen van deze kinderen." in wrong.text
    assert await hides(portal, PARENT) and not await hides(portal, CHILD), "nobody is guessed about"
    for _ in range(2):  # a second time the answer is the same
        done = await first.send(page, page.form("bij"), **{"kind-0": "ja"})
        assert "Gelukt. De kinderen die u koos, hebben nu ook een veilig adres." in done.text
    assert await hides(portal, CHILD)
    own = await (await portal.visitor("kind")).get("/gebruik")
    assert own.text.count("Uw adres is nu een veilig adres.") == 1, "a line of its own"
    again = await typed(second, HOME, bsn=PARENT, reden="verzoek")
    assert "geboren op" not in again.text, "who hides already is not named"


async def test_a_silent_brp_does_not_keep_an_address_unsafe(portal: PortalUnderTest) -> None:
    (await opened(portal)).down = True
    done = await typed(await portal.visitor("bz1"), HOME, bsn=PARENT, reden="verzoek")
    assert "Wonen er kinderen mee? Doe dan voor elk kind hetzelfde." in done.text and await hides(portal, PARENT)


async def test_a_house_without_that_purpose_asks_nobody_and_writes_no_refusal(portal: PortalUnderTest) -> None:
    """The resident would read that somebody asked the BRP about them, and was refused."""
    await portal.house.register.drafts.end(OFFICER, "regie-veilig-adres", "Niet nodig.")
    done = await typed(await portal.visitor("bz1"), HOME, bsn=PARENT, reden="verzoek")
    assert "Wonen er kinderen mee? Doe dan voor elk kind hetzelfde." in done.text and await hides(portal, PARENT)
    assert "weigering" not in {one.event.kind for one in await portal.house.lines()}


async def hides(portal: PortalUnderTest, number: str) -> bool:
    (found,) = await portal.house.safe.identify(room_of(TENANT, "web"), [Bsn(number)])
    (hidden,) = await portal.house.register.safety.hidden(
        room_of(TENANT, "connectors"), [ResidentRef(**found.model_dump())]
    )
    return hidden


@pytest.mark.parametrize("who", ["r1", "fg", "balie", "een"])
async def test_nobody_else_finds_the_page(portal: PortalUnderTest, who: str) -> None:
    visitor = await portal.visitor(who)
    assert [(await visitor.get(place)).status for place in (HOME, END, f"{HOME}/kinderen")] == [404] * 3
