"""The public root /toestemming/v1: shapes, statuses, and what is refused before anything is stored."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from consent.contract import ConsentRequest
from consent.parties.contract import Change
from consent.tables import cases, consents
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    HASH,
    LOKET,
    NAME,
    PARTY,
    PLAN,
    STAFF,
    TENANT,
    House,
    activity,
    opened_house,
    yes,
)
from tests.consent.test_frontdesk import DESK as AT_DESK
from tests.consent.test_frontdesk import begun, said
from tests.consent.test_mandates import BERT_HIMSELF, parent
from tests.consent.test_parties import admitted
from tests.serving import app_of

pytestmark = pytest.mark.anyio
RETURN = "https://loket.example/terug"
BODY = {"inwoner": {"bsn": "999993653"}, "verwerkingsactiviteit": "regeling", "gegevenselementen": [PLAN]}


class Door:
    """The public door, with a caller by name."""

    def __init__(self, http: httpx2.AsyncClient, house: House) -> None:
        self._http, self.house = http, house

    async def post(self, path: str, body: dict[str, Any] | None = None, who: str = "loket") -> tuple[int, Any]:
        answer = await self._http.post(f"/toestemming/v1/{path}", json=body, headers={"x-who": who})
        return answer.status_code, answer.json()

    async def get(self, path: str, who: str = "loket") -> tuple[int, Any]:
        answer = await self._http.get(f"/toestemming/v1/{path}", headers={"x-who": who})
        return answer.status_code, answer.json()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as house:
        transport = httpx2.ASGITransport(app=app_of(house.component.doors()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            await house.ready(activity(), activity("zaakgebonden", zaak="verplicht"))
            yield Door(http, house)


async def test_a_request_from_question_to_withdrawal(door: Door) -> None:
    status, made = await door.post("toestemmingsverzoeken", BODY | {"geldigTot": "2026-09-20T00:00:00Z"})
    assert (status, made["status"]) == (201, "gevraagd")
    assert made["portaalUrl"] == f"http://localhost:8000/toestemmingen/{made['id']}"
    assert await door.get(f"toestemmingsverzoeken/{made['id']}") == (200, made)
    consent_id = await door.house.given(PLAN)
    assert consent_id == made["id"]
    _, seen = await door.get(f"toestemmingsverzoeken/{made['id']}")
    assert (seen["status"], seen["geldigTot"]) == ("gegeven", "2026-09-20T00:00:00Z")
    stop = {"teksthash": HASH, "taal": "nl"}
    status, _ = await door.post(f"toestemmingen/{consent_id}/intrekking", stop)
    assert status == 404, "a recipient stops nobody's consent"
    status, stopped = await door.post(f"toestemmingen/{consent_id}/intrekking", stop, "anna")
    assert (status, stopped["status"], stopped["onderweg"]) == (201, "ingetrokken", [])
    assert stopped["logregel"]["bewijs"].endswith("/bewijs")


async def test_a_case_opens_and_closes(door: Door) -> None:
    body = {"zaak": "Z-1", "inwoner": {"bsn": "999993653"}, "verwerkingsactiviteit": "zaakgebonden"}
    status, made = await door.post("zaken", body)
    assert (status, made["status"], made["logregel"]["logboek"]) == (201, "open", "localhost:8000/gm9901/2026h2")
    assert await door.post("zaken", body) == (201, made)
    status, closed = await door.post("zaken/Z-1/sluiting")
    assert (status, closed["status"]) == (201, "gesloten")
    assert (await door.post("zaken/Z-2/sluiting"))[0] == 404
    assert await door.house.kinds() == ["zaak-geopend", "zaak-gesloten"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"inwoner": {"bsn": "999993653", "naam": "x"}}, "/inwoner"),
        ({"inwoner": {"pseudoniem": "x"}}, "/inwoner/pseudoniem"),
        ({"inwoner": {"pseudoniem": "a" * 32, "bsn": "999993653"}}, "/inwoner"),
        ({"inwoner": {}}, "/inwoner"),
        ({"inwoner": {"bsn": "12345"}}, "/inwoner/bsn"),
        ({"gegevenselementen": [NAME]}, "/gegevenselementen/0"),
        ({"gegevenselementen": []}, "/gegevenselementen"),
        ({"terugkeerUrl": "javascript:alert(1)"}, "/terugkeerUrl"),
        ({"terugkeerUrl": "http://localhost/terug"}, "/terugkeerUrl"),
        ({"terugkeerUrl": "https://loket.example/terugweg"}, "/terugkeerUrl"),
        ({"terugkeerUrl": "https://loket.example@kwaad.example/terug"}, "/terugkeerUrl"),
        ({"terugkeerUrl": f"{RETURN}?op=1#https://kwaad.example"}, "/terugkeerUrl"),
        ({"extra": 1}, ""),
        ({"geldigTot": "2020-01-01T00:00:00Z"}, "/geldigTot"),
    ],
)
async def test_what_cannot_be_read_is_a_400_and_stores_nothing(door: Door, change: dict[str, Any], field: str) -> None:
    status, problem = await door.post("toestemmingsverzoeken", BODY | change)
    assert status == 400
    assert field in {fault["veld"] for fault in problem["fouten"]}
    assert "999993653" not in str(problem)
    assert await door.house.kinds() == []


async def test_who_uses_the_application_must_be_named(door: Door) -> None:
    assert (await door.post("toestemmingsverzoeken", BODY, "desk"))[0] == 400
    assert (await door.post("toestemmingsverzoeken", BODY | {"gebruiker": "mw-1"}, "desk"))[0] == 201


async def test_an_unknown_number_gets_the_same_answer_and_is_enrolled_only_when_all_is_right(door: Door) -> None:
    known = len(door.house.people.known)
    unknown = BODY | {"inwoner": {"bsn": "999990299"}}
    assert (await door.post("toestemmingsverzoeken", unknown | {"verwerkingsactiviteit": "anders"}))[0] == 404
    assert len(door.house.people.known) == known
    status, made = await door.post("toestemmingsverzoeken", unknown)
    _, other = await door.post("toestemmingsverzoeken", BODY)
    assert (status, set(made)) == (201, set(other))
    assert len(door.house.people.known) == known + 1


NUMBER = "999993653"
CASE = {"zaak": "Z-1", "inwoner": {"bsn": NUMBER}, "verwerkingsactiviteit": "zaakgebonden"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("toestemmingsverzoeken", BODY | {"zaak": NUMBER}, "/zaak"),
        ("toestemmingsverzoeken", BODY | {"terugkeerUrl": f"https://loket.example/{NUMBER}"}, "/terugkeerUrl"),
        ("toestemmingsverzoeken", BODY | {"gebruiker": f"mw-{NUMBER}"}, "/gebruiker"),
        ("zaken", CASE | {"zaak": f"Z-{NUMBER}"}, "/zaak"),
        ("zaken", CASE | {"gebruiker": NUMBER}, "/gebruiker"),
        ("zaken/123456789/sluiting", None, "/zaak"),
    ],
)
async def test_nothing_that_ends_up_in_a_line_may_look_like_somebody(
    door: Door, path: str, body: dict[str, Any] | None, field: str
) -> None:
    status, problem = await door.post(path, body)
    assert (status, [(fault["veld"], fault["code"]) for fault in problem["fouten"]]) == (400, [(field, "lijkt-op-bsn")])
    assert NUMBER not in str(problem["fouten"]) + problem["detail"]
    assert await door.house.kinds(ANNA.subject) == []


@pytest.mark.parametrize(
    ("path", "body", "dutch", "english"),
    [
        ("toestemmingsverzoeken", BODY | {"zaak": "Z-1"}, "zaak", "case"),
        ("toestemmingsverzoeken", BODY | {"gebruiker": "mw-1"}, "gebruiker", "user"),
        ("zaken", CASE, "zaak", "reference"),
        ("zaken", CASE | {"gebruiker": "mw-1"}, "gebruiker", "user"),
    ],
)
async def test_a_request_is_read_by_its_names_on_the_wire_only(
    door: Door, path: str, body: dict[str, Any], dutch: str, english: str
) -> None:
    other = {(english if name == dutch else name): value for name, value in body.items()}
    status, problem = await door.post(path, other)
    assert (status, problem["fouten"][-1]["code"]) == (400, "onbekend-veld")
    assert await door.house.kinds(ANNA.subject) == []


async def test_lines_and_rows_hold_a_pseudonym_of_who_sat_at_the_application(door: Door) -> None:
    assert (await door.post("toestemmingsverzoeken", BODY | {"gebruiker": "mw-1"}, "desk"))[0] == 201
    assert (await door.post("zaken", CASE | {"gebruiker": "mw-1"}, "desk"))[0] == 201
    found = await door.house.audit.desk(STAFF).reader.lines(ANNA.subject, None, 10)
    (actor,) = {line.event.actor for line in found.lines}
    assert len(actor) == 32
    assert "mw-1" not in found.model_dump_json()
    async with door.house.database().snapshot(TENANT) as connection:
        for table in (cases, consents):
            assert "mw-1" not in str((await connection.execute(select(table))).all())


async def test_who_may_not_use_a_number_learns_its_own_name_for_whoever_says_yes(door: Door) -> None:
    systems = tuple(one.model_copy(update={"client_id": "coach-app"}) for one in PARTY.applications)
    coach = PARTY.model_copy(update={"slug": "coach", "by_bsn": False, "applications": systems})
    await door.house.consent.admit(STAFF, coach)
    yours = activity("coaching", {PLAN: "C"}, ontvangers=[{"ontvanger": "coach"}], zaak="verplicht")
    await door.house.consent.publish(STAFF, yours)
    asking = {"verwerkingsactiviteit": "coaching", "gegevenselementen": [PLAN]}
    number = {"inwoner": {"bsn": "999993653"}}
    case = {"zaak": "Z-1", "verwerkingsactiviteit": "coaching"}
    for path, body in (("toestemmingsverzoeken", asking), ("toestemmingen/_zoek", {}), ("zaken", case)):
        status, problem = await door.post(path, body | number, "coach")
        assert (status, problem["code"]) == (403, "geen-bsn") and problem["volgendeStap"]
    assert await door.house.kinds() == []
    status, made = await door.post("toestemmingsverzoeken", asking, "coach")
    assert (status, made["status"]) == (201, "gevraagd") and "pseudoniem" not in made
    await door.house.consent.take_up(ANNA_HERSELF, made["id"], ANNA)
    assert "pseudoniem" not in (await door.get(f"toestemmingen/{made['id']}", "coach"))[1]
    await door.house.consent.choose(ANNA_HERSELF, made["id"], yes())
    _, seen = await door.get(f"toestemmingsverzoeken/{made['id']}", "coach")
    named = {"inwoner": {"pseudoniem": seen["pseudoniem"]}}
    assert (await door.post("zaken", case | named, "coach"))[0] == 201
    _, found = await door.post("toestemmingen/_zoek", named, "coach")
    assert [one["id"] for one in found["toestemmingen"]] == [made["id"]]
    _, nothing = await door.post("toestemmingen/_zoek", {"inwoner": {"toestemming": "0" * 36}}, "coach")
    assert nothing == {"toestemmingen": []}
    for whom, code in ((named, None), (number, "ontvanger-niet-bevoegd")):
        _, told = await door.post("toetsingen", asking | {"zaak": "Z-1"} | whom, "coach")
        assert [(one["mag"], one.get("code")) for one in told["gegevenselementen"]] == [(code is None, code)]
    strange = {"inwoner": {"pseudoniem": "a" * 32}}
    assert (await door.post("zaken", case | {"zaak": "Z-2"} | strange, "coach"))[1]["fouten"][0]["veld"] == "/inwoner"
    _, mine = await door.get(f"toestemmingen/{await door.house.given(PLAN)}")
    assert "pseudoniem" not in mine, "who may use the number has it"


async def test_a_recipient_finds_its_own_consents_and_looking_is_a_line(door: Door) -> None:
    consent_id = await door.house.given(PLAN)
    status, seen = await door.get(f"toestemmingen/{consent_id}")
    assert (status, seen["status"], seen["gegevenselementen"]) == (200, "gegeven", [PLAN])
    status, found = await door.post("toestemmingen/_zoek", {"inwoner": {"bsn": "999993653"}})
    assert (status, [one["id"] for one in found["toestemmingen"]]) == (200, [consent_id])
    narrowed = {"inwoner": {"bsn": "999993653"}, "verwerkingsactiviteit": "zaakgebonden"}
    assert (await door.post("toestemmingen/_zoek", narrowed))[1] == {"toestemmingen": []}
    unknown = {"inwoner": {"bsn": "999990007"}}
    assert await door.post("toestemmingen/_zoek", unknown) == (200, {"toestemmingen": []})
    assert (await door.house.kinds())[-2:] == ["zoeking", "zoeking"]
    assert (await door.post("toestemmingen/_zoek", {"inwoner": {"bsn": "999993653"}}, "anna"))[0] == 404
    assert (await door.get(f"toestemmingen/{consent_id}", "anna"))[0] == 404
    status, proof = await door.get(f"toestemmingen/{consent_id}/bewijs")
    assert (status, proof["ontvangstbewijs"]["@type"]) == (200, "dpv:ConsentReceipt")
    assert set(proof) == {"id", "ontvangstbewijs", "sdjwt", "logregel"}


async def test_a_request_may_be_for_once_and_never_for_two_purposes(door: Door) -> None:
    use = {"keer": 1, "bewaarDagen": 7}
    status, made = await door.post("toestemmingsverzoeken", BODY | {"gebruik": use})
    assert (status, made["gebruik"]) == (201, {"keer": 1, "per": "", "terugkijkDagen": 0, "bewaarDagen": 7})
    for wrong in ({"gebruik": {"keer": 0}}, {"gebruik": {"per": "dag"}}, {"verwerkingsactiviteit": ["een", "twee"]}):
        assert (await door.post("toestemmingsverzoeken", BODY | wrong))[0] == 400


async def test_the_page_leads_back_only_where_the_recipient_still_says_so(door: Door) -> None:
    system = PARTY.applications[0].model_copy(update={"returns": (RETURN,)})
    await admitted(door.house, Change(application=system, of="loket"))
    for wrong in ("https://loket.example", f"{RETURN}/elders", "https://kwaad.example/terug"):
        status, problem = await door.post("toestemmingsverzoeken", BODY | {"terugkeerUrl": wrong})
        assert (status, problem["fouten"][0]["code"]) == (400, "niet-geregistreerd")
    for no_address in ("a=\0", "a=\x1b[2J", "a=\u202eb", "a=\u00e9", "a=\\b", "a=`b`"):
        status, _ = await door.post("toestemmingsverzoeken", BODY | {"terugkeerUrl": f"{RETURN}?{no_address}"})
        assert status == 400, "no database takes every text, and its line would stand by then"
    _, made = await door.post("toestemmingsverzoeken", BODY | {"terugkeerUrl": f"{RETURN}?dossier=7"})
    assert "terugkeerUrl" not in made
    seen = await door.house.consent.choice(ANNA_HERSELF, made["id"])
    assert seen.back == f"{RETURN}?dossier=7"
    await admitted(door.house, Change(application=PARTY.applications[0], of="loket"))
    assert (await door.house.consent.choice(ANNA_HERSELF, made["id"])).back == ""


@pytest.mark.parametrize("stopped", ["loket", "bureau"])
async def test_the_page_leads_to_nobody_who_was_stopped(door: Door, stopped: str) -> None:
    """Their website may be why they were."""
    house = door.house
    await house.consent.admit(STAFF, PARTY.model_copy(update={"slug": "bureau", "applications": ()}))
    works = {"client_id": "bureau-app", "processor": "bureau"} if stopped == "bureau" else {}
    system = PARTY.applications[0].model_copy(update={"returns": (RETURN,), **works})
    await admitted(house, Change(application=system, of="loket"))
    who = LOKET.model_copy(update={"application": system.client_id})
    wanted = ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,), return_url=RETURN)
    made = await house.consent.request(who, wanted)
    assert (await house.consent.choice(ANNA_HERSELF, made.id)).back == RETURN
    await house.consent.suspend(STAFF, stopped)
    assert (await house.consent.choice(ANNA_HERSELF, made.id)).back == ""


async def test_where_a_resident_came_from_is_told_to_nobody_who_acts_for_them(door: Door) -> None:
    """It is the way back into what the resident was doing at that website."""
    house = door.house
    system = PARTY.applications[0].model_copy(update={"returns": (RETURN,)})
    await admitted(house, Change(application=system, of="loket"))
    _, made = await door.post("toestemmingsverzoeken", BODY | {"terugkeerUrl": f"{RETURN}?dossier=7"})
    talk, seen = await begun(house), []
    seen.append(await house.consent.mandates.choice(BERT_HIMSELF, parent(house), made["id"]))
    seen.append(await house.consent.frontdesk.choice(AT_DESK, talk.id, made["id"]))
    await house.consent.frontdesk.choose(AT_DESK, talk.id, made["id"], said("ja"))
    seen.append(await house.consent.frontdesk.choice(AT_DESK, talk.id, made["id"]))
    assert [one.back for one in seen] == ["", "", ""]


async def test_so_many_requests_for_nobody_wait_at_once_and_no_more(door: Door) -> None:
    door.house.consent.requesting.loose_most = 2
    loose = {name: said for name, said in BODY.items() if name != "inwoner"}
    (_, first), (status, _) = [await door.post("toestemmingsverzoeken", loose) for _ in range(2)]
    assert status == 201
    lines = len(await door.house.kinds("systeem"))
    status, full = await door.post("toestemmingsverzoeken", loose)
    assert (status, full["code"], full["wachtSeconden"]) == (429, "te-veel-verzoeken", 3600)
    assert len(await door.house.kinds("systeem")) == lines
    assert (await door.post("toestemmingsverzoeken", BODY))[0] == 201, "a question to somebody is another matter"
    await door.house.consent.take_up(ANNA_HERSELF, first["id"], ANNA)
    assert (await door.post("toestemmingsverzoeken", loose))[0] == 201, "somebody took one up"
    assert (await door.post("toestemmingsverzoeken", loose))[0] == 429
    door.house.clock.forward(days=29)
    assert (await door.post("toestemmingsverzoeken", loose))[0] == 201, "and the others are over"
