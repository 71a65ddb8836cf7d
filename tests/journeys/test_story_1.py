"""Story 1, law for the address, choice for the income: its refusals, and what was asked where."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assembly.demo.recipient import Application
from assembly.demo.register import BY_LAW, INCOME, INCOME_ANSWER, MOVING, STORY
from assembly.demo.story import Cast, tell
from regie_client import Credentials, Receipts, Regie
from tests.house import DESK, HERE, R1, R2, ROBOT, TOWN_HALL, House
from tests.journeys.test_reported import system

pytestmark = pytest.mark.anyio
NAME = "brp.naam"


def refused(body: dict[str, Any]) -> dict[str, str]:
    return {one["gegevenselement"]: one["code"] for one in body["geweigerd"]}


def desk_of(house: House, vkey: Path) -> Regie:
    """The desk of income support, with the client that municipalities install."""
    entry = house.clients[HERE][DESK]
    credentials = Credentials(house.url(), entry["clientId"], entry["privateJwk"])
    return Regie(credentials, Receipts(vkey), house.http, lambda: house.clock().timestamp())


@pytest.mark.slow
async def test_story_1_is_told_from_start_to_end(house: House, tmp_path: Path) -> None:
    vkey = tmp_path / "log.vkey"
    vkey.write_text((await house.http.get(f"{house.url()}/logboek/v1/sleutels")).text)
    told: list[str] = []
    await tell(
        Cast(
            desk=desk_of(house, vkey),
            resident=await house.visitor(),
            resident_choice="r1",
            bsn=R1,
            officer=await house.visitor(),
            officer_choice="fg",
            reporter=await system(house),
            vkey=vkey,
            say=told.append,
        )
    )
    assert len(told) == 12


async def test_what_the_law_gives_comes_before_consent_and_only_that_is_asked_for(house: House) -> None:
    case = await house.case()
    before = house.asked
    answer = await house.application().release(R1, STORY, (*BY_LAW, INCOME_ANSWER), case)
    body = answer.json()
    assert answer.status_code == 200 and set(body["gegevens"]) == set(BY_LAW)
    assert refused(body) == {INCOME_ANSWER: "geen-toestemming"} and not body["nietGeleverd"]
    assert house.asked == before + 1
    asked = house.brp.state.requests[-1]
    groups = {path.partition(".")[0] for path in asked.fields}
    assert asked.numbers == 1 and groups == {"naam", "verblijfplaats", "geboorte"}
    assert R1 not in str(asked.headers)


async def test_one_request_is_one_line_that_names_what_was_given_and_what_was_not(house: House) -> None:
    case = await house.case()
    answer = (await house.application().release(R1, STORY, (*BY_LAW, INCOME_ANSWER), case)).json()
    (line,) = [one for one in await house.lines() if one["zaak"] == case and one["soort"] == "verstrekking"]
    assert line["logregel"]["index"] == answer["logregel"]["index"]
    assert (line["ontvanger"], line["verwerkingsactiviteit"]) == ("inkomensloket", STORY)
    assert line["gegevenselementen"] == list(BY_LAW) and line["geweigerd"] == [[INCOME_ANSWER, "geen-toestemming"]]
    assert line["afloop"] == "geleverd"


async def test_a_yes_to_the_answer_is_no_yes_to_the_amount(house: House) -> None:
    case = await house.case()
    await house.consent(case)
    application = house.application()
    body = (await application.release(R1, STORY, (INCOME_ANSWER,), case)).json()
    assert body["gegevens"][INCOME_ANSWER]["waarde"] is True and "1450." not in str(body)
    assert body["gegevens"][INCOME_ANSWER]["herkomst"] == "eigen-opgave"
    amount = await application.release(R1, STORY, (INCOME,), case)
    assert amount.status_code == 403 and amount.json()["code"] == "geen-toestemming" and "1450." not in amount.text


async def test_a_no_reads_as_no_consent_and_the_case_says_who_brings_it(house: House) -> None:
    case = await house.case()
    place = await house.consent(case, "nee")
    body = (await house.application().release(R1, STORY, (NAME, INCOME_ANSWER), case)).json()
    assert refused(body) == {INCOME_ANSWER: "geen-toestemming"} and NAME in body["gegevens"]
    application = house.application()
    state = await house.http.get(
        f"{house.url()}/toestemming/v1/toestemmingsverzoeken/{place.rpartition('/')[2]}",
        headers={"authorization": f"Bearer {await application.token('toestemming')}"},
    )
    assert state.json()["status"] == "geen" and state.json()["volgendeStap"] == "De inwoner levert zelf aan."


async def test_what_is_not_in_the_purpose_is_refused_beside_what_is(house: House) -> None:
    case, before = await house.case(), house.asked
    alone = await house.application().release(R1, STORY, ("brp.nationaliteit",), case)
    assert alone.status_code == 403 and alone.json()["code"] == "buiten-doel" and house.asked == before
    assert alone.json()["volgendeStap"] and alone.json()["geweigerd"][0]["gegevenselement"] == "brp.nationaliteit"
    beside = (await house.application().release(R1, STORY, (NAME, "brp.nationaliteit"), case)).json()
    assert refused(beside) == {"brp.nationaliteit": "buiten-doel"} and set(beside["gegevens"]) == {NAME}


async def test_the_fifth_request_in_a_case_is_too_often(house: House) -> None:
    case, application = await house.case(), house.application()
    for _ in range(4):
        assert (await application.release(R1, STORY, (NAME,), case)).status_code == 200
    before = house.asked
    fifth = await application.release(R1, STORY, (NAME,), case)
    assert fifth.status_code == 403 and fifth.json()["code"] == "te-vaak" and house.asked == before
    assert (await application.release(R1, STORY, (NAME,), await house.case())).status_code == 200


@pytest.mark.parametrize(
    ("client", "activity", "code"),
    [
        (DESK, "fraude-onderzoek", "onbekende-activiteit"),
        (DESK, MOVING, "ontvanger-niet-bevoegd"),
        (TOWN_HALL, STORY, "ontvanger-niet-bevoegd"),
        (ROBOT, "lokale-energieregeling", "onbekende-activiteit"),
    ],
)
async def test_a_purpose_of_nobody_or_of_another_is_refused_with_a_line(
    house: House, client: str, activity: str, code: str
) -> None:
    size, before = await house.size(), house.asked
    answer = await house.application(client).release(R1, activity, (NAME,), "Z-1")
    assert answer.status_code == 403 and answer.json()["code"] == code and answer.json()["volgendeStap"]
    assert house.asked == before and await house.size() == size + 1
    assert answer.json()["logregel"]["index"] == size


async def test_a_case_is_of_one_resident_and_one_recipient(house: House) -> None:
    of_another, before = await house.case(R2), house.asked
    for case in (of_another, "Z-nooit-gemeld", ""):
        answer = await house.application().release(R1, STORY, (NAME,), case)
        assert answer.status_code == 403 and answer.json()["code"] == "zaak-vereist", case
    assert house.asked == before


@pytest.mark.slow
async def test_after_eight_weeks_consent_is_over(own_house: House) -> None:
    house = own_house
    case = await house.case()
    await house.consent(case)
    assert (await house.application().release(R1, STORY, (INCOME_ANSWER,), case)).status_code == 200
    house.moved += timedelta(weeks=8, hours=1)
    late = await house.application().release(R1, STORY, (INCOME_ANSWER,), case)
    assert late.status_code == 403 and late.json()["code"] == "toestemming-verlopen"
    fresh: Application = house.application(tenant=HERE)
    assert (await fresh.release(R1, STORY, (NAME,), await house.case())).status_code == 200


async def test_the_law_of_story_2_gives_once_per_case_and_nothing_more(house: House) -> None:
    case = await house.case(R2, TOWN_HALL, MOVING)
    application = house.application(TOWN_HALL)
    first = await application.release(R2, MOVING, ("brp.naam", "brp.adres", "brp.geboortedatum"), case)
    assert set(first.json()["gegevens"]) == {"brp.naam", "brp.adres"}
    assert refused(first.json()) == {"brp.geboortedatum": "buiten-doel"}
    assert (await application.release(R2, MOVING, ("brp.naam",), case)).json()["code"] == "te-vaak"
    visitor = await house.visitor("r2")
    use = await visitor.get(f"/gebruik/{first.json()['logregel']['bewijs'].split('/')[-2]}")
    assert "Moet van de wet" in use.text and "Wet BRP 2.39" in use.text
    with pytest.raises(LookupError):
        use.form("actie")
