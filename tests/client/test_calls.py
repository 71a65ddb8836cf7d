"""Tokens, answers and problems: what the client sends, keeps and refuses."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import import_key

from regie_client import (
    CannotReach,
    Case,
    Credentials,
    Emergency,
    NotConfigured,
    NotReleased,
    Problem,
    Question,
    TokenRefused,
    Unusable,
)
from regie_client.asking import Ask, send
from tests.client.counterpart import (
    BSN,
    CREDENTIALS,
    ISSUER,
    PRIVATE,
    PUBLIC,
    QUESTION,
    Counterpart,
    problem,
    release,
)
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
RELEASES, CASES = "/verstrekking/v1/verstrekkingen", "/toestemming/v1/zaken"
CASE = Case(BSN, "witgoed", "Z-1", "mw-1")
OPENED = {"zaak": "Z-1", "status": "open", "logregel": release()["logregel"]}


def opened(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(201, json=OPENED)


async def test_each_call_has_the_narrowest_token_and_each_word_is_used_once(tmp_path: Path) -> None:
    house = Counterpart(tmp_path, {CASES: opened})
    regie = house.regie()
    await regie.open_case(CASE)
    await regie.release(QUESTION)
    await regie.release(QUESTION)
    asked = [(form["resource"].removeprefix(ISSUER), form["scope"]) for form in house.forms]
    assert asked == [("/toestemming/v1", "witgoed"), ("/logboek/v1", "witgoed"), ("/verstrekking/v1", "witgoed")]
    known = import_key(PUBLIC["keys"][0])
    words = [jwt.decode(form["client_assertion"], known, ["ES256"]) for form in house.forms]
    assert len({word.claims["jti"] for word in words}) == 3
    for word in words:
        claims = word.claims
        assert claims["aud"] == ISSUER and claims["iss"] == claims["sub"] == "inkomensloket"
        assert 0 < claims["exp"] - claims["iat"] <= 60 and word.header["kid"] == PRIVATE["kid"]
    assert {(path, token.partition("-")[0]) for _, path, token, _ in house.asked} == {
        (path, f"DPoP {path.split('/')[1]}") for _, path, _, _ in house.asked
    }, "each root sees its own tokens only"
    assert len(house.holders) == 1, "and each was bound to one key, which every question proved to be held"


async def test_a_token_is_renewed_before_its_end(tmp_path: Path) -> None:
    house = Counterpart(tmp_path, {CASES: opened})
    regie = house.regie()
    for later, tokens in ((0.0, 1), (269.0, 1), (1.0, 2), (1.0, 2), (400.0, 3)):
        house.now += later
        await regie.open_case(CASE)
        assert len(house.forms) == tokens


async def test_many_at_once_share_one_token(tmp_path: Path) -> None:
    house = Counterpart(tmp_path, {CASES: opened})
    regie = house.regie()
    await asyncio.gather(*(regie.open_case(CASE) for _ in range(20)))
    assert len(house.forms) == 1 and len(house.asked) == 20


async def test_a_token_that_ended_early_is_replaced_once(tmp_path: Path) -> None:
    def ended(request: httpx2.Request) -> httpx2.Response:
        return problem(401, "niet-ingelogd") if request.headers["authorization"].endswith("-1") else opened(request)

    house = Counterpart(tmp_path, {CASES: ended})
    assert (await house.regie().open_case(CASE)).status == "open"
    assert len(house.forms) == 2
    never = Counterpart(tmp_path, {CASES: lambda _: problem(401, "niet-ingelogd")})
    with pytest.raises(Problem) as refused:
        await never.regie().open_case(CASE)
    assert refused.value.status == 401 and len(never.asked) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx2.Response(400, json={"error": "invalid_scope"}), TokenRefused),
        (httpx2.Response(401, json={"error": "invalid_client"}), TokenRefused),
        (httpx2.Response(400, text="nee"), TokenRefused),
        (httpx2.Response(200, json={"access_token": "x y", "token_type": "DPoP", "expires_in": 300}), Unusable),
        (httpx2.Response(200, json={"access_token": "x", "token_type": "Bearer", "expires_in": 300}), Unusable),
        (httpx2.Response(200, json={"access_token": "x", "token_type": "DPoP", "expires_in": 0}), Unusable),
        (problem(503, "onderdeel-niet-bereikbaar"), Problem),
    ],
)
async def test_no_token_is_a_clear_error(tmp_path: Path, answer: httpx2.Response, error: type[Exception]) -> None:
    house = Counterpart(tmp_path, {"/oauth/token": lambda _: answer})
    with pytest.raises(error):
        await house.regie().release(QUESTION)


async def test_a_refusal_says_which_and_why_and_what_next(tmp_path: Path) -> None:
    refused = [{"gegevenselement": "brp.naam", "code": "buiten-doel", "reden": "Hoort er niet bij."}]
    more: dict[str, Any] = {"geweigerd": refused, "volgendeStap": "Vraag de eigenaar."}
    more["logregel"] = release()["logregel"]
    house = Counterpart(tmp_path, {RELEASES: lambda _: problem(403, "buiten-doel", None, **more)})
    with pytest.raises(NotReleased) as said:
        await house.regie().release(QUESTION)
    assert (said.value.code, said.value.next_step) == ("buiten-doel", "Vraag de eigenaar.")
    assert said.value.refused[0].element == "brp.naam" and said.value.line


async def test_problems_tell_faults_and_patience(tmp_path: Path) -> None:
    faults = [{"veld": "/gebruiker", "code": "ontbreekt", "detail": "Noem de medewerker."}]
    house = Counterpart(tmp_path, {RELEASES: lambda _: problem(400, "ongeldige-invoer", fouten=faults)})
    with pytest.raises(Problem) as said:
        await house.regie().release(QUESTION)
    assert said.value.faults[0].pointer == "/gebruiker" and not isinstance(said.value, NotReleased)
    assert str(said.value) == "ongeldige-invoer (status 400) Nee. /gebruiker: Noem de medewerker."
    house.answers[RELEASES] = lambda _: problem(429, "te-veel-verzoeken", {"retry-after": "7"})
    with pytest.raises(Problem) as said:
        await house.regie().release(QUESTION)
    assert said.value.wait == 7


JSON = {"content-type": "application/json"}
FORM, KIND, SIZE, NONE, BARE = (
    "it does not have the agreed form",
    "it is of another kind",
    "it is too large",
    "it is no answer",
    "it does not say what is wrong",
)
NO_PLACE, NO_INDEX = ({"logboek": "log.example/../../x", "index": 5}, {"logboek": "log.example/gm/2026h2", "index": -1})
UNASKED = {"brp.geslacht": release()["gegevens"]["brp.naam"]}
WHOLE = json.dumps(release()).encode()
BAD: dict[str, tuple[str, Callable[[], httpx2.Response]]] = {
    "no json": (FORM, lambda: httpx2.Response(200, content="{", headers=JSON)),
    "deep": (FORM, lambda: httpx2.Response(200, content="[" * 50_000, headers=JSON)),
    "other shape": (FORM, lambda: httpx2.Response(200, json={"id": "x"})),
    "a list": (FORM, lambda: httpx2.Response(200, json=[release()])),
    "without a line": (FORM, lambda: httpx2.Response(200, json={**release(), "logregel": None})),
    "a place that is none": (FORM, lambda: httpx2.Response(200, json=release(logregel=NO_PLACE))),
    "an index that is none": (FORM, lambda: httpx2.Response(200, json=release(logregel=NO_INDEX))),
    "more than asked": ("it holds what was not asked", lambda: httpx2.Response(200, json=release(gegevens=UNASKED))),
    "huge": (SIZE, lambda: httpx2.Response(200, content=WHOLE + b" " * (4 << 20), headers=JSON)),
    "another kind": (KIND, lambda: httpx2.Response(200, content=WHOLE, headers={"content-type": "text/html"})),
    "elsewhere": (NONE, lambda: httpx2.Response(307, json=release(), headers={"location": "https://elders.example/"})),
    "a bare error": (BARE, lambda: httpx2.Response(500, json=release())),
    "an error of another form": (BARE, lambda: problem(500, "x" * 501)),
    "nothing": (NONE, lambda: httpx2.Response(204)),
}


@pytest.mark.parametrize("name", BAD)
async def test_an_answer_that_is_not_as_agreed_is_not_used(tmp_path: Path, name: str) -> None:
    why, answer = BAD[name]
    house = Counterpart(tmp_path, {RELEASES: lambda _: answer()})
    with pytest.raises(Unusable) as refused:
        await house.regie().release(QUESTION)
    assert refused.value.why == why
    assert len(house.asked) == 1, "nor asked again, nor followed"


@pytest.mark.parametrize(("fault", "sent"), [(httpx2.ConnectError("x"), False), (httpx2.ReadTimeout(BSN), True)])
async def test_silence_says_whether_it_may_have_arrived(tmp_path: Path, fault: Exception, sent: bool) -> None:
    def silent(_: httpx2.Request) -> httpx2.Response:
        raise fault

    house = Counterpart(tmp_path, {RELEASES: silent})
    with pytest.raises(CannotReach) as lost:
        await house.regie().release(QUESTION)
    assert lost.value.sent is sent and BSN not in str(lost.value) and lost.value.__suppress_context__
    assert len(house.asked) == 1


async def test_an_answer_that_drips_has_an_end() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    dripping = httpx2.MockTransport(lambda _: httpx2.Response(200, content=drip(), headers=JSON))
    async with httpx2.AsyncClient(transport=dripping) as http:
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(CannotReach) as lost:
                await send(http, Ask("GET", ISSUER, seconds=0.1))
    assert lost.value.sent


async def test_a_consent_is_asked_followed_and_a_case_closed(tmp_path: Path) -> None:
    said: dict[str, Any] = {"id": "c1", "status": "gevraagd", "portaalUrl": f"{ISSUER}/toestemmingen/c1"}
    said |= {"verwerkingsactiviteit": "witgoed", "gegevenselementen": ["inkomen"], "gevraagdOp": "x", "later": 1}
    house = Counterpart(
        tmp_path,
        {
            "/toestemming/v1/toestemmingsverzoeken": lambda _: httpx2.Response(201, json=said),
            "/toestemming/v1/toestemmingen/c1": lambda _: httpx2.Response(
                200, json=said | {"status": "gegeven", "pseudoniem": "a" * 32}
            ),
            "/toestemming/v1/zaken/Z-1/sluiting": lambda _: httpx2.Response(201, json=OPENED | {"status": "gesloten"}),
            "/toestemming/v1/gebeurtenissen/sleutel": lambda _: httpx2.Response(200, json={"sleutel": "whpk_x"}),
        },
    )
    regie = house.regie()
    wanted = await regie.request_consent(QUESTION, "https://loket.example/terug")
    assert wanted.portal.endswith("/c1") and house.asked[0][3]["terugkeerUrl"] == "https://loket.example/terug"
    stands = await regie.consent("c1", "witgoed")
    assert (stands.status, stands.pseudonym) == ("gegeven", "a" * 32) and "a" * 32 not in repr(stands)
    nobody = Question("", "witgoed", ("inkomen",))
    await regie.request_consent(nobody)
    assert "inwoner" not in house.asked[-1][3]
    assert replace(nobody, pseudonym="a" * 32).body()["inwoner"] == {"pseudoniem": "a" * 32}
    assert replace(nobody, consent="c1").body()["inwoner"] == {"toestemming": "c1"}
    assert (await regie.close_case("Z-1", "witgoed")).status == "gesloten"
    assert await regie.webhook_key() == "whpk_x"
    assert "scope" not in house.forms[-1]


async def test_the_key_of_a_repetition_is_sent_and_a_new_one_is_made_without(tmp_path: Path) -> None:
    keys: list[str] = []

    def told(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["idempotency-key"])
        assert json.loads(request.content)["gegevenselementen"] == ["brp.naam", "brp.adres"]
        return httpx2.Response(200, json=release(id=house.release_id))

    house = Counterpart(tmp_path, {RELEASES: told})
    regie = house.regie()
    mine = "019aa9c0-0000-4000-8000-00000000000a"
    for key in (mine, mine, "", ""):
        await regie.release(QUESTION, key)
    assert keys[:2] == [mine, mine] and len(set(keys)) == 3
    with pytest.raises(NotConfigured):
        await regie.release(QUESTION, "mijn-sleutel")


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://regie.example"},
        {"issuer": "https://regie.example/"},
        {"issuer": "https://u:p@regie.example"},
        {"issuer": "regie.example"},
        {"client_id": ""},
        {"key": {}},
        {"key": {**PRIVATE, "alg": "none"}},
        {"key": {**PRIVATE, "alg": "HS256"}},
        {"key": {name: said for name, said in PRIVATE.items() if name != "d"}},
        {"key": {**PRIVATE, "kid": ""}},
    ],
)
def test_settings_that_cannot_be_right_stop_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotConfigured) as refused:
        Credentials(**{"issuer": ISSUER, "client_id": "x", "key": PRIVATE} | wrong)
    assert PRIVATE["d"] not in str(refused.value) and "u:p" not in str(refused.value)


def test_nothing_prints_a_key_or_a_number() -> None:
    assert PRIVATE["d"] not in repr(CREDENTIALS) and BSN not in repr(CASE) + repr(QUESTION)
    assert Question(BSN, "x", ("y",)).body() == {
        "inwoner": {"bsn": BSN},
        "verwerkingsactiviteit": "x",
        "gegevenselementen": ["y"],
    }
    urgent = Question(BSN, "x", ("y",), emergency=Emergency("brand", "Bij de buren."))
    assert urgent.body()["noodtoegang"] == {"reden": "brand", "toelichting": "Bij de buren."}
    assert "buren" not in repr(urgent)
