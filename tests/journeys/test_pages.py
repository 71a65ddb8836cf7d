"""Residents and the FG at the portal: what each sees, what each can stop, and what stays another's."""

import asyncio
import base64
import json

import pytest

from assembly.demo.register import BY_LAW, EXERCISES, INCOME_ANSWER, STORY
from assembly.demo.visitor import Page
from tests.house import OFFICER, R1, House, crossed_plan

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
plan = crossed_plan
CHILD = "999994645"  # of R1
UNKNOWN_CONSENT = "0197d2f0-0000-7000-8000-000000000000"


async def use_of_r1(house: House, *elements: str) -> tuple[str, int]:
    """The page of one use, and its index in the log."""
    case = await house.case()
    line = (await house.application().release(R1, STORY, elements or BY_LAW, case)).json()["logregel"]
    return f"/gebruik/{line['bewijs'].split('/')[-2]}", int(line["index"])


async def test_a_search_leaves_its_own_line_and_one_with_the_resident(house: House) -> None:
    await use_of_r1(house)
    size = await house.size()
    body = {"inwoner": {"bsn": R1}, "reden": {"reden": "inzage", "zaak": "FG-7"}}
    answer = await house.application(OFFICER).post("logboek", "/logregels/_zoek", body)
    assert answer.status_code == 200 and answer.json()["logregel"]["index"] == size
    assert await house.size() == size + 2
    searches = [one for one in await house.lines() if one["soort"] == "zoeking"]
    assert searches[0]["logregel"]["index"] == size + 1
    visitor = await house.visitor("r1")
    assert "toezichthouder" in (await visitor.get("/gebruik")).text


async def test_a_search_without_reason_is_a_fault_and_no_line(house: House) -> None:
    size, officer = await house.size(), house.application(OFFICER)
    for reason in (None, {}, {"reden": "", "zaak": "FG-1"}, {"reden": "inzage"}):
        answer = await officer.post("logboek", "/logregels/_zoek", {"inwoner": {"bsn": R1}, "reden": reason})
        assert answer.status_code == 400 and answer.json()["fouten"][0]["veld"].startswith("/reden")
    nobody = await officer.post("logboek", "/logregels/_zoek", {"reden": {"reden": "inzage", "zaak": "FG-1"}})
    assert nobody.status_code == 400 and await house.size() == size


async def test_a_question_is_asked_and_answered(house: House) -> None:
    place, _ = await use_of_r1(house)
    visitor, officer = await house.visitor("r1"), await house.visitor("fg")
    page = await visitor.get(place)
    asked = await visitor.send(page, page.form("vraag"), vraag="Waarom was mijn adres nodig?")
    assert asked.status == 200 and "U krijgt hier antwoord" in asked.text
    desk = await officer.get("/fg")
    assert "Waarom was mijn adres nodig?" in desk.text
    assert "Geen ontvanger is te laat." in desk.text  # asked of the release desk, also where that lives apart
    assert "Er zijn nu geen tabellen." in (await visitor.get("/cijfers")).text  # and so is this
    assert (await visitor.get(f"/cijfers/{STORY}/1/geen")).status == 404
    await officer.send(desk, desk.form("vraag"), antwoord="Om te zien of u hier woont.")
    assert "Om te zien of u hier woont." in (await visitor.get(place)).text


async def test_a_look_in_the_own_vault_is_a_line(house: House) -> None:
    visitor = await house.visitor("r1")
    page = await visitor.get(f"/gegevens/{EXERCISES[0]}")
    assert "verzonnen" not in page.text
    assert "verzonnen" in (await visitor.send(page, page.form("actie", "toon"), actie="toon")).text
    assert [one["soort"] for one in await house.lines()].count("kluis-ingezien") == 1


async def test_what_is_another_residents_is_as_unknown_as_what_is_not_there(house: House) -> None:
    use, index = await use_of_r1(house)
    consent = await house.consent(await house.case())
    stranger, officer = await house.visitor("r2"), await house.visitor("fg")
    term = use.split("/")[-1].rpartition("-")[0]
    for mine, nobodys in (
        (use, f"/gebruik/{term}-{index + 90000}"),
        (f"{use}/bewijs", f"/gebruik/{term}-{index + 90000}/bewijs"),
        (consent, f"/toestemmingen/{UNKNOWN_CONSENT}"),
    ):
        for who in (stranger, officer):
            theirs, nothing = await who.get(mine), await who.get(nobodys)
            assert theirs.status == nothing.status == 404
            assert same(theirs, mine) == same(nothing, nobodys)


def same(page: Page, place: str) -> str:
    """A page without its own address."""
    return page.html.replace(place, "")


async def test_a_stop_of_another_residents_consent_changes_nothing(house: House) -> None:
    case = await house.case()
    place = await house.consent(case)
    stranger, owner = await house.visitor("r2"), await house.visitor("r1")
    other = await house.consent(await house.case(bsn="999995261"), who="r2")
    form = (page := await stranger.get(other)).form("actie", "stoppen")
    form.action = place
    assert (await stranger.send(page, form, actie="stoppen")).status == 404
    assert (await owner.get(place)).status == 200
    assert (await house.application().release(R1, STORY, (INCOME_ANSWER,), case)).status_code == 200


async def test_who_is_not_logged_in_is_sent_to_login_and_sees_nothing(house: House) -> None:
    use, _ = await use_of_r1(house)
    visitor = await house.visitor()
    for place in (use, "/overzicht", "/toestemmingen", "/fg", "/fg/zoek", "/fg/datalek/nieuw"):
        page = await visitor.get(place)
        assert "/proefinlog" in page.url and "Inkomensloket" not in page.text
    resident = await house.visitor("r1")
    for place in ("/fg", "/fg/zoek", "/fg/datalek/nieuw", f"/fg/datalek/{'0' * 32}"):
        assert (await resident.get(place)).status == 404


async def test_a_stop_in_two_tabs_is_one_line(house: House) -> None:
    case = await house.case()
    place = await house.consent(case)
    visitor = await house.visitor("r1")
    tabs = [await visitor.get(place) for _ in range(2)]
    before = await house.size()
    answers = await asyncio.gather(*(visitor.send(tab, tab.form("actie", "stoppen"), actie="stoppen") for tab in tabs))
    assert all(answer.status == 200 and "is gestopt" in answer.text for answer in answers)
    again = await visitor.send(tabs[0], tabs[0].form("actie", "stoppen"), actie="stoppen")
    assert again.status == 200 and "is gestopt" in again.text
    assert await house.size() == before + 1


async def test_a_stop_before_the_question_refuses_and_after_it_comes_later_in_the_log(house: House) -> None:
    case, application = await house.case(), house.application()
    place = await house.consent(case)
    given = (await application.release(R1, STORY, (INCOME_ANSWER,), case)).json()["logregel"]["index"]
    visitor = await house.visitor("r1")
    page = await visitor.get(place)
    await visitor.send(page, page.form("actie", "stoppen"), actie="stoppen")
    refused = await application.release(R1, STORY, (INCOME_ANSWER,), case)
    assert refused.status_code == 403 and refused.json()["code"] == "toestemming-ingetrokken"
    (stop,) = [one for one in await house.lines() if one["zaak"] == case and one["soort"] == "toestemming-ingetrokken"]
    assert given < stop["logregel"]["index"] < refused.json()["logregel"]["index"]


@pytest.mark.slow
async def test_no_release_stands_after_a_stop_that_came_among_many(house: House) -> None:
    """Story 12, the last row, small: the four of a case at once, and a stop among them."""
    for _ in range(3):
        case, application = await house.case(), house.application()
        place = await house.consent(case)
        visitor = await house.visitor("r1")
        page = await visitor.get(place)
        await application.token("verstrekking")

        stop = visitor.send(page, page.form("actie", "stoppen"), actie="stoppen")
        four = (application.release(R1, STORY, (INCOME_ANSWER,), case) for _ in range(4))
        answers, _ = await asyncio.gather(asyncio.gather(*four), stop)
        lines = [one for one in await house.lines() if one["zaak"] == case]
        (end,) = [one["logregel"]["index"] for one in lines if one["soort"] == "toestemming-ingetrokken"]
        passed = {answer.json()["logregel"]["index"] for answer in answers if answer.status_code == 200}
        assert all(index < end for index in passed)
        assert {answer.json()["code"] for answer in answers if answer.status_code != 200} <= {"toestemming-ingetrokken"}


async def test_the_callers_trace_is_the_traces_of_the_line(house: House) -> None:
    trace, case = "4bf92f3577b34da6a3ce929d0e0e4736", await house.case()
    parent = f"00-{trace}-00f067aa0ba902b7-00"
    body = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": STORY, "zaak": case, "gebruiker": "mw-1"}
    answer = await house.application().post(
        "verstrekking", "/verstrekkingen", body | {"gegevenselementen": list(BY_LAW)}, traceparent=parent
    )
    assert answer.status_code == 200
    place = f"/gebruik/{answer.json()['logregel']['bewijs'].split('/')[-2]}"
    proof = await (await house.visitor("r1")).get(f"{place}/bewijs")
    assert trace in content_of(proof.content)
    asked = house.brp.state.requests[-1].headers.get("traceparent", "")
    assert asked.startswith(f"00-{trace}-")


def content_of(bundle: bytes) -> str:
    """The act and body of a downloaded proof, in plain text."""
    inside = json.loads(bundle)["inhoud"]
    return " ".join(base64.b64decode(part + "==").decode("utf-8", "replace") for part in inside.values())


async def test_a_parent_chooses_for_a_child_and_somebody_chosen_for_an_adult(house: House) -> None:
    """Together and apart: the BRP is asked by the desk, the register looks at the rule, the portal asks both."""
    asked = await house.application().request_consent(CHILD, "oefening", EXERCISES, "Z-kind")
    place, parent = f"/namens/toestemmingen/{asked.json()['id']}", await house.visitor("r1")
    before = house.asked
    page = await parent.get("/namens")
    login = await parent.send(page, page.form("actie", "kind"), actie="kind")
    page = await parent.send(login, login.form("keuze"), keuze="r1")
    (wie,) = [value for name, value in page.form("actie", "kies").choices if name == "wie"]
    await parent.send(page, page.form("actie", "kies"), actie="kies", wie=wie)
    page = await parent.get(place)
    page = await parent.send(page, page.form("actie", "kiezen"), keuze="ja")
    assert "Ja: het Inkomensloket mag" in page.text and house.asked > before
    line = next(one for one in await house.lines(CHILD) if one["soort"] == "toestemming-gegeven")
    assert (line["namens"], len(line["gebruiker"])) == ("ouder", 32), "the FG reads who it was, as a pseudonym"

    giver, helper = await house.visitor("r2"), await house.visitor("doubted")
    page = await giver.get("/namens/gemachtigden")
    terms = {"actie": "geef", "naam": "mijn zus", "doel": "oefening", "mag": "zien", "hoelang": "31"}
    page = await giver.send(page, page.form("actie", "geef"), **terms)
    code = page.html.partition("<code>")[2].partition("</code>")[0]
    page = await helper.get("/namens")
    page = await helper.send(page, page.form("actie", "code"), actie="code", code=code)
    page = await helper.send(page, page.form("actie", "aanvaard"), actie="aanvaard")
    (wie,) = [value for name, value in page.form("actie", "kies").choices if name == "wie"]
    page = await helper.send(page, page.form("actie", "kies"), actie="kies", wie=wie)
    assert "U kijkt nu voor" in page.text
    mine = await giver.get("/namens/gemachtigden")
    await giver.send(mine, mine.form("actie", "stop"))
    assert (await helper.get("/namens/toestemmingen")).status == 403
