"""The login provider for development: refuses production, shows invented people, and gives each code once."""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from assembly.demo.idp.pages import NOTICE
from assembly.demo.idp.provider import ACR, ASSERTION, BSN_CLAIM, Provider, found_provider
from assembly.demo.idp.router import idp_router
from assembly.demo.idp.setup import DemoOnly, Persona, Portal, Setup
from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.health import StartGate
from kernel.settings import SettingsWrong
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
ISSUER, BACK, GONE = "http://localhost:8000/proef-inlog", "http://localhost:8000/terug", "http://localhost:8000/uit"
BSN = "999990019"
PEOPLE = (
    Persona("anna", "Anna <Proef>", "Veel gebruik", bsn=BSN),
    Persona("fg", "Functionaris", "Zoekt in het logboek", roles=("fg",)),
)
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
KEY = ECKey.generate_key("P-256")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ASKED = {
    "response_type": "code", "client_id": "portaal", "redirect_uri": BACK, "scope": "openid", "state": "s" * 22,
    "nonce": "n" * 22, "code_challenge": CHALLENGE, "code_challenge_method": "S256", "acr_values": ACR,
}  # fmt: skip


class World:
    """A provider behind its door, and the clock."""

    def __init__(self, portal_keys: str = "") -> None:
        self.now = NOON
        portal = Portal("portaal", (BACK,), (GONE,), portal_keys)
        self.provider: Provider = found_provider(
            Setup(DemoOnly("test", True), ISSUER, portal, PEOPLE), lambda: self.now
        )
        gate = StartGate()
        gate.open()
        self.app: FastAPI = make_app("Test", gate)
        self.app.include_router(idp_router(self.provider))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.app)
        async with open_client(ISSUER, timeout_seconds=PATIENCE, transport=transport) as http:
            yield http


def query(answer: httpx2.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def code_of(http: httpx2.AsyncClient, choice: str = "anna", asked: Mapping[str, str] = ASKED) -> str:
    page = await http.get("/authorize", params=dict(asked))
    [pending] = re.findall('name="verzoek" value="([^"]+)"', page.text)
    answer = await http.post("/authorize", data={"verzoek": pending, "keuze": choice})
    assert answer.status_code == 303
    return query(answer)["code"]


def redeeming(granted: str, **changes: str) -> dict[str, str]:
    good = {"grant_type": "authorization_code", "code": granted, "redirect_uri": BACK, "client_id": "portaal"}
    return {**good, "code_verifier": VERIFIER, **changes}


@pytest.mark.parametrize(("mode", "flag"), [("productie", True), ("productie", False), ("demo", False), ("", True)])
def test_without_demo_mode_and_its_flag_nothing_is_built(mode: str, flag: bool) -> None:
    """Whoever reaches this provider can be anybody: in production it must not exist, whatever else is set."""
    with pytest.raises(SettingsWrong):
        Setup(DemoOnly(mode, flag), ISSUER, Portal("portaal", (BACK,)), PEOPLE)


async def test_resident_logs_in_with_a_button() -> None:
    world = World()
    async with world.open() as http:
        answer = await http.post("/token", data=redeeming(await code_of(http)))
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        keys = KeySet.import_key_set((await http.get("/jwks")).json())
        claims = jwt.decode(answer.json()["id_token"], keys, algorithms=["ES256"]).claims
    now = int(NOON.timestamp())
    assert {**claims, "sub": ""} == {
        "iss": ISSUER, "aud": "portaal", "sub": "", "nonce": "n" * 22, "acr": ACR, "auth_time": now, "iat": now,
        "exp": now + 300, "sub_id_type": BSN_CLAIM, BSN_CLAIM: BSN, "name": "Anna <Proef>",
    }  # fmt: skip
    assert re.fullmatch("[0-9a-f]{64}", claims["sub"])


async def test_staff_has_roles_and_no_number() -> None:
    async with World().open() as http:
        answer = await http.post("/token", data=redeeming(await code_of(http, "fg")))
        claims = json.loads(base64.urlsafe_b64decode(answer.json()["id_token"].split(".")[1] + "=="))
    assert claims["roles"] == ["fg"] and BSN_CLAIM not in claims
    assert claims["sub_id_type"].endswith(":pseudonym")


async def test_no_page_or_address_holds_a_number() -> None:
    async with World().open() as http:
        page = await http.get("/authorize", params=ASKED)
        [pending] = re.findall('name="verzoek" value="([^"]+)"', page.text)
        answer = await http.post("/authorize", data={"verzoek": pending, "keuze": "anna"})
    assert BSN not in page.text + answer.headers["location"] + repr(PEOPLE)
    assert query(answer) == {"code": query(answer)["code"], "state": "s" * 22, "iss": ISSUER}


async def test_every_page_says_what_it_is_and_runs_nothing() -> None:
    async with World().open() as http:
        pages = [
            await http.get("/authorize", params=ASKED),
            await http.get("/authorize"),
            await http.post("/authorize", data={"verzoek": "x", "keuze": "anna"}),
            await http.get("/end_session"),
        ]
        assert (await http.get("/stijl.css")).headers["content-type"].startswith("text/css")
    for page in pages:
        assert NOTICE in page.text and '<html lang="nl">' in page.text
        assert not re.search(r"<script|<style|style=| on\w+=|http://(?!localhost)|https://", page.text)
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';") and "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self' http://localhost:8000" in pages[0].headers["content-security-policy"]
    assert "Anna &lt;Proef&gt;" in pages[0].text and "<Proef>" not in pages[0].text


async def test_discovery_fits_the_doors() -> None:
    async with World().open() as http:
        found: dict[str, Any] = (await http.get("/.well-known/openid-configuration")).json()
        assert found["issuer"] == ISSUER and found["code_challenge_methods_supported"] == ["S256"]
        for name in ("authorization_endpoint", "jwks_uri", "end_session_endpoint"):
            assert (await http.get(found[name])).status_code in (200, 400)
        assert found["token_endpoint_auth_methods_supported"] == ["none"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "ander"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": "https://forger.example"},
        {"client_id": ""},
    ],
    ids=str,
)
async def test_stranger_is_told_on_the_page_and_sent_nowhere(changes: dict[str, str]) -> None:
    async with World().open() as http:
        answer = await http.get("/authorize", params={**ASKED, **changes})
        assert answer.status_code == 400 and "location" not in answer.headers
        twice = await http.get("/authorize", params=[*ASKED.items(), ("redirect_uri", "https://forger.example")])
        assert twice.status_code == 400 and "location" not in twice.headers


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": VERIFIER + "v"}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"nonce": "n"}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
    ids=str,
)
async def test_bad_question_goes_back_to_the_portal(changes: dict[str, str], code: str) -> None:
    async with World().open() as http:
        answer = await http.get("/authorize", params={**ASKED, **changes})
        assert answer.status_code == 303 and answer.headers["location"].startswith(f"{BACK}?")
        assert (query(answer)["error"], query(answer)["iss"]) == (code, ISSUER)


async def test_code_counts_once_and_for_a_minute() -> None:
    world = World()
    async with world.open() as http:
        code = await code_of(http)
        answers = [await http.post("/token", data=redeeming(code)) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 400]
        late = await code_of(http)
        world.now += timedelta(seconds=60)
        assert (await http.post("/token", data=redeeming(late))).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"redirect_uri": GONE}, "invalid_grant"),
        ({"code": "geraden"}, "invalid_grant"),
        ({"client_id": "ander"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_assertion": "x"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
    ids=str,
)
async def test_code_in_other_hands_is_worth_nothing(changes: dict[str, str], code: str) -> None:
    async with World().open() as http:
        answer = await http.post("/token", data=redeeming(await code_of(http), **changes))
        assert (answer.status_code, answer.json()) == (400, {"error": code})


async def test_choice_counts_once_and_only_from_the_list() -> None:
    world = World()
    async with world.open() as http:
        for choice, seconds, status in (("anna", 0, 303), (BSN, 0, 400), ("niemand", 0, 400), ("anna", 600, 400)):
            page = await http.get("/authorize", params=ASKED)
            [pending] = re.findall('name="verzoek" value="([^"]+)"', page.text)
            world.now += timedelta(seconds=seconds)
            posted = {"verzoek": pending, "keuze": choice}
            assert (await http.post("/authorize", data=posted)).status_code == status
            assert (await http.post("/authorize", data=posted)).status_code == 400


async def test_portal_with_a_key_must_use_it() -> None:
    public = {**KEY.as_dict(private=False), "kid": KEY.thumbprint()}
    world = World(json.dumps({"keys": [public]}))

    def proof(**changes: Any) -> dict[str, str]:
        now = int(NOON.timestamp())
        claims = {"iss": "portaal", "sub": "portaal", "aud": ISSUER, "iat": now, "exp": now + 60, "jti": "j" * 32}
        assertion = jwt.encode({"alg": "ES256"}, {**claims, **changes}, KEY, algorithms=["ES256"])
        return {"client_assertion": assertion, "client_assertion_type": ASSERTION}

    async with world.open() as http:
        tries = [
            {},
            proof(aud=f"{ISSUER}/token"),
            proof(iss="ander", sub="ander"),
            {**proof(jti="k" * 32), "client_assertion_type": "urn:x"},
            proof(),
            proof(),
        ]
        answers = [await http.post("/token", data=redeeming(await code_of(http), **one)) for one in tries]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 200, 400]


async def test_logout_goes_to_known_addresses_only() -> None:
    async with World().open() as http:
        known = {"post_logout_redirect_uri": GONE, "client_id": "portaal", "state": "abc"}
        answer = await http.get("/end_session", params=known)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{GONE}?state=abc")
        for changes in ({"post_logout_redirect_uri": "https://forger.example"}, {"client_id": "ander"}):
            assert (await http.get("/end_session", params={**known, **changes})).status_code == 200


def test_persona_is_resident_or_staff_and_never_both() -> None:
    for wrong in ({"bsn": BSN, "roles": ("fg",)}, {}):
        with pytest.raises(ValueError, match="either"):
            Persona("x", "X", "", **wrong)  # type: ignore[arg-type]  # one of each kind
