"""A breach on the pages of the FG: counted with a reason, read in versions, its people sealed; nobody else comes in."""

import base64
import json
from datetime import timedelta

import pytest
from nacl.public import PrivateKey, SealedBox

from assembly.demo.register import BY_LAW, INCOME_ANSWER, LOAN_DESK
from assembly.demo.visitor import Page, Visitor
from audit.breaches.service import BreachDesk
from audit.contract import JustDecided, LogUnavailable
from tests.house import R1, R2
from tests.web.portal import Failing, PortalUnderTest
from vault.contract import Bsn
from web.language import AMSTERDAM

pytestmark = pytest.mark.anyio
FORM, NEW = "zaak", "/fg/datalek/nieuw"
WINDOW = {"reden": "datalek", "zaak": "FG-9", "van": "2026-08-31T08:00", "tot": "2026-09-01T17:00"}


async def counted(portal: PortalUnderTest, **more: str) -> tuple[Visitor, Page]:
    """The FG, and the page of a file about the desk."""
    await portal.house.release(*BY_LAW, INCOME_ANSWER)
    await portal.house.desk.lines.finished()
    portal.house.now += timedelta(hours=8)
    officer = await portal.visitor("fg")
    page = await officer.get(NEW)
    made = await officer.send(page, page.form(FORM), **(WINDOW | {"ontvanger": LOAN_DESK} | more))
    assert made.status == 200, made.text
    return officer, made


async def searches(portal: PortalUnderTest) -> list[str]:
    """Names of the searches in the municipality's own series, newest first."""
    found = await portal.house.audit.door("web").lines(portal.house.who, "systeem")
    return [line.event.name for line in found.lines if line.event.kind == "zoeking"]


async def test_the_officer_counts_a_breach_and_reads_its_file(
    portal: PortalUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, file = await counted(portal, ontdekt="2026-09-01T15:00", samenvatting="Laptop weg.")
    assert await searches(portal) == ["Een datalek onderzoeken"]
    for words in (
        "Inkomensloket", "Van 31 augustus 2026 om 08.00 uur tot en met 1 september 2026 om 17.00 uur.",
        "Melden kan tot 4 september 2026 om 15.00 uur", "Of u al meldde, staat hier nog niet.", "Betrokkenen: minimaal",
        "Naam en adres", "Laptop weg.", "Dit vult u zelf in", "Wat de ontvanger nog had van eerder",
        "Stuur die inwoner nooit zomaar post", "Beste inwoner,", "[Vul in: wat er gebeurde, en bij wie]",
    ):  # fmt: skip
        assert words in " ".join(file.text.split()), words
    assert R1 not in file.html and "mw-" not in file.html
    start = await officer.get("/fg")
    assert "Datalekken" in start.text and "1 inwoner" in start.text and "Melden kan tot" in start.text
    english = await officer.get(file.url.replace("/fg/", "/en/fg/"))
    assert "You can report until 4 September 2026 at 15:00" in english.text and "Dear resident," in english.text
    with monkeypatch.context() as away:
        away.setattr(BreachDesk, "newest", Failing(portal.neighbours.audit, "newest", LogUnavailable("weg")).newest)
        without = await officer.get("/fg")
        assert without.status == 200 and "Wij weten dit nu niet." in without.text and "Open vragen" in without.text
    portal.house.now += timedelta(days=3)
    late = await (await portal.visitor("fg")).get("/fg")
    assert "De 72 uur waren om op 4 september 2026 om 15.00 uur" in late.text


async def test_a_new_version_asks_the_same_and_the_old_one_stays(portal: PortalUnderTest) -> None:
    officer, file = await counted(portal)
    assert "Niet ingevuld wanneer dit is ontdekt" in file.text, "nobody said so: nothing is invented"
    form = await officer.get(f"{NEW}?dossier={file.url.rsplit('/', 1)[1]}")
    fields = form.form(FORM).fields
    assert {name: fields[name] for name in ("van", "tot", "ontdekt")} == {
        "van": WINDOW["van"], "tot": WINDOW["tot"], "ontdekt": ""
    }  # fmt: skip
    again = await officer.send(
        form, form.form(FORM), reden="datalek", ontvanger=LOAN_DESK, zaak="FG-9", ontdekt="2026-09-01T15:00"
    )
    assert again.url == file.url and "Dit is versie 2" in again.text and "Melden kan tot" in again.text
    old = await officer.get(f"{file.url}?versie=1")
    assert "Dit is een oude versie." in old.text and "Niet ingevuld wanneer" in old.text
    assert 'name="sleutel"' not in old.html, "people are those of the newest"
    assert (await officer.get(f"{file.url}?versie=3")).status == 404


async def test_what_was_typed_wrong_is_told_at_its_field_and_nothing_is_searched(portal: PortalUnderTest) -> None:
    officer = await portal.visitor("fg")
    page = await officer.get(NEW)
    empty = await officer.send(page, page.form(FORM))
    for words in ("Kies een reden.", "Vul het nummer van de zaak in.", "Noem een ontvanger", "Vul een goede dag"):
        assert words in empty.text, words
    bad = await officer.send(
        page,
        page.form(FORM),
        **WINDOW,
        ontvanger=R1,
        gebruiker=f"x {R1}",
        samenvatting=f"Van {R1}.",
        ontdekt="gisteren",
    )
    assert bad.status == 400 and R1 not in bad.html and "FG-9" in bad.html and WINDOW["van"] in bad.html
    for field in ("ontvanger", "gebruiker", "samenvatting", "ontdekt"):
        assert f'id="{field}-fout"' in bad.html
    assert (await officer.send(page, page.form(FORM), **WINDOW, dossier="0" * 32)).status == 404
    assert await searches(portal) == []


async def test_the_people_come_sealed_for_this_session_and_each_has_a_line(portal: PortalUnderTest) -> None:
    officer, file = await counted(portal)
    key = PrivateKey.generate()
    pasted = base64.b64encode(bytes(key.public_key)).decode()
    wrong = await officer.send(file, file.form("sleutel"), reden="datalek", zaak="FG-9", sleutel="AAAA")
    assert (
        wrong.status == 400
        and 'id="sleutel-fout"' in wrong.html
        and await searches(portal) == ["Een datalek onderzoeken"]
    )
    ready = await officer.send(
        file, file.form("sleutel"), reden="datalek", zaak="FG-9", deel="tijdvak", sleutel=f" {pasted}\n"
    )
    assert "Het bestand is klaar, met 1 inwoner." in ready.text and "Maak het volgende" not in ready.text
    assert await searches(portal) == ["Betrokkenen uitvoeren", "Een datalek onderzoeken"]
    place = next(part for part in ready.html.split('"') if "/uitvoer?" in part)
    taken = json.loads((await officer.get(place)).content)
    (person,) = SealedBox(key).decrypt(base64.b64decode(taken["inhoud"])).decode().splitlines()
    assert json.loads(person)["letOp"] is None and taken["aantal"] == 1
    resident = await portal.visitor("r1")
    assert "De privacy-toezichthouder keek wie uw gegevens gebruikte" in (await resident.get("/gebruik")).text
    colleague = await portal.visitor("fg")
    for link in (place, ready.url):
        assert (await colleague.get(link)).status == 404, "what one session made is not another's"
    assert (await colleague.get(file.url)).status == 200, "the file is for every FG"


async def test_many_people_come_in_files_one_after_the_other(
    portal: PortalUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.breaching.EXPORT", 1)
    monkeypatch.setattr("web.pages.breaches.PIECE", 100)
    case = await portal.house.case("Z-2", Bsn(R2))
    await portal.house.release(*BY_LAW, bsn=Bsn(R2), zaak=case)
    officer, file = await counted(portal)
    key, people = PrivateKey.generate(), list[str]()
    typed = {"sleutel": base64.b64encode(bytes(key.public_key)).decode(), "reden": "datalek", "zaak": "FG-9"}
    page = await officer.send(file, file.form("sleutel"), **typed, deel="tijdvak")
    for last in (False, True):
        assert not any(one in page.html for one in people), "where it goes on is a pseudonym"
        place = next(part for part in page.html.split('"') if "/uitvoer?" in part)
        taken = json.loads((await officer.get(place)).content)
        assert set(taken) == {"inhoud", "aantal", "logregel"}
        sealed = base64.b64decode(taken["inhoud"])
        people += [json.loads(line)["betrokkene"] for line in SealedBox(key).decrypt(sealed).splitlines()]
        assert ("Maak het volgende bestand" in page.text) != last
        if not last:
            refused = await officer.send(page, page.form("vervolg"), vervolg="x")
            assert refused.status == 404
            page = await officer.send(page, page.form("vervolg"))
    assert len(set(people)) == len(people) == 2 and not any(one in page.html for one in people)


async def test_nobody_else_has_these_pages(portal: PortalUnderTest) -> None:
    _, file = await counted(portal)
    for who in ("r1", "een", "balie", "bz1"):
        visitor = await portal.visitor(who)
        for place in (NEW, file.url, f"{file.url}/uitvoer", f"/en{NEW}"):
            assert (await visitor.get(place)).status == 404, (who, place)
    stranger = await (await portal.visitor()).get(NEW)
    assert "/proef-inlog" in stranger.url and "Inkomensloket" not in stranger.text
    officer = await portal.visitor("fg")
    for unknown in ("0" * 32, "x", "A" * 32):
        assert (await officer.get(f"/fg/datalek/{unknown}")).status == 404


async def decided(officer: Visitor, file: Page, **more: str) -> Page:
    """The form under the file, filled in."""
    page = await officer.get(f"{file.url}/besluit")
    said = {"besluit": "ja", "ap-dag": "2026-09-01", "ap-nummer": "AP-77", "zaak": "FG-9"} | more
    return await officer.send(page, page.form("besluit"), **said)


async def test_residents_read_of_a_breach_once_the_officer_decided_so(portal: PortalUnderTest) -> None:
    officer, file = await counted(portal)
    resident, other = await portal.visitor("r1"), await portal.visitor("r2")
    assert "datalek zitten" not in (await resident.get("/overzicht")).text, "counting tells nobody"
    made = await decided(officer, file)
    assert made.url == file.url and "Inwoners lezen dit bij hun regels." in made.text
    assert "op 1 september 2026. Nummer: AP-77." in made.text and "Of u al meldde" not in made.text
    start = await resident.get("/overzicht")
    assert "Uw gegevens kunnen in een datalek zitten" in start.text and "U hoeft niets te doen." not in start.text
    assert "Kan in een datalek zitten" in (await resident.get("/gebruik")).text
    (line,) = [one for one in await portal.house.lines() if one.event.kind == "verstrekking"]
    use = await resident.get(f"/gebruik/{line.position}")
    for words in ("van 31 augustus 2026 tot en met 1 september 2026", "Wat dit betekent.", "Geef geen codes"):
        assert words in use.text, words
    assert "AP-77" not in use.html and "May be" not in use.text
    assert "what you can do" in (await resident.get("/en/overzicht")).text
    assert "datalek zitten" not in (await other.get("/overzicht")).text, "they were not in it"
    await decided(officer, file, besluit="nee")
    assert "datalek zitten" not in (await resident.get("/overzicht")).text


async def test_a_card_that_says_so_leads_to_a_page_that_says_what_it_means(portal: PortalUnderTest) -> None:
    """Two uses in one hour are one card, which leads to the newer; the breach was over by then."""
    await portal.house.release(*BY_LAW)
    over = portal.house.now + timedelta(minutes=2)
    portal.house.now += timedelta(minutes=20)
    officer, file = await counted(portal, tot=f"{over.astimezone(AMSTERDAM):%Y-%m-%dT%H:%M}")
    assert (await decided(officer, file)).url == file.url
    resident = await portal.visitor("r1")
    cards = await resident.get("/gebruik")
    assert "2 keer" in cards.text and cards.text.count("Kan in een datalek zitten") == 1
    newest, first = [one for one in await portal.house.lines() if one.event.kind == "verstrekking"]
    assert f"/gebruik/{newest.position}" in cards.html and f"/gebruik/{first.position}" not in cards.html
    use = await resident.get(f"/gebruik/{newest.position}")
    assert "Wat u kunt doen." in use.text, "of this handling"
    assert use.text.count("Kan in een datalek zitten") == 1, "and of which of the two"


async def test_who_presses_twice_decided_once_and_who_read_an_older_count_reads_the_new_one(
    portal: PortalUnderTest,
) -> None:
    officer, file = await counted(portal)
    page = await officer.get(f"{file.url}/besluit")
    said = {"besluit": "ja", "ap-dag": "", "ap-nummer": "", "zaak": "FG-9"}
    for _ in range(2):
        made = await officer.send(page, page.form("besluit"), **said)
        assert made.url == file.url and "Dit is versie 2" in made.text
    old = await officer.send(page, page.form("besluit"), **said | {"besluit": "nee"})
    assert old.status == 400 and "Er is intussen een nieuwere versie." in old.text
    bare = await officer.send(page, page.form("besluit"), **said | {"zaak": ""})
    assert bare.status == 400 and "Er is intussen een nieuwere versie." in bare.text, "its numbers are new too"


async def test_what_is_wrong_with_a_decision_is_said_and_nothing_is_decided(portal: PortalUnderTest) -> None:
    officer, file = await counted(portal)
    page = await officer.get(f"{file.url}/besluit")
    for wrong, told in (
        ({"besluit": ""}, "Kies ja of nee: of inwoners dit lezen."),
        ({"ap-dag": "2027-01-01"}, "Vul een goede datum in."),
        ({"ap-dag": "", "ap-nummer": "AP-77"}, "Vul ook in op welke dag u meldde."),
        ({"ap-nummer": "999993653"}, "Haal het burgerservicenummer uit uw tekst."),
        ({"zaak": ""}, "Vul het nummer van de zaak in."),
        ({"versie": "9"}, "Er is intussen een nieuwere versie."),
    ):
        refused = await decided(officer, file, **wrong)
        assert refused.status == 400 and told in refused.text and "999993653" not in refused.html, wrong
    assert "Er is nog niets besloten." in (await officer.get(file.url)).text
    for who in ("een", "r1", "balie"):
        stranger = await portal.visitor(who)
        assert (await stranger.get(f"{file.url}/besluit")).status == 404
    assert page.status == 200 and (await officer.get("/fg/datalek/verzonnen/besluit")).status == 404


async def test_who_decides_at_the_same_moment_as_somebody_else_looks_again(
    portal: PortalUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, file = await counted(portal)
    late = Failing(portal.neighbours.audit, "decide", JustDecided("Iemand anders was net eerder."))
    monkeypatch.setattr(BreachDesk, "decide", late.decide)
    page = await decided(officer, file)
    assert page.status == 409 and "Iemand anders besliste net over dit datalek. Kijk opnieuw" in page.text


async def test_when_nobody_can_say_whether_there_was_a_breach_no_page_says_that_there_was_none(
    portal: PortalUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await portal.house.release(*BY_LAW)
    resident = await portal.visitor("r1")
    monkeypatch.setattr(BreachDesk, "leaks", Failing(portal.neighbours.audit, "leaks", LogUnavailable("weg")).leaks)
    for place in ("/overzicht", "/gebruik"):
        page = await resident.get(place)
        assert "u ziet nu niet alles. Dit systeem werkt even niet: de lijst van datalekken." in page.text
        assert "U hoeft niets te doen." not in page.text
    (line,) = [one for one in await portal.house.lines() if one.event.kind == "verstrekking"]
    assert "Wij weten nu niet of dit in een datalek zit." in (await resident.get(f"/gebruik/{line.position}")).text
