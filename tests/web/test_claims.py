"""A resident objects at the portal, the FG decides there, and releases follow."""

import re
from datetime import timedelta

import pytest

from assembly.demo.register import STORY, activities
from connectors.contract import NotReleased
from consent.contract import Words
from tests.four_rooms import BY_LAW, STAFF
from tests.web.portal import PortalUnderTest

pytestmark = pytest.mark.anyio
TASK = {"class_": "B", "basis": "6(1)(e)"}
WHY = "Dit is <b>mijn</b> adres."


async def address_is_our_task(portal: PortalUnderTest) -> None:
    """The story's activity, with the address on a ground that one may object to."""
    story = next(one for one in activities() if one.slug == STORY)
    used = tuple(one.model_copy(update=TASK if one.name == "brp.adres" else {}) for one in story.elements)
    await portal.house.register.publish(STAFF, story.model_copy(update={"elements": used}))


async def refused(portal: PortalUnderTest) -> dict[str, str]:
    given = await portal.house.release(*BY_LAW)
    return {one.element: one.code for one in given.refused}


async def test_an_objection_stops_a_release_until_it_is_rejected(portal: PortalUnderTest) -> None:
    visitor, officer = await portal.visitor("r1"), await portal.visitor("fg")
    by_law = await visitor.get("/verzoeken")
    assert "U vroeg nog niets." in by_law.text and "Laat dit stilstaan" not in by_law.text
    await address_is_our_task(portal)
    assert await refused(portal) == {}
    page = await visitor.get("/verzoeken")
    objecting = page.form("actie", "bezwaar")
    nothing = await visitor.send(page, objecting, actie="bezwaar", doel="", grond=" ")
    assert nothing.status == 400 and "Kies een gebruik." in nothing.text and "Vertel ons waarom." in nothing.text
    done = await visitor.send(page, objecting, actie="bezwaar", doel=STORY, grond=WHY)
    assert "Gelukt. Het staat in ons logboek." in done.text and "Dit gebruik staat stil" in done.text
    assert WHY in done.text, "as text, never as markup"
    assert await refused(portal) == {"brp.adres": "bezwaar"}
    desk = await officer.get("/fg/verzoeken")
    assert WHY in desk.text and "J. de Vries" not in desk.text
    taken = await officer.send(desk, desk.form("actie", "in-behandeling"), actie="in-behandeling")
    empty = await officer.send(taken, taken.form("actie", "ongegrond"), actie="ongegrond", tekst=" ")
    assert empty.status == 400 and "Schrijf een antwoord op." in empty.text
    both = await portal.visitor("beide")  # comes as FG, and is of the department whose work this is
    own = await both.get("/fg/verzoeken")
    own = await both.send(own, own.form("actie", "ongegrond"), actie="ongegrond", tekst="Ons werk gaat door.")
    assert own.status == 400 and "het werk van uw eigen afdeling" in own.text and "Ons werk gaat door." in own.text
    assert await refused(portal) == {"brp.adres": "bezwaar"}
    longer = await officer.send(taken, taken.form("actie", "verlengen"), actie="verlengen", tekst="Het is druk.")
    await officer.send(longer, longer.form("actie", "ongegrond"), actie="ongegrond", tekst="Het moet toch.")
    assert await refused(portal) == {}
    told = await visitor.get("/en/verzoeken?bewaard=iets")
    for sentence in ("Not upheld", "Het moet toch.", "letter of objection within 6 weeks"):
        assert sentence in told.text
    assert "Done." not in told.text and "Trek dit in" not in told.text
    acts = (await visitor.get("/gebruik")).text
    assert "Dat gebruik staat nu stil" in acts and "Wij keken opnieuw. Dat gebruik gaat door" in acts


async def test_a_resident_takes_a_request_back_and_sees_nobody_elses(portal: PortalUnderTest) -> None:
    visitor, stranger = await portal.visitor("r1"), await portal.visitor("r2")
    page = await visitor.get("/verzoeken")
    asked = await visitor.send(page, page.form("actie", "verzoek"), actie="verzoek", soort="inzage", tekst="Alles.")
    assert "Ik wil weten wat u van mij heeft" in asked.text and "Ontvangen" in asked.text
    theirs = await stranger.get("/verzoeken")
    assert "U vroeg nog niets." in theirs.text
    taking_back = asked.form("actie", "intrekken")
    assert (await stranger.send(theirs, theirs.form("actie", "verzoek"), actie="intrekken",
                                verzoek=taking_back.fields["verzoek"])).status == 404  # fmt: skip
    again = await visitor.send(asked, taking_back, actie="intrekken")
    assert "Ingetrokken" in again.text
    assert (await visitor.get("/fg/verzoeken")).status == 404
    assert (await (await portal.visitor("fg")).get("/verzoeken")).status == 404


async def test_nobody_has_to_say_why_they_want_to_know(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    page = await visitor.get("/verzoeken")
    asking = page.form("actie", "verzoek")
    for kind, told in (("wissing", "Vertel ons waarom."), ("inzage", "Gelukt."), ("overdracht", "Gelukt.")):
        assert told in (await visitor.send(page, asking, actie="verzoek", soort=kind, tekst=" ")).text, kind


async def test_a_lock_stops_a_release_and_is_told_before_it_ends(portal: PortalUnderTest) -> None:
    visitor, officer = await portal.visitor("r1"), await portal.visitor("fg")
    page = await visitor.get("/verzoeken")
    locking = page.form("actie", "beperking")
    nothing = await visitor.send(page, locking, actie="beperking", bereik="", aanleiding="", waarom=" ")
    for sentence in ("Kies een gebruik.", "Kies een reden.", "Vertel ons waarom."):
        assert nothing.status == 400 and sentence in nothing.text
    early = await visitor.send(page, locking, actie="beperking", bereik="alles", aanleiding="bezwaar", waarom=WHY)
    assert early.status == 400 and "Vertel ons dat eerst." in early.text and WHY in early.text
    done = await visitor.send(page, locking, actie="beperking", bereik="alles", aanleiding="juistheid", waarom=WHY)
    assert "Gelukt. Het staat in ons logboek." in done.text and "Op slot" in done.text and WHY in done.text
    with pytest.raises(NotReleased) as refusal:
        await portal.house.release(*BY_LAW)
    assert refusal.value.code == "beperking"
    desk = await officer.get("/fg/verzoeken")
    taken = await officer.send(desk, desk.form("actie", "in-behandeling"), actie="in-behandeling")
    with pytest.raises(LookupError):
        taken.form("actie", "ongegrond")
    agreed = await officer.send(taken, taken.form("actie", "gegrond"), actie="gegrond", tekst="U heeft gelijk.")
    empty = await officer.send(agreed, agreed.form("actie", "aankondigen"), actie="aankondigen", tekst=" ")
    assert empty.status == 400 and "Schrijf een antwoord op." in empty.text
    await officer.send(agreed, agreed.form("actie", "aankondigen"), actie="aankondigen", tekst="Het is verbeterd.")
    told = await visitor.get("/en/verzoeken")
    for sentence in ("We want to unlock it", "Het is verbeterd.", "U heeft gelijk.", "Unlock it"):
        assert sentence in told.text
    with pytest.raises(LookupError):
        (await officer.get("/fg/verzoeken")).form("actie", "opheffen")
    portal.house.now += timedelta(days=8)
    late = await portal.visitor("fg")
    ready = await late.get("/fg/verzoeken")
    await late.send(ready, ready.form("actie", "opheffen"), actie="opheffen")
    assert (await portal.house.release(*BY_LAW)).values
    acts = (await (await portal.visitor("r1")).get("/gebruik")).text
    assert "Uw gegevens gingen op slot" in acts and "Uw gegevens gingen van het slot" in acts


async def test_a_use_that_goes_on_while_an_objection_is_weighed_says_why(portal: PortalUnderTest) -> None:
    story = next(one for one in activities() if one.slug == STORY)
    used = tuple(one.model_copy(update=TASK if one.name == "brp.adres" else {}) for one in story.elements)
    why = Words(nl="Iemand kan gevaar lopen.", en="Somebody may be in danger.")
    weighty = story.model_copy(update={"elements": used, "despite_objection": why})
    await portal.house.register.registering.put_in_force(STAFF, weighty, {}, agreed=True)
    visitor = await portal.visitor("r1")
    page = await visitor.get("/verzoeken")
    done = await visitor.send(page, page.form("actie", "bezwaar"), actie="bezwaar", doel=STORY, grond=WHY)
    assert (
        f"gaat door tot wij hebben gekeken, want: {why.nl}" in done.text and "Dit gebruik staat stil" not in done.text
    )
    assert await refused(portal) == {}
    (line,) = [one for one in await portal.house.lines() if one.event.kind == "verstrekking"]
    assert f"Dit ging door, want: {why.nl}" in (await visitor.get(f"/gebruik/{line.position}")).text
    acts = (await visitor.get("/gebruik")).text
    assert "Wij kijken ernaar" in acts and "Dat gebruik staat nu stil" not in acts


async def test_an_owner_answers_what_is_about_its_own_department(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    page = await visitor.get("/verzoeken")
    form, asked = page.form("actie", "verzoek"), {"actie": "verzoek", "soort": "rectificatie", "tekst": WHY}
    wrong = await visitor.send(page, form, **asked, waarover="onbekend")
    assert wrong.status == 400 and "Kies een gebruik." in wrong.text
    await visitor.send(page, form, **asked, waarover=STORY)
    await visitor.send(page, form, actie="verzoek", soort="inzage", tekst="Alles.", waarover="")
    portal.house.now += timedelta(days=40)
    owner, elsewhere, officer = [await portal.visitor(who) for who in ("een", "twee", "fg")]
    listed = await owner.get("/beheer/verzoeken")
    assert "Er klopt iets niet" in listed.text and "Te laat: antwoord moest op" in listed.text
    assert "Ik wil weten" not in listed.text and "Vries" not in listed.text
    assert "Te laat (2)" in (await officer.get("/beheer/verzoeken")).text
    assert "Er zijn geen verzoeken." in (await elsewhere.get("/beheer/verzoeken")).text
    (place,) = set(re.findall(r'"(/beheer/verzoeken/[0-9a-f-]+)"', listed.html))
    assert (await elsewhere.get(place)).status == 404
    one = await owner.get(place)
    assert WHY in one.text and "Maak langer" not in one.text, "the month is over"
    one = await owner.send(one, one.form("actie", "in-behandeling"), actie="in-behandeling")
    empty = await owner.send(one, one.form("actie", "gegrond"), actie="gegrond", tekst=" ")
    assert empty.status == 400 and "Schrijf een antwoord op." in empty.text
    done = await owner.send(one, one.form("actie", "gegrond"), actie="gegrond", tekst="U heeft gelijk.")
    assert "Gelukt. Het staat in ons logboek." in done.text and "U heeft gelijk." in done.text
    for visitor, link in ((owner, f"{place}?klaar=gegrond"), (officer, done.url)):
        assert "Gelukt." not in (await visitor.get(link)).text, "a link says nothing"
    assert "Done (1)" in (await owner.get("/en/beheer/verzoeken?soort=klaar")).text
    told = await (await portal.visitor("r1")).get("/verzoeken")
    assert "U heeft gelijk." in told.text and "E. Een" not in told.text
