"""What is asked wrongly is told as problem+json, every fault at once, and leaves nothing behind."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from assembly.demo.recipient import Application
from assembly.demo.register import BY_LAW, STORY
from tests.house import HERE, R1, R2, ROBOT, House, crossed_plan

pytestmark = pytest.mark.anyio
plan = crossed_plan
PLACE = "/verstrekking/v1/verstrekkingen"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "api-version": "1.0.0",
    "content-type": "application/problem+json",
}


def checked(answer: httpx2.Response, status: int, code: str = "") -> dict[str, Any]:
    """A problem as the API Design Rules want it; its body."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value, name
    assert "max-age" in answer.headers["strict-transport-security"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "instance"} <= set(body)
    assert body["status"] == status and body["type"].endswith(f"/fouten/{body['code']}")
    assert body["instance"].startswith("urn:uuid:")
    assert not code or body["code"] == code
    return body


def question(case: str = "Z-1", **more: Any) -> dict[str, Any]:
    said = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": STORY, "gegevenselementen": list(BY_LAW), "zaak": case}
    return {**said, "gebruiker": "mw-4821", **more}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


WRONG: Mapping[str, tuple[Any, set[tuple[str, str]]]] = {
    "unknown member": (question(extra=1), {("", "onbekend-veld")}),
    "a number that fails the elfproef": (
        question(inwoner={"bsn": "999993654"}),
        {("/inwoner/bsn", "ongeldige-waarde")},
    ),
    "a number of another kind": (question(inwoner={"bsn": 999993653}), {("/inwoner/bsn", "ongeldige-waarde")}),
    "two names for one person": (
        question(inwoner={"bsn": R1, "pseudoniem": "a" * 32}),
        {("/inwoner", "ongeldige-waarde")},
    ),
    "no name for anybody": (question(inwoner={}), {("/inwoner", "ongeldige-waarde")}),
    "no activity": (without(question(), "verwerkingsactiviteit"), {("/verwerkingsactiviteit", "ontbreekt")}),
    "no elements": (question(gegevenselementen=[]), {("/gegevenselementen", "te-weinig")}),
    "an element twice": (question(gegevenselementen=["brp.naam", "brp.naam"]), {("/gegevenselementen", "dubbel")}),
    "nobody at the keys": (without(question(), "gebruiker"), {("/gebruiker", "ontbreekt")}),
    "a person's name at the keys": (question(gebruiker="mw. De Vries"), {("/gebruiker", "ongeldige-waarde")}),
    "a number for a case": (question(R2), {("/zaak", "lijkt-op-bsn")}),
    "a number for an employee": (question(gebruiker=f"mw-{R2}"), {("/gebruiker", "lijkt-op-bsn")}),
    "break-glass where there is none": (
        question(noodtoegang={"reden": "brand"}),
        {("/noodtoegang/toelichting", "ontbreekt"), ("/noodtoegang", "past-niet")},
    ),
    "three faults": (
        without(question(gegevenselementen="brp.naam", x=1), "inwoner"),
        {("/inwoner", "ontbreekt"), ("/gegevenselementen", "verkeerd-soort"), ("", "onbekend-veld")},
    ),
    "a list": ([question()], {("", "geen-json")}),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_every_fault_is_named_at_once_and_nothing_is_stored(house: House, wrong: str) -> None:
    size, asked = await house.size(), house.asked
    body, faults = WRONG[wrong]
    answer = await house.application().post("verstrekking", "/verstrekkingen", body)
    problem = checked(answer, 400)
    found = {(fault["veld"], fault["code"]) for fault in problem["fouten"]}
    assert found == faults and all(fault["detail"] for fault in problem["fouten"])
    told = answer.text.replace(problem["instance"], "")  # random digits
    assert "99999" not in told and "De Vries" not in told
    assert await house.size() == size and house.asked == asked


async def raw(house: House, content: bytes, **headers: str) -> httpx2.Response:
    token = await house.application().token("verstrekking")
    given = {"authorization": f"Bearer {token}", "content-type": "application/json", **headers}
    return await house.http.post(house.url() + PLACE, content=content, headers=given)


async def test_what_is_no_json_too_large_too_deep_or_of_another_kind_goes_no_further(house: House) -> None:
    size, asked = await house.size(), house.asked
    for content in (b"{", b"", b"\xff\xfe", b"nul", json.dumps(question()).encode("utf-16"), b"[" * 40 + b"]" * 40):
        problem = checked(await raw(house, content), 400)
        assert [fault["veld"] for fault in problem["fouten"]] == [""]
    checked(await raw(house, b'"' + b"a" * (1 << 20) + b'"'), 413, "te-groot")
    whole = json.dumps(question()).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        checked(await raw(house, whole, **{"content-type": kind}), 415, "verkeerd-mediatype")
    assert await house.size() == size and house.asked == asked


async def test_without_a_good_token_for_this_root_nobody_is_known(house: House) -> None:
    size, application = await house.size(), house.application()
    good, other = await application.token("verstrekking"), await application.token("toestemming")
    last = "A" if good[-5] != "A" else "B"
    tampered = good[:-5] + last + good[-4:]
    for header in ("", "Bearer", f"Bearer {other}", f"Basic {good}", f"Bearer {tampered}", f"Bearer {good} x"):
        answer = await raw(house, json.dumps(question()).encode(), authorization=header)
        checked(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    in_place = await house.http.post(f"{house.url()}{PLACE}?access_token={good}", json=question())
    checked(in_place, 401)
    assert await house.size() == size


async def test_a_token_that_was_narrowed_opens_nothing_else(house: House) -> None:
    token = await house.application().token("verstrekking", scope="oefening")
    answer = await house.http.post(
        house.url() + PLACE, json=question(await house.case()), headers={"authorization": f"Bearer {token}"}
    )
    checked(answer, 403, "ontvanger-niet-bevoegd")


async def test_what_is_not_there_and_what_cannot_be_done_here(house: House) -> None:
    token = await house.application().token("verstrekking")
    headers = {"authorization": f"Bearer {token}"}
    for root in ("verstrekking", "toestemming", "logboek"):
        for place in ("", "/nergens", "/verstrekkingen/"):
            checked(await house.http.get(f"{house.url()}/{root}/v1{place}", headers=headers), 404)
    for verb in ("GET", "PUT", "DELETE", "PATCH"):
        checked(await house.http.request(verb, house.url() + PLACE, headers=headers), 405)
    other = await house.application().token("toestemming")
    for unknown, status in ((str(uuid4()), 404), ("x", 400)):
        gone = await house.http.get(
            f"{house.url()}/toestemming/v1/toestemmingsverzoeken/{unknown}",
            headers={"authorization": f"Bearer {other}"},
        )
        checked(gone, status)


async def test_what_only_rooms_may_call_is_not_there_for_anybody_else(house: House) -> None:
    for place in ("audit/record", "vault/identify", "consent/decide"):
        token = await house.application().token("verstrekking")
        for headers in ({}, {"authorization": f"Bearer {token}"}):
            answer = await house.http.post(f"{house.url()}/intern/v1/{place}", json={}, headers=headers)
            assert answer.status_code in (401, 404)


async def patient(application: Application, body: dict[str, Any], key: str) -> httpx2.Response:
    """The first attempt is let go when its outcome stands, a moment after its answer: until then, wait as told."""
    while True:
        answer = await application.post("verstrekking", "/verstrekkingen", body, **{"idempotency-key": key})
        if answer.status_code != 409 or answer.json()["code"] != "sleutel-bezig":
            return answer
        await asyncio.sleep(0.05)


async def test_the_same_key_is_the_same_release_decided_anew(house: House) -> None:
    case, key, application = await house.case(), str(uuid4()), house.application(ROBOT)
    body = without(question(case), "gebruiker")
    first = await application.post("verstrekking", "/verstrekkingen", body, **{"idempotency-key": key})
    second = await patient(application, body, key)
    assert first.status_code == second.status_code == 200, second.text
    one, two = first.json(), second.json()
    assert one["id"] == two["id"] and one["gegevens"].keys() == two["gegevens"].keys()
    assert one["logregel"]["index"] < two["logregel"]["index"]
    other = body | {"gegevenselementen": ["brp.naam"]}
    size = await house.size()
    clash = await patient(application, other, key)
    checked(clash, 409, "sleutel-andere-vraag")
    for bad in ("iets", key[:-1], "{" + key + "}", key.replace("-", "")):
        wrong = await application.post("verstrekking", "/verstrekkingen", body, **{"idempotency-key": bad})
        assert checked(wrong, 400)["fouten"][0]["code"] == "idempotency-key"
    assert await house.size() == size


async def test_the_same_key_twice_at_one_moment_is_one_release_or_a_wait(house: House) -> None:
    case, key, application = await house.case(), str(uuid4()), house.application(ROBOT)
    await application.token("verstrekking")
    body = without(question(case), "gebruiker")
    answers = await asyncio.gather(
        *(application.post("verstrekking", "/verstrekkingen", body, **{"idempotency-key": key}) for _ in range(3))
    )
    good = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    assert good and len(set(good)) == 1
    for answer in answers:
        if answer.status_code != 200:
            checked(answer, 409, "sleutel-bezig")
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_consent_request_for_what_the_law_gives_or_in_no_case_is_a_fault(house: House) -> None:
    case = await house.case()
    size = await house.size()
    law, elsewhere = (["brp.naam"], "/gegevenselementen/0", case), (["inkomen.brutoPerMaand"], "/zaak", "Z-9")
    for elements, where, known in (law, elsewhere):
        body = question(known, gegevenselementen=elements)
        answer = await house.application().post("toestemming", "/toestemmingsverzoeken", body)
        assert checked(answer, 400)["fouten"][0]["veld"] == where
    assert await house.size() == size


async def test_a_number_is_no_case(house: House) -> None:
    body = {"zaak": R2, "inwoner": {"bsn": R1}, "verwerkingsactiviteit": STORY, "gebruiker": "mw-1"}
    answer = await house.application(tenant=HERE).post("toestemming", "/zaken", body)
    assert checked(answer, 400)["fouten"][0]["veld"] == "/zaak" and R2 not in answer.text
