"""What would be decided, and why: in the register's own door, and as AuthZEN asks it."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from audit.contract import Entry, LogUnavailable, Verdict
from consent.contract import Question
from kernel.caller import Caller
from tests.consent.house import ANNA, LOKET, NAME, PLAN, STAFF, House, activity, element, name_of, opened_house
from tests.serving import app_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
PLACES = [folder / "shared" / "reference" / "authzen" / "schemas" for folder in Path(__file__).resolve().parents]
SCHEMAS = next((place for place in PLACES if place.exists()), None)  # beside the project, where it is there at all
BODY = {"inwoner": {"bsn": "999993653"}, "verwerkingsactiviteit": "regeling", "gegevenselementen": [NAME, PLAN]}
NOBODY = "999990299"


class Doors:
    """Every public door, with a caller by name."""

    def __init__(self, http: httpx2.AsyncClient, house: House) -> None:
        self.http, self.house = http, house

    async def explained(self, who: str = "loket", **change: Any) -> tuple[int, Any]:
        answer = await self.http.post("/toestemming/v1/toetsingen", json=BODY | change, headers={"x-who": who})
        return answer.status_code, answer.json()

    async def asked(self, path: str, body: Any, who: str = "loket") -> httpx2.Response:
        return await self.http.post(f"/access/v1/{path}", json=body, headers={"x-who": who, "X-Request-ID": "r-1"})


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as house:
        transport = httpx2.ASGITransport(app=app_of(house.component.doors()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            await house.ready(activity(), activity("keuze", {PLAN: "C"}))
            yield Doors(http, house)


def question(element: str = NAME, bsn: str = "999993653", purpose: str = "regeling") -> dict[str, Any]:
    about = {"type": "gegevenselement", "id": element, "properties": {"inwoner": {"bsn": bsn}}}
    return {"subject": {"type": "toepassing", "id": "loket-app"}, "action": {"name": purpose}, "resource": about}


async def test_each_element_gets_its_answer_after_a_line_and_nothing_is_released(doors: Doors) -> None:
    status, told = await doors.explained()
    assert status == 200
    name, plan = told["gegevenselementen"]
    assert name == {"gegevenselement": NAME, "mag": True, "klasse": "A"}
    assert (plan["mag"], plan["code"], plan["klasse"]) == (False, "geen-toestemming", "C")
    assert plan["reden"] and plan["volgendeStap"]
    assert await doors.house.kinds() == ["toetsing"]
    await doors.house.given(PLAN)
    _, told = await doors.explained()
    assert [one["mag"] for one in told["gegevenselementen"]] == [True, True]
    assert (await doors.house.kinds())[-1] == "toetsing", "a line for each question"


async def test_the_answer_to_a_question_does_not_count_as_a_release(doors: Doors) -> None:
    await doors.house.consent.publish(STAFF, activity("zelden", frequentie={"keer": 1, "per": "dag"}))
    for _ in range(3):
        _, told = await doors.explained(verwerkingsactiviteit="zelden", gegevenselementen=[NAME])
        assert told["gegevenselementen"][0]["mag"]


async def test_without_a_ground_an_unknown_number_reads_as_a_resident_who_said_nothing(doors: Doors) -> None:
    change: dict[str, Any] = {"verwerkingsactiviteit": "keuze", "gegevenselementen": [PLAN]}
    known = await doors.explained(**change)
    unknown = await doors.explained(**change, inwoner={"bsn": NOBODY})
    fresh = {"id", "logregel"}
    assert {k: v for k, v in known[1].items() if k not in fresh} == {
        k: v for k, v in unknown[1].items() if k not in fresh
    }
    assert NOBODY not in doors.house.people.known


async def test_nothing_is_told_when_the_log_cannot_write(doors: Doors) -> None:
    class Silent:
        """A log that cannot write."""

        def __getattr__(self, name: str) -> Any:
            return getattr(doors.house.log, name)

        async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
            raise LogUnavailable()

    register = await doors.house.second(Silent())
    with pytest.raises(LogUnavailable):
        await register.explain(LOKET, [Question(resident=ANNA, activity="regeling", elements=(NAME,))])


@pytest.mark.parametrize(
    "change",
    [
        {"zaak": "999993653"},
        {"verwerkingsactiviteit": "999993653"},
        {"gegevenselementen": [NAME, "brp.a999993653"]},
        {"extra": 1},
    ],
)
async def test_a_question_that_is_wrong_leaves_no_line(doors: Doors, change: dict[str, Any]) -> None:
    status, problem = await doors.explained(**change)
    assert status == 400 and "999993653" not in json.dumps(problem)
    assert await doors.house.kinds() == []


async def test_a_number_is_no_element_in_authzen_either(doors: Doors) -> None:
    answer = await doors.asked("evaluation", question("brp.a999993653"))
    assert answer.status_code == 400 and "999993653" not in answer.text
    assert await doors.house.kinds() == []


async def test_a_resident_asks_elsewhere(doors: Doors) -> None:
    assert (await doors.explained("anna"))[0] == 404


async def test_authzen_decides_as_a_release_would_and_writes_a_line(doors: Doors) -> None:
    yes = await doors.asked("evaluation", question())
    assert yes.status_code == 200 and yes.json()["decision"] is True
    assert yes.headers["x-request-id"] == "r-1"
    no = (await doors.asked("evaluation", question(PLAN))).json()
    assert (no["decision"], no["context"]["code"]) == (False, "geen-toestemming")
    assert no["context"]["logregel"]["bewijs"].endswith("/bewijs")
    assert await doors.house.kinds() == ["toetsing", "toetsing"]
    consent = await doors.house.given(PLAN)
    for named in ({"toestemming": consent}, {"pseudoniem": name_of(LOKET, ANNA)}):
        by_name = question(PLAN)
        by_name["resource"]["properties"]["inwoner"] = named
        assert (await doors.asked("evaluation", by_name)).json()["decision"] is True


async def test_several_about_one_resident_are_one_line_in_the_order_asked(doors: Doors) -> None:
    first, second = question(PLAN), question(NAME)
    body = {"subject": first["subject"], "action": first["action"], "context": {"unknown": 1},
            "evaluations": [{"resource": first["resource"]}, {"resource": second["resource"]}]}  # fmt: skip
    told = (await doors.asked("evaluations", body)).json()["evaluations"]
    assert [one["decision"] for one in told] == [False, True]
    assert await doors.house.kinds() == ["toetsing"]
    stopped = body | {"options": {"evaluations_semantic": "deny_on_first_deny"}}
    assert len((await doors.asked("evaluations", stopped)).json()["evaluations"]) == 1
    permitted = body | {"options": {"evaluations_semantic": "permit_on_first_permit"}}
    assert len((await doors.asked("evaluations", permitted)).json()["evaluations"]) == 2


async def test_evaluations_without_a_list_is_a_single_one(doors: Doors) -> None:
    for body in (question(), question() | {"evaluations": []}):
        assert (await doors.asked("evaluations", body)).json()["decision"] is True


@pytest.mark.parametrize("without", ["subject", "action", "resource"])
async def test_what_is_required_and_missing_is_a_400(doors: Doors, without: str) -> None:
    body = {name: value for name, value in question().items() if name != without}
    for path, wrong in (("evaluation", body), ("evaluations", body), ("evaluations", {"evaluations": [body]})):
        assert (await doors.asked(path, wrong)).status_code == 400
    assert await doors.house.kinds() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": {"type": "toepassing", "id": "een-ander"}}, "ontvanger-niet-bevoegd"),
        ({"subject": {"type": "ontvanger", "id": "een-ander"}}, "ontvanger-niet-bevoegd"),
        ({"action": {"name": "bestaat-niet"}}, "onbekende-activiteit"),
        ({"resource": {"type": "todo", "id": "1"}}, ""),
        ({"resource": {"type": "gegevenselement", "id": NAME}}, ""),
        ({"action": {"name": "Geen slug"}}, ""),
    ],
)
async def test_a_question_that_is_not_ours_is_a_no_with_its_reason(
    doors: Doors, change: dict[str, Any], code: str
) -> None:
    answer = await doors.asked("evaluation", question() | change)
    told = answer.json()
    assert (answer.status_code, told["decision"]) == (200, False)
    assert told["context"].get("code", "") == code and (code or told["context"]["error"]["status"] in (400, 404))


@pytest.fixture
def published() -> tuple[jsonschema_rs.Validator, ...]:
    if SCHEMAS is None:
        pytest.skip("shared/reference is not beside the project")
    texts = [(SCHEMAS / f"evaluation-{name}.schema.json").read_text() for name in ("request", "response")]
    return tuple(jsonschema_rs.validator_for(json.loads(text)) for text in texts)


async def test_answers_keep_to_the_published_schema(
    doors: Doors, published: tuple[jsonschema_rs.Validator, ...]
) -> None:
    request, response = published
    request.validate(question())
    for body in (question(), question(PLAN), question() | {"resource": {"type": "todo", "id": "1"}}):
        answer = (await doors.asked("evaluation", body)).json()
        response.validate(answer)


async def test_metadata_name_the_endpoints_at_the_host_that_was_asked(doors: Doors) -> None:
    told = (await doors.http.get("/.well-known/authzen-configuration")).json()
    assert told == {
        "policy_decision_point": "http://localhost:8000",
        "access_evaluation_endpoint": "http://localhost:8000/access/v1/evaluation",
        "access_evaluations_endpoint": "http://localhost:8000/access/v1/evaluations",
    }


URGENT = activity(
    "nood",
    gegevenselementen=[element(NAME, "A") | {"grondslag": "6(1)(d)"}],
    noodtoegang={"redenen": [{"code": "brand", "nl": "Er was brand.", "en": "There was a fire."}]},
)


async def test_what_would_be_decided_in_an_emergency_needs_its_reason_and_no_note(doors: Doors) -> None:
    await doors.house.consent.publish(STAFF, URGENT)
    asked: dict[str, Any] = {"verwerkingsactiviteit": "nood", "gegevenselementen": [NAME], "gebruiker": "mw-1"}
    call = {"noodtoegang": {"reden": "brand"}}
    status, told = await doors.explained("desk", **asked, **call)
    assert status == 200 and told["gegevenselementen"][0]["mag"]
    wrong: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({}, "/noodtoegang", "ontbreekt"),
        ({"noodtoegang": {"reden": "zomaar"}}, "/noodtoegang/reden", "onbekende-reden"),
        ({"noodtoegang": {"reden": "brand", "toelichting": "x"}}, "/noodtoegang", "onbekend-veld"),
        (call | {"verwerkingsactiviteit": "keuze"}, "/noodtoegang", "past-niet"),
    )
    for change, place, code in wrong:
        for bsn in ("999993653", NOBODY):
            status, problem = await doors.explained("desk", **{**asked, **change, "inwoner": {"bsn": bsn}})
            faults = [(one["veld"], one["code"]) for one in problem["fouten"]]
            assert (status, faults) == (400, [(place, code)]), change
    assert await doors.house.kinds() == ["toetsing"], "what is a 400 is no line"


async def test_authzen_takes_the_reason_from_the_context_of_each_question(doors: Doors) -> None:
    await doors.house.consent.publish(STAFF, URGENT)
    who = {"subject": {"type": "gebruiker", "id": "mw-1"}}
    urgent, plain = question(purpose="nood") | who, question() | who
    context = {"context": {"noodtoegang": {"reden": "brand"}}}
    several = {"evaluations": [urgent | context, urgent, plain, plain | context]}
    told = (await doors.asked("evaluations", several, "desk")).json()["evaluations"]
    assert [one["decision"] for one in told] == [True, False, True, False]
    assert [one["context"].get("error", {}).get("status") for one in told] == [None, 400, None, 400]
    assert await doors.house.kinds() == ["toetsing", "toetsing"]
    broken = urgent | {"context": {"noodtoegang": "999993653"}}
    answer = await doors.asked("evaluation", broken, "desk")
    assert answer.json()["context"]["error"]["status"] == 400 and "999993653" not in answer.text
