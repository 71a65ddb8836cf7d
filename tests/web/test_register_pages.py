"""The register for everybody, and the pages on which owners prepare a version two by two."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from assembly.demo.own_uses import BEHALF
from assembly.demo.register import BY_LAW, INCOME_ANSWER, INSIGHT, OVERSIGHT, STORY, VAULT, activities
from assembly.demo.visitor import Page, Visitor
from kernel.spreadsheet import safe
from tests.connectors.counting.town import counting
from tests.connectors.test_lab import SET
from tests.four_rooms import STAFF
from tests.web.portal import PortalUnderTest
from web.language import LANGUAGES
from web.register_facts import STEPS, VALUES, facts
from web.register_words import RegisterWords

pytestmark = pytest.mark.anyio
HOME = "/beheer/verwerkingsactiviteiten"
PLACE = f"{HOME}/{STORY}"
TEXTS = ("title", "purpose", "retention", "consequence", "after_withdrawal")


async def test_everybody_reads_the_register_in_two_languages_and_takes_it_away(portal: PortalUnderTest) -> None:
    nobody = await portal.visitor()
    page = await nobody.get("/register")
    assert page.status == 200 and "Geld voor een wasmachine of koelkast" in page.text
    entry = await nobody.get(f"/register/{STORY}")
    for told in (
        "Wie vraagt aan.",
        "Inkomensloket",
        "Wet BRP 1.7",
        "Hoogstens 4 keer per zaak",
        "U stuurt dan zelf een bewijs.",
    ):
        assert told in entry.text, told
    assert "Team Privacy" not in entry.text, "who assessed it may be an employee"
    english = await nobody.get(f"/en/register/{STORY}")
    assert "Who applies." in english.text and "Wie vraagt" not in english.text
    for wrong in (f"/register/{STORY}?versie=9", f"/register/{STORY}?versie=x", "/register/bestaat-niet",
                  "/register/uitvoer/xml"):  # fmt: skip
        assert (await nobody.get(wrong)).status == 404, wrong
    rows = list(csv.DictReader(io.StringIO((await nobody.get("/register/uitvoer/csv")).html.removeprefix("\ufeff"))))
    assert {row["id"] for row in rows} == {one.slug for one in activities()}
    taken = json.loads((await nobody.get("/register/uitvoer/json")).html)
    assert len(taken["processingActivities"]) == len(rows) and taken["entities"]
    story = next(one for one in taken["processingActivities"] if one["id"].endswith(STORY))
    assert {"id": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"} in story["latestVersion"]["legalBasis"]
    assert "Team Privacy" not in json.dumps(taken)


def test_where_people_are_only_counted_everybody_reads_that_nobody_gets_their_data() -> None:
    told = {
        language: {one.term: one.texts for one in facts(version, RegisterWords(language, {}, {}))}
        for version in (counting(statistiek={"drempel": 20, "gegevenssets": [SET]}),)
        for language in LANGUAGES
    }
    numbers, rows = told["nl"]["Wat er naar buiten gaat"]
    assert "Alleen aantallen" in numbers and "20 mensen" in numbers
    assert "Uw naam en nummer staan er niet in." in rows and "30 dagen" in rows
    assert "Only numbers in tables." in told["en"]["What goes out"][0]
    plain = facts(activities()[0], RegisterWords("nl", {}, {}))
    assert "Wat er naar buiten gaat" not in [one.term for one in plain]


@pytest.mark.parametrize("cell", ["=1+1", "+31 6", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"
    assert safe(f"tekst {cell}") == f"tekst {cell}"


async def test_strangers_and_residents_find_no_keeping(portal: PortalUnderTest) -> None:
    resident = await portal.visitor("r1")
    for place in ("/beheer", "/beheer/verwerkingsactiviteiten", PLACE, f"{PLACE}/beoordeling"):
        assert (await resident.get(place)).status == 404
    owner = await portal.visitor("een")
    for place in ("/overzicht", "/fg", "/fg/zoek"):
        assert (await owner.get(place)).status == 404


async def test_one_assesses_and_proposes_and_only_another_publishes(portal: PortalUnderTest) -> None:
    one, two, officer = [await portal.visitor(who) for who in ("een", "twee", "fg")]
    home = await one.get("/beheer")
    draft = await one.send(home, home.form("doel", STORY))
    assert draft.url.endswith(PLACE) and "Er is geen verschil." in draft.text
    draft = await reworded(one, draft, "Een andere naam")
    assert "Andere woorden" in draft.text and "opnieuw kiezen" not in draft.text
    form = await one.get(f"{PLACE}/beoordeling")
    filled = {f"stap-{name}": f"Antwoord {name}" for name in STEPS}
    filled |= {f"waarde-{number}": f"Waarde {number}" for number in range(len(VALUES))}
    filled |= {"dpia": "DPIA 12", "door": "Team Privacy", "tot": "2027-06-01"}
    half = await one.send(form, form.form("tot"), **filled | {"waarde-3": ""})
    assert half.status == 400 and "Antwoord ontwerp" in half.text, "nothing that was typed is lost"
    draft = await one.send(form, form.form("tot"), **filled)
    assert draft.url.endswith(PLACE)
    draft = await step(one, draft, "voorstellen")
    assert "U stelde dit zelf voor." in draft.text
    with pytest.raises(LookupError):
        draft.form("actie", "publiceren")
    assert "Publiceer" not in (await officer.get(PLACE)).text, "the FG reads along"
    seen = await two.get(PLACE)
    for told in ("Wet BRP 1.7", "Hoogstens 4 keer per zaak", "Waarde 3", '"maximalePeriode": 56'):
        assert told in seen.text, "who publishes reads all that is published"
    published = await step(two, seen, "publiceren")
    assert published.url.endswith(f"/register/{STORY}") and "Waarde 3" in published.text
    assert "Versie 2, sinds" in published.text and "Andere woorden" in published.text
    assert "Geld voor een wasmachine" in (await two.get(f"/register/{STORY}?versie=1")).text


async def test_a_button_of_a_page_that_is_out_of_date_does_nothing(portal: PortalUnderTest) -> None:
    one, two = [await portal.visitor(who) for who in ("een", "twee")]
    home = await one.get("/beheer")
    draft = await one.send(home, home.form("doel", STORY))
    await step(one, draft, "voorstellen")
    seen = await two.get(PLACE)
    await reworded(one, await one.get(PLACE), "Stiekem anders")
    refused = await step(two, seen, "publiceren")
    assert refused.status == 400 and "intussen veranderd" in refused.text
    assert "Stiekem anders" not in (await two.get("/register")).text
    forged = await one.send(await one.get(PLACE), (await one.get(PLACE)).form("actie", "voorstellen"), actie="akkoord")
    assert forged.status == 400, "an owner is no FG"


async def test_what_is_no_description_is_said_so_and_kept(portal: PortalUnderTest) -> None:
    one = await portal.visitor("een")
    home = await one.get("/beheer")
    wrong = await one.send(home, home.form("beschrijving"), beschrijving='{"slug": "x"')
    assert wrong.status == 400 and '{"slug": "x"' in wrong.text
    story = next(version for version in activities() if version.slug == STORY)
    version = story.model_copy(update={"slug": "nieuw-doel", "pressure": ("werkgever",)})
    made = await one.send(home, home.form("beschrijving"), beschrijving=version.model_dump_json(exclude_defaults=True))
    assert made.url.endswith("/nieuw-doel")
    officer = await portal.visitor("fg")
    seen = await officer.get(f"{HOME}/nieuw-doel")
    for told in (
        story.purpose.nl,
        "Wie vraagt aan.",
        "Inkomensloket",
        "/machtsverschil: iemand kan zich onder druk voelen",
        '"werkgever"',
    ):
        assert told in seen.text, "of a new purpose as well: there is no difference to look at"


async def test_the_fg_is_told_of_an_assessment_that_is_over(portal: PortalUnderTest) -> None:
    officer = await portal.visitor("fg")
    assert "Geen beoordeling is verlopen" in (await officer.get("/fg")).text
    version = activities()[0]
    soon = version.assessment.model_copy(update={"until": int(portal.house.now.timestamp() * 1000) + 86_400_000})
    await portal.house.register.publish(STAFF, version.model_copy(update={"assessment": soon}))
    assert "Loopt af op" in (await officer.get("/fg")).text


@pytest.mark.parametrize("who", ("een", "fg"))
async def test_a_purpose_is_stopped_with_a_reason_and_nobody_gets_anything_for_it(
    portal: PortalUnderTest, who: str
) -> None:
    keeper, resident = await portal.visitor(who), await portal.visitor("r1")
    await portal.house.release(*BY_LAW)
    await portal.house.desk.lines.finished()
    page = await keeper.get(f"{PLACE}/stoppen")
    written = ("999993653", "9999.93.653", "99999\x003653")
    for typed, told in (
        ("", "Schrijf op waarom"),
        *((f"Om {one}.", "Haal het burgerservicenummer") for one in written),
    ):
        refused = await keeper.send(page, page.form("waarom"), waarom=typed)
        assert refused.status == 400 and told in refused.text
        assert not any(one in refused.html for one in written)
    reason = "De rechter vond dit niet goed." + "\r\n" * 235 + "x" * 235
    stopped = await keeper.send(page, page.form("waarom"), waarom=reason)
    assert stopped.url.endswith(f"{PLACE}/stoppen") and "De rechter vond dit niet goed." in stopped.text
    nobody = await portal.visitor()
    public = await nobody.get(f"/register/{STORY}")
    assert "De gemeente stopte dit op" in public.text and "rechter" not in public.text, "why is for staff"
    assert STORY not in (await nobody.get("/register")).html
    assert f'href="/register/{STORY}"' in (await nobody.get("/register?ook=gestopt")).html
    (line,) = [one for one in await portal.house.lines() if one.event.kind == "verstrekking"]
    use = await resident.get(f"/gebruik/{line.position}")
    assert "Tot 5 jaar na het besluit." in use.text, "what they were told of a use stays"
    again = await keeper.send(page, page.form("waarom"), waarom="Nog eens.")
    assert again.status == 200 and "De rechter vond" in again.text, "pressed twice, or in another window"
    unknown = replace(page.form("waarom"), action=f"{PLACE.removesuffix(STORY)}verzonnen/stoppen")
    assert (await keeper.send(page, unknown, waarom="Nog eens.")).status == 404


async def test_what_was_stopped_begins_again_as_a_draft_of_its_last_version(portal: PortalUnderTest) -> None:
    one, officer = await portal.visitor("een"), await portal.visitor("fg")
    page = await officer.get(f"{PLACE}/stoppen")
    over = await officer.send(page, page.form("waarom"), waarom="De rechter vond dit niet goed.")
    with pytest.raises(LookupError):
        over.form("doel", STORY)
    mine = await one.get(f"{PLACE}/stoppen")
    draft = await one.send(mine, mine.form("doel", STORY))
    assert draft.url.endswith(PLACE) and "begint hiermee opnieuw" in draft.text
    draft = await reworded(one, draft, "Een andere naam")
    again = await one.send(mine, mine.form("doel", STORY))
    assert again.url.endswith(PLACE) and "Een andere naam" in again.text, "what somebody prepared is not lost"
    assert "Iemand bereidt dit al voor." in (await one.get(f"{PLACE}/stoppen")).text


async def test_a_purpose_of_another_department_and_one_of_the_house_are_not_stopped(portal: PortalUnderTest) -> None:
    """`twee` has no department."""
    two, officer = [await portal.visitor(who) for who in ("twee", "fg")]
    page = await two.get(f"{PLACE}/stoppen")
    assert "Inkomensloket" in page.text and "Een ander kan dat wel" in page.text
    home = await two.get(HOME)
    refused = await two.send(home, replace(home.form("beschrijving"), action=f"{PLACE}/stoppen"), waarom="Zomaar.")
    assert refused.status == 403 and "Wie kan dit stoppen?" in home.text
    for slug in (INSIGHT, VAULT, OVERSIGHT):
        assert "Dit doel kan niet stoppen." in (await officer.get(f"{HOME}/{slug}/stoppen")).text
    assert "kijkt hier geen ouder meer" in (await officer.get(f"{HOME}/{BEHALF}/stoppen")).text


async def reworded(visitor: Visitor, page: Page, name: str) -> Page:
    """New texts that mean the same."""
    filled = {f"{field}-{language}": "Een tekst." for field in TEXTS for language in ("nl", "en")}
    return await visitor.send(page, page.form("title-nl"), **filled | {"title-nl": name, "alleen-bewoording": "ja"})


async def step(visitor: Visitor, page: Page, name: str) -> Page:
    """Press the button of one step."""
    return await visitor.send(page, page.form("actie", name))


async def test_a_use_under_an_old_assessment_is_marked_for_its_resident(portal: PortalUnderTest) -> None:
    story = next(one for one in activities() if one.slug == STORY)
    soon = story.assessment.model_copy(update={"until": int(portal.house.now.timestamp() * 1000) + 1000})
    await portal.house.register.publish(STAFF, story.model_copy(update={"assessment": soon}))
    portal.house.now += timedelta(minutes=1)
    await portal.house.release(*BY_LAW, INCOME_ANSWER)
    await portal.house.desk.lines.finished()
    (line,) = [one for one in await portal.house.lines() if one.event.kind == "verstrekking"]
    resident = await portal.visitor("r1")
    assert "controle van dit doel was toen te oud" in (await resident.get(f"/gebruik/{line.position}")).text
