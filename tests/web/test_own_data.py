"""`/gegevens`: what a resident keeps is hidden until they ask, shown once behind a line, and theirs to change."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from assembly.demo.register import INCOME, INCOME_ANSWER, TENANT
from assembly.demo.visitor import Page, Visitor
from audit.contract import DATA, LogUnavailable
from connectors.catalogue import shapes
from kernel.errors import NeighbourUnavailable
from tests.connectors.test_races import Around
from tests.four_rooms import BY_LAW
from tests.vault.test_looking import meddle
from tests.vault.test_review_vault import silence
from tests.vault.test_vault import Silent
from tests.web.portal import Failing, PortalUnderTest
from vault.contract import LOOKS_MOST, Deposit, NotKept, Value, VaultUnavailable
from web.own_data_views import KINDS, NAME_MAX, ROWS_MAX, TEXT_MAX, field_of, shown_of, typed
from web.register_words import RegisterWords

pytestmark = pytest.mark.anyio
HIGH, PLACE, BATTERY = "9000.00", f"/gegevens/{INCOME}", "/gegevens/kluis.woning.accuOpslag"
SAID = RegisterWords("nl", {}, {})


async def kept(portal: PortalUnderTest, value: Any = HIGH) -> Visitor:
    await portal.house.income(value)
    return await portal.visitor("r1")


async def pressed(visitor: Visitor, act: str, place: str = PLACE, **fields: str) -> Page:
    page = await visitor.get(place)
    return await visitor.send(page, page.form("actie", act), actie=act, **fields)


async def looks(portal: PortalUnderTest) -> int:
    return sum(line.event.kind == "kluis-ingezien" for line in await portal.house.lines())


async def test_a_value_is_shown_once_behind_a_line_and_is_hidden_again(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    for place in ("/gegevens", PLACE, "/en" + PLACE):
        assert HIGH not in (await visitor.get(place)).html
    assert await looks(portal) == 0
    seen = await pressed(visitor, "toon")
    assert seen.status == 200 and HIGH in seen.text and "U vulde dit zelf in" in seen.text
    assert 'id="wat" tabindex="-1" autofocus' in seen.html, "who hears the page is brought to it"
    (title,) = re.findall("<title>.*</title>", seen.html)
    assert HIGH not in seen.url + title
    assert await looks(portal) == 1
    assert HIGH not in "".join(line.model_dump_json() for line in await portal.house.lines())
    assert HIGH not in (await visitor.get(PLACE)).html, "hidden again"
    used = await visitor.get("/gebruik")
    assert "U keek wat er in uw kluis staat" in used.text and "Bruto inkomen per maand" in used.text
    (line,) = [one for one in await portal.house.lines() if one.event.kind == "kluis-ingezien"]
    told = await visitor.get(f"/gebruik/{line.position}")
    assert told.status == 200 and "Bruto inkomen per maand" in told.text and HIGH not in told.html
    assert "You looked at what is in your vault" in (await visitor.get("/en/gebruik")).text


async def test_no_browser_or_proxy_keeps_what_was_shown(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    page = await visitor.get(PLACE)
    fields = {**page.form("actie", "toon").fields, "actie": "toon"}
    cookie = "; ".join(f"{name}={value}" for (_, name), value in visitor._cookies.items())
    said = {"cookie": cookie, "origin": "https://regie.example"}
    answer = await visitor.http.post(PLACE, data=fields, headers=said)
    assert HIGH in answer.text and answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers
    taken = await visitor.http.post(
        "/gegevens/ophalen", data={"csrf": fields["csrf"], "actie": "ophalen"}, headers=said
    )
    assert taken.headers["cache-control"] == "no-store"
    assert taken.headers["content-disposition"] == 'attachment; filename="kluis.json"'


async def test_hostile_content_is_text(portal: PortalUnderTest) -> None:
    hostile = {"<b>naam</b>": "<script>alert(1)</script>", "lijst": ["'\"><img src=x>", None, True], "n": 1.5}
    seen = await pressed(await kept(portal, hostile), "toon")
    assert "<script>alert(1)" not in seen.html and "<img" not in seen.html and "<b>" not in seen.html
    for text in ("<b>naam</b>", "<script>alert(1)</script>", "lijst, 2", "niets ingevuld", "Ja", "1.5"):
        assert text in seen.text, text


async def test_in_doubt_nothing_is_shown(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    door = portal.house.audit.door("vault")
    for writes in (False, True):
        meddle(portal.house, Silent(door, writes))
        shut = await pressed(visitor, "toon")
        assert shut.status == 503 and "Er gaat iets mis bij ons" in shut.text and HIGH not in shut.html
        page = await visitor.get("/gegevens")
        shut = await visitor.send(page, page.form("actie", "ophalen"))
        assert shut.status == 503 and HIGH not in shut.html
    meddle(portal.house, door)
    page = await visitor.get(PLACE)
    for field, bad, status in (("csrf", "x" * 43, 403), ("actie", "iets", 400)):
        fields = {"actie": "toon", field: bad}
        refused = await visitor.send(page, page.form("actie", "toon"), **fields)
        assert (refused.status, HIGH in refused.html) == (status, False)
    assert await looks(portal) == 2, "those whose answer got lost"


async def test_who_was_logged_out_sees_it_hidden_after_login(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    page = await visitor.get(PLACE)
    portal.house.now += timedelta(minutes=16)
    late = await visitor.send(page, page.form("actie", "toon"), actie="toon")
    assert HIGH not in late.html and await looks(portal) == 0


async def test_what_changed_in_another_tab_is_said_and_nothing_happens(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    page = await visitor.get(PLACE)
    await pressed(visitor, "bewaar", waarde="900,00")
    for act in ("bewaar", "verwijder"):
        late = await visitor.send(page, page.form("actie", act), actie=act, waarde="800.00")
        assert late.status == 409 and "Dit veranderde intussen" in late.text
    assert "900.00" in (await visitor.send(page, page.form("actie", "toon"), actie="toon")).text, "what stands now"
    assert (await pressed(visitor, "verwijder")).status == 200
    gone = await visitor.send(page, page.form("actie", "toon"), actie="toon")
    assert gone.status == 409 and "U bewaart dit niet." in gone.text
    again = await visitor.send(page, page.form("actie", "verwijder"), actie="verwijder")
    assert again.status == 409 and "U bewaart dit niet." in again.text, (
        "what was seen is gone: nothing else goes with it"
    )


@pytest.mark.parametrize("verb", ["replace", "remove"])
async def test_what_another_tab_does_in_the_same_second_is_said_too(portal: PortalUnderTest, verb: str) -> None:
    await portal.house.income(HIGH)
    resident = await portal.house.resident()
    me, safe = portal.house.self_of(resident), portal.house.safe

    async def other() -> None:
        await safe.replace(me, resident, Deposit(element=INCOME, value="900.00"))

    await portal.open(vault=Around(safe, verb, other))
    visitor = await portal.visitor("r1")
    late = await pressed(visitor, "bewaar" if verb == "replace" else "verwijder", waarde="800.00")
    assert late.status == 409 and "Dit veranderde intussen" in late.text
    assert ("800.00" in late.html) == (verb == "replace"), "what was typed is not lost"
    assert [one.value for one in await safe.look(me, resident, (INCOME,))] == ["900.00"]


async def test_a_first_value_is_typed_in_its_form_and_given_on_choice_only(portal: PortalUnderTest) -> None:
    resident = await portal.house.resident()
    visitor = await portal.visitor("r1")
    shut = await visitor.get(PLACE)
    assert "U heeft nog geen kluis." in shut.text and 'name="waarde"' not in shut.html
    await portal.house.safe.open_vault(portal.house.self_of(resident), resident)
    for text, said in (
        ("", "Vul in wat er moet staan."),
        ("1" * 21, "te lang"),
        ("veel", "Kijk naar het voorbeeld."),
        ("1.500,00", "Kijk naar het voorbeeld."),
        ("999993653", "burgerservice"),
    ):
        wrong = await pressed(visitor, "bewaar", waarde=text)
        assert wrong.status == 400 and said in wrong.text and "999993653" not in wrong.html, text
    done = await pressed(visitor, "bewaar", waarde="1450,00")
    assert done.status == 200 and "sinds" in done.text and "1450" not in done.html
    assert "1450.00" in (await pressed(visitor, "toon")).text
    await portal.house.consent()
    assert (await portal.house.release(INCOME_ANSWER)).values
    page = await visitor.get(PLACE)
    for text in ("U zei ja tegen:", "Alleen het antwoord: Of uw inkomen onder de grens is.", "1 keer, het laatst op"):
        assert text in page.text, text
    assert "Mag dit nu van u: " in (await visitor.get("/gegevens")).text
    assert (await pressed(visitor, "bewaar", BATTERY, waarde="in de <garage>")).status == 200
    assert "in de <garage>" in (await pressed(visitor, "toon", BATTERY)).text


async def test_other_words_while_the_first_still_wait_are_not_dropped_in_silence(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    one = await visitor.get(PLACE)
    with silence(portal.house):
        assert (await visitor.send(one, one.form("waarde"), waarde="900.00", actie="bewaar")).status == 503
    again = await visitor.send(one, one.form("waarde"), waarde="800.00", actie="bewaar")
    assert again.status == 400 and "nog bezig" in again.text and "800.00" in again.html


async def test_one_value_is_replaced_or_removed_by_the_residents_own_hand(portal: PortalUnderTest) -> None:
    visitor, other = await kept(portal), await portal.visitor("r2")
    assert "Bruto inkomen per maand" in (await visitor.get("/gegevens")).text
    assert HIGH not in (await other.get(PLACE)).html and "U heeft nog geen kluis." in (await other.get(PLACE)).text
    assert (await pressed(visitor, "bewaar", waarde="900.00")).status == 200
    gone = await pressed(visitor, "verwijder")
    assert gone.status == 200 and "U bewaart dit niet." in gone.text
    resident = await portal.house.resident()
    assert await portal.house.safe.kept(portal.house.self_of(resident), resident) == []
    used = (await visitor.get("/gebruik")).text
    for act in ("U verving iets in uw kluis", "U haalde iets weg uit uw kluis", "Het is weg uit uw kluis"):
        assert act in used
    assert "You replaced something in your vault" in (await visitor.get("/en/gebruik")).text


async def test_the_vault_goes_by_the_residents_own_hand_too(portal: PortalUnderTest) -> None:
    resident = await portal.house.income()
    visitor = await portal.visitor("r1")
    assert 'href="/gegevens/wissen"' in (await visitor.get("/gegevens")).html
    page = await visitor.get("/gegevens/wissen")
    assert "Dan blijft dat nummer hier, versleuteld." in page.text, "it belongs to permissions (0039)"
    assert (await visitor.send(page, page.form("actie"), actie="iets")).status == 400
    assert (await visitor.send(page, page.form("actie"), csrf="x" * 43)).status == 403
    assert await portal.house.safe.opened(portal.house.self_of(resident), resident)
    gone = await visitor.send(page, page.form("actie"))
    assert gone.status == 200 and "U heeft geen kluis." in gone.text
    assert not await portal.house.safe.opened(portal.house.self_of(resident), resident)
    assert (await visitor.send(page, page.form("actie"))).status == 200, "from another tab"
    used = (await visitor.get("/gebruik")).text
    assert "U wiste uw kluis" in used and "Uw kluis is leeg" in used
    assert "Open uw kluis" in (await visitor.get("/overzicht")).text


async def test_all_of_it_is_taken_along_behind_one_line(portal: PortalUnderTest) -> None:
    resident = await portal.house.income(HIGH)
    deposit = Deposit(element="kluis.woning.accuOpslag", value="garage", source="Installateur", origin="kopie")
    await portal.house.safe.keep(portal.house.self_of(resident), resident, (deposit,))
    visitor = await portal.visitor("r1")
    page = await visitor.get("/gegevens")
    taken = json.loads((await visitor.send(page, page.form("actie", "ophalen"))).content)
    assert taken["gegevens"][INCOME]["waarde"] == HIGH
    battery = taken["gegevens"]["kluis.woning.accuOpslag"]
    assert (battery["waarde"], battery["bron"], battery["herkomst"]) == ("garage", "Installateur", "kopie")
    assert "999993653" not in json.dumps(taken) and await looks(portal) == 1
    assert "U nam mee wat er in uw kluis staat" in (await visitor.get("/gebruik")).text
    assert (await visitor.get("/gegevens/ophalen")).url.endswith("/gegevens"), "after login, say"


async def test_what_changes_while_it_is_taken_along_is_said(portal: PortalUnderTest) -> None:
    await portal.house.income(HIGH)
    await portal.open(vault=Failing(portal.house.safe, "look", NotKept()))
    visitor = await portal.visitor("r1")
    page = await visitor.get("/gegevens")
    late = await visitor.send(page, page.form("actie", "ophalen"))
    assert late.status == 409 and "Er veranderde net iets in uw kluis." in late.text and HIGH not in late.html


async def test_what_stands_elsewhere_is_not_here_and_is_corrected_there(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    page = await visitor.get("/gegevens/brp.naam")
    assert "Dit staat in: De lijst van inwoners (BRP)." in page.text and "Via ons kreeg niemand dit" in page.text
    assert 'href="/verzoeken?soort=rectificatie#verzoek"' in page.html
    assert '<option value="rectificatie" selected>' in (await visitor.get("/verzoeken?soort=rectificatie")).html
    assert (await visitor.get("/gegevens/brp.leeftijd.isMeerderjarig")).status == 404, "an answer stands nowhere"
    assert (await visitor.get("/gegevens/iets")).status == 404
    await portal.house.release(*BY_LAW)
    page = await visitor.get("/gegevens/brp.naam")
    assert re.search(r'href="/gebruik/[^"]+/fout"', page.html) and "Inkomensloket: 1 keer" in page.text
    (csrf,) = {one.fields["csrf"] for one in page._read().forms if "csrf" in one.fields}
    form = page.form("csrf")
    form.action = page.url
    for act, status in (("toon", 409), ("bewaar", 400), ("verwijder", 409)):
        refused = await visitor.send(page, form, csrf=csrf, actie=act, waarde="x")
        assert refused.status == status, act


async def test_nobody_acts_for_a_vault(portal: PortalUnderTest) -> None:
    for who in ("fg", "balie", ""):
        visitor = await portal.visitor(who)
        page = await visitor.get(PLACE)
        assert page.status in (404, 200) and "Wat staat er?" not in page.text


async def test_who_looks_very_often_reads_that_they_wait(portal: PortalUnderTest) -> None:
    visitor = await kept(portal)
    resident = await portal.house.resident()
    for _ in range(LOOKS_MOST):
        await portal.house.safe.look(portal.house.self_of(resident), resident, (INCOME,))
    often = await pressed(visitor, "toon")
    assert often.status == 429 and "U probeerde dit te vaak" in often.text and HIGH not in often.html
    assert "Wacht 60 minuten of bel ons." in often.text, "as long as it takes"


@pytest.mark.parametrize("error", [VaultUnavailable(), NeighbourUnavailable()])
async def test_without_the_vault_the_rest_is_shown(portal: PortalUnderTest, error: Exception) -> None:
    await portal.house.income()
    await portal.open(vault=Failing(portal.house.safe, "kept", error))
    visitor = await portal.visitor("r1")
    page = await visitor.get("/gegevens")
    assert page.status == 200 and "Uw eigen kluis werkt even niet." in page.text and "Naam en adres" in page.text
    assert (await visitor.get(PLACE)).status == 200


async def test_without_the_log_the_list_says_what_it_cannot_see(portal: PortalUnderTest) -> None:
    await portal.open(audit=Failing(portal.house.audit.door("web"), "lines", LogUnavailable()))
    visitor = await portal.visitor()
    assert (await visitor.log_in("r1")).status == 503, "the overview"
    page = await visitor.get(PLACE)
    assert page.status == 200 and "Wij kunnen nu niet zien wie uw gegevens kreeg." in page.text
    assert "niemand" not in page.text


def test_every_kind_of_data_has_words_and_every_vault_element_a_form() -> None:
    assert set(KINDS) == set(DATA)
    for name, shape in shapes().items():
        if name.startswith("kluis.") or name == INCOME:
            field = field_of(shape)
            assert field is not None and shape.form is not None, name
            assert typed(str(shape.example), shape, field) == (shape.example, ""), name
            assert typed("x" * 1001, shape, field)[1] == "te-lang", name
    assert field_of(shapes()["brp.naam"]) is None, "no text"


def test_a_value_of_many_parts_is_cut_and_says_so() -> None:
    value = Value(element=INCOME, value=[*range(ROWS_MAX + 1)], source="inwoner", as_of=0, origin="eigen-opgave")
    shown = shown_of(value, SAID)
    assert (len(shown.rows), shown.cut, shown.rows[0]) == (ROWS_MAX, True, ("1", "0"))
    assert TENANT not in shown.source


def test_a_name_or_a_text_without_end_is_cut_and_says_so() -> None:
    value = Value(element=INCOME, value={"k" * 9_000: "w" * 9_000}, source="inwoner", as_of=0, origin="kopie")
    shown = shown_of(value, SAID)
    assert shown.rows == (("k" * NAME_MAX, "w" * TEXT_MAX),) and shown.cut
