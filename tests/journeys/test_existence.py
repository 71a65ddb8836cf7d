"""Who has no ground of its own learns nothing of a resident, not even whether there is one (trust.md 6)."""

from typing import Any

import httpx2
import pytest

from assembly.demo.register import EXERCISE, EXERCISES, INCOME_ANSWER, STORY
from tests.house import DEAD, DOUBTED, OFFICER, R1, R2, SECRET, UNKNOWN, VAULTLESS, House

pytestmark = pytest.mark.anyio


def shape(value: Any) -> Any:
    """Names and kinds, without content."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def told(answer: httpx2.Response) -> Any:
    """All that a caller can compare, but for what is new in every answer."""
    body = answer.json()
    said = {name: body[name] for name in ("type", "title", "status", "detail", "code", "volgendeStap", "geweigerd")}
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
    return answer.status_code, said, shape(body), headers


async def test_unknown_vaultless_secret_and_dead_answer_as_a_plain_refusal(house: House) -> None:
    desk = house.application()
    for bsn in (SECRET, DEAD):  # from here on the house knows what they are
        assert (await desk.release(bsn, STORY, ("brp.naam",), await house.case(bsn))).status_code == 200
    asked = house.asked
    answers = {bsn: await desk.release(bsn, EXERCISE, EXERCISES) for bsn in (R2, UNKNOWN, VAULTLESS, SECRET, DEAD)}
    plain = told(answers[R2])
    assert plain[0] == 403 and plain[1]["code"] == "geen-toestemming"
    for bsn, answer in answers.items():
        assert told(answer) == plain, list(answers).index(bsn)
    said = {"verwerkingsactiviteit": EXERCISE, "gegevenselementen": list(EXERCISES), "gebruiker": "mw-1"}
    listed = [{"bsn": bsn} for bsn in answers]
    many = (await desk.post("toestemming", "/bulktoetsingen", said | {"inwoners": listed})).json()
    each = [{name: one[name] for name in one.keys() - {"nr", "id", "logregel"}} for one in many["antwoorden"]]
    assert each == [each[0]] * len(answers) and [why["code"] for why in many["redenen"]] == ["geen-toestemming"]
    assert house.asked == asked


async def test_a_request_for_a_case_that_is_not_theirs_tells_no_more(house: House) -> None:
    answers = [await house.application().release(bsn, STORY, ("brp.naam",), "Z-weg") for bsn in (R1, UNKNOWN)]
    assert told(answers[0]) == told(answers[1])


async def test_a_secret_resident_comes_with_the_mark_to_who_has_a_ground(house: House) -> None:
    case = await house.case(SECRET)
    body = (await house.application().release(SECRET, STORY, ("brp.naam", "brp.adres"), case)).json()
    assert body["geheimhouding"] is True and set(body["gegevens"]) == {"brp.naam", "brp.adres"}
    plain = (await house.application().release(R1, STORY, ("brp.naam",), await house.case())).json()
    assert "geheimhouding" not in plain or plain["geheimhouding"] is None


async def test_of_the_dead_comes_what_the_law_says_and_nothing_by_choice(house: House) -> None:
    case = await house.case(DEAD)
    body = (await house.application().release(DEAD, STORY, ("brp.naam", INCOME_ANSWER), case)).json()
    assert set(body["gegevens"]) == {"brp.naam"}
    assert [(one["gegevenselement"], one["code"]) for one in body["geweigerd"]] == [(INCOME_ANSWER, "geen-toestemming")]


async def test_doubt_travels_with_the_value(house: House) -> None:
    case = await house.case(DOUBTED)
    body = (await house.application().release(DOUBTED, STORY, ("brp.naam", "brp.adres"), case)).json()
    marks = {name: value["inOnderzoek"] for name, value in body["gegevens"].items()}
    assert True in marks.values(), marks
    plain = (await house.application().release(R1, STORY, ("brp.naam", "brp.adres"), await house.case())).json()
    assert not any(value["inOnderzoek"] for value in plain["gegevens"].values())


async def test_a_refused_search_leaves_no_line_and_tells_nothing(house: House) -> None:
    size = await house.size()
    body = {"inwoner": {"bsn": R1}, "reden": {"reden": "nieuwsgierig", "zaak": "Z-1"}}
    refused = await house.application().post("logboek", "/logregels/_zoek", body)
    assert refused.status_code == 403 and await house.size() == size
    officer = house.application(OFFICER)
    nothing = await officer.post("logboek", "/logregels/_zoek", body | {"inwoner": {"bsn": UNKNOWN}})
    assert nothing.status_code == 200
    assert nothing.json()["regels"] == []
