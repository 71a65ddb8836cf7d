"""What should be gone, as its resident and the FG read it: with the use, with the consent, counted, and ended."""

from datetime import timedelta
from typing import Any

import pytest

from assembly.demo.register import INCOME_ANSWER, LOAN_DESK, STORY, TENANT, TRAINERS
from connectors.lab.contract import LateSet, NoSuchSet
from connectors.removals.contract import Due, Dues, Overdue
from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable
from tests.connectors.test_removals import ERASE, TERM, confirm, desk_of, followed, kept, lived_in, position
from tests.web.portal import PortalUnderTest

pytestmark = pytest.mark.anyio
LATE, WEB = "Dit moest al verwijderd zijn", "Wat de afdeling daarna deed"


async def test_the_resident_and_the_fg_see_what_should_be_gone_until_it_is(portal: PortalUnderTest) -> None:
    house = portal.house
    await lived_in(house)
    await house.income()
    consent = await house.consent()
    place = position(await house.release("brp.naam", INCOME_ANSWER))
    await portal.open()
    await house.choose(consent, "stop")
    await followed(house)
    visitor = await portal.visitor("r1")
    for page in ("/gebruik", f"/gebruik/{place}", f"/toestemmingen/{consent}"):
        assert LATE not in (await visitor.get(page)).text, "it is not late yet"
    house.now += timedelta(days=ERASE + 1)
    visitor = await portal.visitor("r1")
    for page in ("/gebruik", f"/gebruik/{place}", f"/toestemmingen/{consent}"):
        text = (await visitor.get(page)).text
        assert LATE in text and "Want deze toestemming was voorbij." in text, page
        assert "This should have been removed by now" in (await visitor.get(f"/en{page}")).text
    house.now += timedelta(days=TERM)
    officer = await portal.visitor("fg")
    text = (await officer.get("/fg")).text
    assert "Gegevens die al verwijderd moesten zijn" in text and "1 verstrekking." in text
    for owner, theirs in (("een", True), ("twee", False)):  # of that department, and of none
        text = (await (await portal.visitor(owner)).get("/beheer/verwerkingsactiviteiten")).text
        assert ("Gegevens die uw afdeling al moest verwijderen" in text and "1 verstrekking." in text) is theirs
    stranger = await portal.visitor("r2")
    assert LATE not in (await stranger.get("/gebruik")).text
    # a part goes, a part stays under an article: both with the use, and a card of its own in the list
    await confirm(house, place, bewaart=kept("brp.naam"))
    visitor = await portal.visitor("r1")
    text = (await visitor.get(f"/gebruik/{place}")).text
    assert WEB in text and LATE not in text and "Awr artikel 52" in text and "31 december 2033" in text
    listed = (await visitor.get("/gebruik")).text
    assert "Een afdeling verwijderde gegevens van u" in listed and LATE not in listed
    assert "Geen ontvanger is te laat." in (await (await portal.visitor("fg")).get("/fg")).text
    # a line that says so reads as what it is
    line = (await confirm(house, place)).written[0].line
    assert "Wat de afdeling opschreef" in (await visitor.get(f"/gebruik/{line}")).text


class Lab:
    """A set that nobody answers for, at the door of the desk."""

    def __init__(self) -> None:
        said = {"id": "s-1", "activity": "onderzoek", "name": "wijken", "recipient": "inkomensloket"}
        times = {"made_at": "2026-07-01T00:00:00Z", "destroy_by": "2026-08-01T00:00:00Z"}
        self.sets, self.told, self.away = [LateSet.model_validate({**said, **times})], list[str](), False

    async def open_of(self, *_: Any) -> Any:
        raise NeighbourUnavailable

    async def overdue(self, _: Caller) -> Overdue:
        if self.away:
            raise NeighbourUnavailable
        return Overdue(releases=(), sets=tuple(self.sets))

    async def settle(self, caller: Caller, set_id: str, reason: str) -> None:
        if set_id != "s-1" or "fg" not in caller.roles:
            raise NoSuchSet
        self.told.append(reason)
        self.sets = []


async def test_the_fg_ends_a_set_with_a_reason_and_pages_stand_without_the_desk(portal: PortalUnderTest) -> None:
    door: Any = Lab()
    portal.house.desk.__dict__["removals"] = door
    await portal.open()
    officer = await portal.visitor("fg")
    page = await officer.get("/fg")
    assert "Gegevensset voor onderzoek: wijken." in page.text and "Moest weg zijn op 1 augustus 2026" in page.text
    form = page.form("gegevensset")
    for text, told in (("", "Schrijf op hoe u dit weet."), ("Van 999993653.", "Haal het burgerservicenummer uit")):
        wrong = await officer.send(page, form, gegevensset="s-1", reden=text)
        assert wrong.status == 400 and told in wrong.text and "999993653" not in wrong.text
    done = await officer.send(page, form, gegevensset="s-1", reden="Verklaring gezien op 2 september.")
    for link in ("/fg?klaar=vernietigd", "/fg?klaar="):
        assert "Gelukt." not in (await officer.get(link)).text, "a link from elsewhere says nothing"
    assert "Gelukt. In het logboek staat" in done.text and door.told == ["Verklaring gezien op 2 september."]
    assert (await officer.get(f"/fg/zoek?zoeking={done.url.partition('klaar=')[2]}")).status == 404, "that is no search"
    door.away = True
    assert "Wij weten dit nu niet." in (await (await portal.visitor("een")).get("/beheer/verwerkingsactiviteiten")).text
    assert "Wij weten dit nu niet." in (await officer.get("/fg")).text
    visitor = await portal.visitor("r1")
    assert (await visitor.get("/gebruik")).status == 200


class Elsewhere(Lab):
    """Somebody has something under the same purpose, whose consent ended."""

    recipient = TRAINERS

    async def open_of(self, *_: Any) -> Any:
        said = {"release": "2026h2-1", "recipient": self.recipient, "activity": STORY, "elements": (INCOME_ANSWER,)}
        return Dues(found=(Due.model_validate({**said, "day": "2026-08-01", "why": "toestemming", "late": True}),))


async def test_with_a_consent_stands_what_its_own_recipient_has_and_no_other(portal: PortalUnderTest) -> None:
    door: Any = Elsewhere()
    portal.house.desk.__dict__["removals"] = door
    consent = await portal.house.consent()
    await portal.open()
    await portal.house.choose(consent, "stop")
    visitor = await portal.visitor("r1")
    assert LATE not in (await visitor.get(f"/toestemmingen/{consent}")).text
    door.recipient = LOAN_DESK
    assert LATE in (await visitor.get(f"/toestemmingen/{consent}")).text


async def test_only_the_fg_asks_what_is_late(portal: PortalUnderTest) -> None:
    await portal.open()
    desk, owner = desk_of(portal.house), await portal.visitor("een")
    assert (await owner.get("/fg")).status == 404
    page = await (await portal.visitor("fg")).get("/fg")
    assert "Geen ontvanger is te laat." in page.text
    assert (await desk.overdue(Caller(tenant=TENANT, kind="medewerker", user="f", roles=("fg",)))).sets == ()
