"""An emergency from the telephone to the review: the client, the real doors, the resident's page and the FG's."""

from pathlib import Path

import pytest

from assembly.demo.register import CALLED, EMERGENCY
from regie_client import Emergency, Problem, Question
from tests.house import DESK, R1, ROBOT, House
from tests.journeys.test_story_1 import desk_of

pytestmark = pytest.mark.anyio
NOTE = "Buurvrouw Zwanikken hoorde haar vallen."


async def test_help_comes_the_resident_reads_why_and_the_fg_looks_at_it(house: House, tmp_path: Path) -> None:
    vkey = tmp_path / "log.vkey"
    vkey.write_text((await house.http.get(f"{house.url()}/logboek/v1/sleutels")).text)
    desk, call = desk_of(house, vkey), Emergency(CALLED, NOTE)
    asked = Question(R1, EMERGENCY, ("brp.adres",), user="mw-4821", emergency=call)
    release = await desk.release(asked)
    assert set(release.values) == {"brp.adres"} and release.receipt.proof
    place = release.receipt.line.place
    with pytest.raises(Problem) as wrong:
        await desk.release(Question(R1, EMERGENCY, ("brp.adres",), user="mw-4821"))
    assert (wrong.value.status, wrong.value.faults[0].pointer) == (400, "/noodtoegang")
    visitor, officer = await house.visitor("r1"), await house.visitor("fg")
    page = await visitor.get(f"/gebruik/{place}")
    assert "Dit gebeurde in nood." in page.text and "kijkt dit nog na" in page.text
    list_of = await officer.get("/fg")
    seen = await officer.send(list_of, list_of.form("regel", place))
    assert NOTE in seen.text
    await officer.send(seen, seen.form("oordeel"), oordeel="niet-in-orde", waarom="Er was tijd om te vragen.")
    page = await visitor.get(f"/gebruik/{place}")
    assert "Het was niet in orde." in page.text and "Er was tijd om te vragen." in page.text
    proof = await visitor.get(f"/gebruik/{place}/bewijs")
    assert "Zwanikken" not in page.text + proof.text
    kinds = [line["soort"] for line in await house.lines() if line["verwerkingsactiviteit"] == EMERGENCY]
    assert sorted(kinds)[:2] == ["afloop", "nood-nagekeken"] and "noodverstrekking" in kinds


async def test_a_list_and_a_machine_have_no_emergencies(house: House) -> None:
    body = {"verwerkingsactiviteit": EMERGENCY, "gegevenselementen": ["brp.adres"], "inwoners": [{"bsn": R1}]}
    for more, place in (({}, "/verwerkingsactiviteit"), ({"noodtoegang": {"reden": CALLED}}, "")):
        said = await house.application(DESK).post(
            "verstrekking", "/bulkverstrekkingen", body | more | {"gebruiker": "mw-1"}
        )
        assert said.status_code == 400 and [one["veld"] for one in said.json()["fouten"]] == [place], said.text
    call = {"noodtoegang": {"reden": CALLED, "toelichting": NOTE}}
    alone = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": EMERGENCY, "gegevenselementen": ["brp.adres"]} | call
    said = await house.application(ROBOT).post("verstrekking", "/verstrekkingen", alone)
    assert said.status_code == 400 and said.json()["fouten"][0]["code"] == "geen-medewerker"
