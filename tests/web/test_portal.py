"""Pages on the four real rooms: what a resident reads is what the log says, and a choice counts only with a line."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import regie_verify
from assembly.demo.register import INCOME_ANSWER, STORY
from assembly.demo.visitor import Form, Page, Visitor
from audit.contract import LogUnavailable, OutcomeUnknown
from consent.contract import ConsentRequest, RegisterUnavailable, ResidentRef
from kernel.clock import millis
from kernel.errors import NeighbourUnavailable, Problem
from kernel.proof.note import vkey
from tests.four_rooms import BY_LAW, DESK_WORKER
from tests.web.portal import HOST, Failing, PortalUnderTest
from web.line_views import result_of
from web.pages.figures import FILES

pytestmark = pytest.mark.anyio


async def wanted(portal: PortalUnderTest) -> str:
    """The Inkomensloket asks R1 for the income answer; the place of the question."""
    resident = ResidentRef.model_validate((await portal.house.resident()).model_dump())
    request = ConsentRequest(resident=resident, activity=STORY, elements=(INCOME_ANSWER,), case="Z-1")
    return f"/toestemmingen/{(await portal.house.register.request(DESK_WORKER, request)).id}"


async def chosen(visitor: Visitor, place: str, choice: str) -> Page:
    """Press the button on the one page."""
    page = await visitor.get(place)
    fields = {} if choice == "stop" else {"keuze": choice}
    return await visitor.send(page, _choice_form(page), **fields)


def _choice_form(page: Page) -> Form:
    return page.form("actie")


async def released(portal: PortalUnderTest) -> str:
    """A release of two by law, one refused; the text of its place in the log."""
    await portal.house.release(*BY_LAW, INCOME_ANSWER)
    return str(next(line for line in await portal.house.lines() if line.event.kind == "verstrekking").position)


async def test_a_resident_reads_both_outcomes_of_one_request(portal: PortalUnderTest) -> None:
    position = await released(portal)
    visitor = await portal.visitor("r1")
    overview = await visitor.get("/overzicht")
    assert "1 afdeling" in overview.text and "Inkomensloket" in overview.text
    uses = await visitor.get("/gebruik")
    assert "Deels gelukt" in uses.text and "U gaf hiervoor geen toestemming." in uses.text
    page = await visitor.get(f"/gebruik/{position}")
    for words in ("Inkomensloket", "Naam", "Dit kreeg de afdeling niet", "Wet BRP 1.7", "Moet van de wet"):
        assert words in page.text, words
    assert "Gebruikt, niet doorgegeven Geboortedatum" in " ".join(page.text.split()), "what an answer is made of"
    english = await visitor.get(f"/en/gebruik/{position}")
    assert "You gave no permission for this." in english.text and "washing machine" in english.text


async def test_a_use_of_somebody_else_is_no_page(portal: PortalUnderTest) -> None:
    position = await released(portal)
    stranger = await portal.visitor("r2")
    term, index = position.split("-")
    for place in (position, f"{term}-{int(index) + 900}", "iets", f"{term}-0"):
        for tail in ("", "/bewijs"):
            page = await stranger.get(f"/gebruik/{place}{tail}")
            assert page.status == 404 and "Deze pagina is er niet" in page.text


async def test_the_proof_can_be_checked_without_us(portal: PortalUnderTest, tmp_path: Path) -> None:
    position = await released(portal)
    visitor = await portal.visitor("r1")
    page = await visitor.get(f"/gebruik/{position}/bewijs")
    bundle, key = tmp_path / "bewijs.json", tmp_path / "log.vkey"
    bundle.write_bytes(page.content)
    assert set(json.loads(page.content)) == {"bewijs", "inhoud"}
    key.write_text("".join(vkey(origin, public) + "\n" for origin, public in portal.house.audit.public_keys.items()))
    assert regie_verify.main([str(bundle), "--vkey", str(key)]) == 0


async def test_a_question_reaches_the_officer_and_the_answer_reaches_the_resident(portal: PortalUnderTest) -> None:
    position = await released(portal)
    visitor, officer = await portal.visitor("r1"), await portal.visitor("fg")
    page = await visitor.get(f"/gebruik/{position}")
    number, hint = "Ik ben 999993654, ja", "Haal het burgerservicenummer"
    written = "Ik ben 9999.93.653, ja"
    for wrong, sentence in (("  ", "Schrijf uw vraag op."), (number, hint), (written, hint), (number * 60, "te lang")):
        refused = await visitor.send(page, page.form("vraag"), vraag=wrong)
        assert refused.status == 400 and sentence in refused.text and "9999" not in refused.text
    asked = await visitor.send(page, page.form("vraag"), vraag="Waarom zag u <b>mijn</b> adres?")
    assert asked.status == 200 and "U krijgt hier antwoord" in asked.text
    seen = await officer.get("/fg")
    assert "Waarom zag u <b>mijn</b> adres?" in seen.text and "Inkomensloket" in seen.text
    assert "J. de Vries" not in seen.text
    assert "regels volgens de getekende stand" in seen.text and "kijkt de regels zelf niet na" in seen.text
    empty = await officer.send(seen, seen.form("vraag"), antwoord=" ")
    assert empty.status == 400 and "Schrijf een antwoord op." in empty.text
    numbered = await officer.send(seen, seen.form("vraag"), antwoord=f"U bent {number}")
    assert numbered.status == 400 and hint in numbered.text and "9999" not in numbered.text
    waits = seen.form("vraag").fields["vraag"]
    for claimed in ("ja", waits):
        assert "Het antwoord is bewaard" not in (await officer.get(f"/fg?bewaard={claimed}")).text, (
            "a link proves nothing"
        )
    told = await officer.send(seen, seen.form("vraag"), antwoord="Om te zien of u hier woont.")
    assert "Alle vragen zijn beantwoord." in told.text and "Gelukt. Het antwoord is bewaard." in told.text
    assert "Om te zien of u hier woont." in (await visitor.get(f"/gebruik/{position}")).text
    acts = (await visitor.get("/gebruik")).text
    assert "U stelde een vraag" in acts and "U kreeg antwoord op uw vraag" in acts


async def test_yes_stop_anew_and_no_on_one_page(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    visitor = await portal.visitor("r1")
    assert "Wacht op u" in (await visitor.get("/overzicht")).text
    for no_choice in ("", "stop", "misschien"):
        fields = {"actie": "kiezen", "keuze": no_choice}
        nothing = await visitor.send(asking := await visitor.get(place), _choice_form(asking), **fields)
        assert nothing.status == 400 and "Kies ja of nee." in nothing.text
    yes = await chosen(visitor, place, "ja")
    assert yes.url == f"{HOST}{place}" and "Gelukt. U zei ja." in yes.text and "Nummer:" in yes.text
    assert "Stoppen" in (await visitor.get("/overzicht")).text
    stopped = await chosen(visitor, place, "stop")
    assert "Uw toestemming is gestopt" in stopped.text
    anew = await chosen(visitor, place, "opnieuw")
    assert anew.url != f"{HOST}{place}" and "U mag ja zeggen. U mag nee zeggen." in anew.text
    no = await chosen(visitor, urlsplit(anew.url).path, "nee")
    assert "Gelukt. U zei nee." in no.text
    lists = await visitor.get("/toestemmingen?soort=voorbij")
    assert "Gestopt" in lists.text and "U zei nee (1)" in lists.text
    acts = (await visitor.get("/gebruik")).text
    assert all(words in acts for words in ("U zei ja", "U stopte met delen", "U zei nee"))
    english = await visitor.get(f"/en{urlsplit(anew.url).path}")
    assert "Done. You said no." in english.text


async def test_what_was_read_is_what_was_agreed_to(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    visitor = await portal.visitor("r1")
    await chosen(visitor, place, "nee")
    anew = await chosen(visitor, place, "opnieuw")
    await chosen(visitor, f"/en{urlsplit(anew.url).path}", "nee")
    said = [line.event.details for line in await portal.house.lines() if line.event.kind == "toestemming-geweigerd"]
    assert [one["language"] for one in said] == ["en", "nl"]
    assert len({one["text_hash"] for one in said}) == 2


async def test_a_consent_of_somebody_else_is_no_page_and_takes_no_choice(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    owner, stranger = await portal.visitor("r1"), await portal.visitor("r2")
    page = await owner.get(place)
    assert (await stranger.get(place)).status == 404
    csrf = (await stranger.get("/overzicht")).form("csrf").fields["csrf"]
    answer = await stranger.send(page, _choice_form(page), csrf=csrf, keuze="ja")
    assert answer.status == 404
    assert "Wacht op u" in (await owner.get("/overzicht")).text


async def test_a_yes_long_after_login_asks_for_a_new_login_and_is_not_carried_out(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    visitor = await portal.visitor("r1")
    portal.house.now += timedelta(minutes=6)
    choosing = await chosen(visitor, place, "ja")
    assert "Als wie wilt u inloggen" in choosing.text
    page = await visitor.send(choosing, choosing.form("keuze"), keuze="r1")
    assert page.url == f"{HOST}{place}" and "Uw keuze is nog niet bewaard" in page.text and "Gelukt" not in page.text
    assert "U koos: Ja, dat mag." in page.text and "checked" not in page.html
    assert "Gelukt. U zei ja." in (await chosen(visitor, place, "ja")).text
    assert "nog niet bewaard" not in (await visitor.get(place)).text


async def test_stopping_long_after_login_needs_no_new_login(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    visitor = await portal.visitor("r1")
    await chosen(visitor, place, "ja")
    portal.house.now += timedelta(minutes=14)
    assert "Uw toestemming is gestopt" in (await chosen(visitor, place, "stop")).text


async def test_a_choice_posted_too_late_is_shown_to_the_same_person_only(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    visitor = await portal.visitor("r1")
    page = await visitor.get(place)
    portal.house.now += timedelta(minutes=20)
    choosing = await visitor.send(page, _choice_form(page), keuze="nee")
    back = await visitor.send(choosing, choosing.form("keuze"), keuze="r1")
    assert "U was uitgelogd" in back.text and "U koos: Nee, dat mag niet." in back.text
    assert "Gelukt" not in back.text
    portal.house.now += timedelta(minutes=20)
    choosing = await visitor.send(back, _choice_form(back), keuze="nee")
    other = await visitor.send(choosing, choosing.form("keuze"), keuze="r2")
    assert other.status == 404
    portal.house.now += timedelta(minutes=50)
    late = await visitor.send(back, _choice_form(back), keuze="nee")
    assert late.status == 403, "after half an hour more nothing is known of it"


FAILURES = [LogUnavailable(), OutcomeUnknown(), RegisterUnavailable(), NeighbourUnavailable(), RuntimeError("kapot")]


@pytest.mark.parametrize("error", FAILURES)
async def test_a_choice_of_which_nothing_is_known_yet_is_called_neither_saved_nor_lost(
    portal: PortalUnderTest, error: Exception
) -> None:
    place = await wanted(portal)
    await portal.broken(Failing(portal.house.register, "choose", error))
    visitor = await portal.visitor("r1")
    page = await chosen(visitor, place, "ja")
    assert page.status == (500 if isinstance(error, RuntimeError) else 503)
    assert "Er gaat iets mis bij ons" in page.text and "Wij weten nog niet of uw keuze is bewaard." in page.text
    assert "niet bewaard" not in page.text and f'href="{place}"' in page.html
    assert "Gelukt" not in page.text and "U mag ja zeggen" in (await visitor.get(place)).text


async def test_a_choice_whose_answer_got_lost_stands_and_counts_once(portal: PortalUnderTest) -> None:
    """The page said that it was not saved: who read that believed that they still shared their data, or had said no."""
    place = await wanted(portal)
    await portal.broken(Failing(portal.house.register, "choose", OutcomeUnknown(), after=True))
    visitor = await portal.visitor("r1")
    page = await visitor.get(place)
    for _ in range(2):
        assert "Wij weten nog niet" in (await visitor.send(page, _choice_form(page), keuze="nee")).text
        assert "Gelukt. U zei nee." in (await visitor.get(place)).text
    assert [line.event.kind for line in await portal.house.lines()].count("toestemming-geweigerd") == 1


async def test_a_question_and_an_answer_of_which_nothing_is_known_say_so(portal: PortalUnderTest) -> None:
    position = await released(portal)
    for who, verb, field in (("r1", "ask", "vraag"), ("fg", "answer", "antwoord")):
        await portal.broken(Failing(portal.house.register, verb, OutcomeUnknown(), after=True))
        visitor = await portal.visitor(who)
        page = await visitor.get(f"/gebruik/{position}" if who == "r1" else "/fg")
        told = await visitor.send(page, page.form("vraag"), **{field: "Waarom?"})
        assert told.status == 503 and "Wij weten nog niet of dit is gelukt." in told.text
        assert f'href="{urlsplit(page.url).path}"' in told.html
        assert "Waarom?" not in told.text


async def test_a_choice_that_was_refused_says_that_it_was_not_saved(portal: PortalUnderTest) -> None:
    place = await wanted(portal)
    visitor = await portal.visitor("r1")
    page = await visitor.get(place)
    refused = await visitor.send(page, _choice_form(page), csrf="x" * 43, keuze="ja")
    assert refused.status == 403 and "Uw keuze is niet bewaard." in refused.text


async def test_the_vault_opens_by_the_residents_own_hand(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    page = await visitor.get("/overzicht")
    assert "Open uw kluis" in page.text and "U kiest zelf" in page.text
    resident = await portal.house.resident()
    assert not await portal.house.safe.opened(portal.house.self_of(resident), resident)
    opened = await visitor.send(page, page.form("actie"))
    assert "Uw kluis is open." in opened.text
    assert await portal.house.safe.opened(portal.house.self_of(resident), resident)
    assert "U opende uw kluis" in (await visitor.get("/gebruik")).text


async def test_the_officer_finds_who_saw_a_resident_and_the_resident_sees_the_search(portal: PortalUnderTest) -> None:
    await released(portal)
    officer, visitor = await portal.visitor("fg"), await portal.visitor("r1")
    page = await officer.get("/fg/zoek")
    wrong = await officer.send(page, page.form("bsn"), bsn="999993654")
    assert wrong.status == 400 and "Kies een reden." in wrong.text and "999993654" not in wrong.html
    count = len(await portal.house.lines())
    fields = {"bsn": "999993653", "reden": "inzage", "zaak": "FG-1", "soort": "inwoner"}
    for case in ("999993653", "999993654", "FG-999993653"):
        numbered = await officer.send(page, page.form("bsn"), **(fields | {"zaak": case}))
        assert numbered.status == 400 and "Haal het burgerservicenummer uit uw tekst." in numbered.text
        assert "99999365" not in numbered.html and len(await portal.house.lines()) == count
    found = await officer.send(page, page.form("bsn"), **fields)
    assert found.status == 200 and "Inkomensloket" in found.text and "U gaf" not in found.text
    assert "999993653" not in found.html + found.url and "Deze zoekvraag staat zelf in het logboek" in found.text
    assert "mw-4821" not in found.html and "Gebruikt, niet doorgegeven: Geboortedatum" in found.text
    assert len(await portal.house.lines()) == count + 1
    assert "De privacy-toezichthouder keek wie uw gegevens gebruikte" in (await visitor.get("/gebruik")).text
    colleague = await portal.visitor("fg")
    assert (await colleague.get(found.url)).status == 404, "what one search found is for the session that asked"
    by_recipient = await officer.send(page, page.form("bsn"), ontvanger="inkomensloket", reden="controle", zaak="FG-2")
    assert by_recipient.status == 200 and "minimaregeling-witgoed" in by_recipient.text
    nobody = await officer.send(page, page.form("bsn"), **(fields | {"bsn": "111222333"}))
    assert "Geen regels in deze periode." in nobody.text
    today = portal.house.now.date().isoformat()
    everybody = {"reden": "controle", "zaak": "FG-3", "soort": "tijd", "van": today, "tot": today}
    for more, there in (({"gegeven": "brp.naam"}, True), ({"gegeven": "kluis.oefening.een"}, False)):
        answer = await officer.send(page, page.form("bsn"), **(everybody | more))
        assert "Gevonden over iedereen" in answer.text and ("Geen regels in deze periode." in answer.text) != there


async def test_filters_pages_and_groups_say_how_much_there_is(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    await portal.house.desk.lines.finished()
    portal.house.now += timedelta(hours=2)
    with pytest.raises(Problem):
        await portal.house.release(INCOME_ANSWER)
    visitor = await portal.visitor("r1")
    first = await visitor.get("/gebruik")
    assert "Kreeg niets" in first.text and "Gelukt" in first.text and "Wis filters" not in first.text
    without = await visitor.get("/gebruik?periode=maand")
    assert "Kreeg niets" not in without.text and "Wis filters" in without.text
    portal.house.now += timedelta(days=8)
    visitor = await portal.visitor("r1")
    assert "Niemand gebruikte uw gegevens" in (await visitor.get("/gebruik?periode=week")).text
    assert "Gelukt" in (await visitor.get("/gebruik?periode=alles&bladzijde=99999&geweigerd=ja")).text
    assert (await visitor.get("/gebruik?periode='&bladzijde=-1")).status == 200


async def test_a_release_without_outcome_is_perhaps_passed_on_after_a_minute(portal: PortalUnderTest) -> None:
    await released(portal)
    line = next(line for line in await portal.house.lines() if line.event.kind == "verstrekking")
    silent = line.model_copy(update={"outcome": ""})
    at = portal.house.now
    assert millis(at) >= silent.at
    assert result_of(silent, at) == "deels"
    assert result_of(silent, at + timedelta(seconds=61)) == "misschien"
    assert result_of(line.model_copy(update={"outcome": "onbekend"}), at) == "misschien"
    assert result_of(line.model_copy(update={"outcome": "niet-geopend"}), at) == "mislukt"


NOWHERE = ["/bestaat-niet", "/en/bestaat-niet", "/gebruik/", "/static/../views.py", "/uitloggen"]


@pytest.mark.parametrize("place", NOWHERE)
async def test_what_is_not_there_is_a_page_with_a_way_out(portal: PortalUnderTest, place: str) -> None:
    answer = await (await portal.browser()).get(place)
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
    assert ("This page is not there" if place.startswith("/en") else "Deze pagina is er niet") in answer.text
    assert (
        answer.headers["Cache-Control"] == "no-store"
        and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("place", ["/verstrekking/v1/nergens", "/oauth/nergens", "/intern/v1/nergens"])
async def test_an_address_of_an_interface_is_no_page(portal: PortalUnderTest, place: str) -> None:
    answer = await (await portal.browser()).get(place)
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


async def test_another_host_is_nobodys_portal(portal: PortalUnderTest) -> None:
    answer = await (await portal.browser()).get("/", headers={"host": "elders.invalid"})
    assert answer.status_code == 404 and "Spaarnewoude" not in answer.text


async def test_every_link_leads_somewhere(portal: PortalUnderTest) -> None:
    await released(portal)
    await wanted(portal)
    visitor, officer = await portal.visitor("r1"), await portal.visitor("fg")
    seen: dict[str, int] = {}
    for who, start in ((visitor, "/overzicht"), (visitor, "/en/overzicht"), (officer, "/fg"), (officer, "/en/fg")):
        todo = [start]
        while todo:
            place = todo.pop()
            if place in seen:
                continue
            page = await who.get(place)
            seen[place] = page.status
            links = [link.replace("&amp;", "&") for link in re.findall(r'(?:href|src)="(/[^"]*)"', page.html)]
            todo += [link for link in links if not link.startswith(FILES)]  # another room's root
    assert {place: status for place, status in seen.items() if status != 200} == {}
    assert len(seen) > 40


async def test_static_files_may_be_kept_for_ever_by_their_version(portal: PortalUnderTest) -> None:
    browser = await portal.browser()
    start = await browser.get("/")
    sheet = start.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = await browser.get(sheet)
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    assert (await browser.get(sheet.partition("?")[0])).headers["Cache-Control"] == "no-cache"
