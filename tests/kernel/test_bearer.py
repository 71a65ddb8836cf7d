"""The resource server's side: which access tokens are believed, and where its keys come from."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable, NotLoggedIn
from kernel.http.app import make_app
from kernel.http.bearer import BearerGate
from kernel.http.client import open_client
from kernel.http.health import StartGate
from kernel.http.jwks import JwksOverHttp
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
ISSUER, ELSEWHERE = "https://gm9901.example", "https://gm9902.example:8443"
ISSUERS = {ISSUER: "gm9901", ELSEWHERE: "gm9902"}
ROOT = "/dingen/v1"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
OWN, OTHER, STRANGER = (ECKey.generate_key("P-256") for _ in range(3))
RSA = RSAKey.generate_key(2048)
PUBLIC = {"gm9901": OWN, "gm9902": OTHER}
CALLER = Caller(tenant="gm9901", organisation="loket", application="app", kind="automatisch", scope=("witgoed", "huur"))


async def keys(tenant: str, kid: str) -> Mapping[str, Any] | None:
    key = PUBLIC[tenant]
    return key.as_dict(private=False) if key.thumbprint() == kid else None


GATE = BearerGate(ISSUERS, keys, ROOT, lambda: NOON)


def token(header: dict[str, Any] | None = None, key: Any = OWN, alg: str = "ES256", **changes: Any) -> str:
    """A token that is believed, with changes; None leaves a member out."""
    claims = {
        "iss": ISSUER, "aud": ISSUER + ROOT, "sub": "app", "client_id": "app", "scope": "witgoed huur", "jti": "j" * 32,
        "iat": NOW, "exp": NOW + 300, "ontvanger": "loket", "oin": "0" * 20, "soort": "automatisch",
        "gemeente": "gm9901", **changes,
    }  # fmt: skip
    named = {"alg": alg, "kid": key.thumbprint(), "typ": "at+jwt", **(header or {})}
    claims, named = ({n: v for n, v in part.items() if v is not None} for part in (claims, named))
    return jwt.encode(named, claims, key, algorithms=[alg], default_type=None)


def encoded(part: dict[str, Any] | bytes) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


HEADER = {"alg": "ES256", "kid": OWN.thumbprint(), "typ": "at+jwt"}


def reheaded(header: dict[str, Any] | bytes, signature: str | None = None) -> str:
    _, claims, proof = token().split(".")
    return ".".join([encoded(header), claims, proof if signature is None else signature])


def symmetric() -> str:
    text = ".".join([encoded({**HEADER, "alg": "HS256"}), token().split(".")[1]])
    return f"{text}.{encoded(hmac.digest(OWN.as_pem(private=False), text.encode(), 'sha512'))}"


def tampered() -> str:
    header, _, signature = token().split(".")
    return ".".join([header, token(ontvanger="buur").split(".")[1], signature])


FORGED = {
    "alg none": reheaded({**HEADER, "alg": "none"}, ""),
    "alg none with the old signature": reheaded({**HEADER, "alg": "none"}),
    "HS with the public key": symmetric(),
    "RS256": token(key=RSA, alg="RS256", header={"kid": OWN.thumbprint()}),
    "key of nobody": token(key=STRANGER),
    "key of nobody under our kid": token({"kid": OWN.thumbprint()}, STRANGER),
    "key of another tenant": token(key=OTHER),
    "key of another tenant under our kid": token({"kid": OWN.thumbprint()}, OTHER),
    "typ JWT": token({"typ": "JWT"}),
    "typ in full": token({"typ": "application/at+jwt"}),
    "no typ": token({"typ": None}),
    "no kid": token({"kid": None}),
    "header is a list with the right word": reheaded(b'["alg"]'),
    "header is a text with the right word": reheaded(b'"alg"'),
    "kid is a number": reheaded({**HEADER, "kid": 1}),
    "jwk": token({"jwk": STRANGER.as_dict(private=False)}, STRANGER),
    "jku": token({"jku": "https://forger.example/keys"}),
    "x5u": token({"x5u": "https://forger.example/cert"}),
    "crit": reheaded({**HEADER, "crit": ["exp"], "exp": 1}),
    "cty": token({"cty": "JWT"}),
    "payload tampered": tampered(),
    "aud of another root": token(aud=f"{ISSUER}/zaken/v1"),
    "aud of another tenant": token(aud=ELSEWHERE + ROOT),
    "aud is the issuer": token(aud=ISSUER),
    "aud in a list": token(aud=[ISSUER + ROOT]),
    "aud with another": token(aud=[ISSUER + ROOT, "https://x.example"]),
    "no aud": token(aud=None),
    "issuer of another tenant": token(iss=ELSEWHERE),
    "unknown issuer": token(iss="https://forger.example"),
    "tenant is not the issuer's": token(gemeente="gm9902"),
    "no issuer": token(iss=None),
    "expired": token(iat=NOW - 300, exp=NOW),
    "expired long ago": token(iat=NOW - 900, exp=NOW - 600),
    "not yet issued": token(iat=NOW + 6, exp=NOW + 300),
    "a second too long": token(exp=NOW + 301),
    "for ten days": token(exp=NOW + 864000),
    "ends before it begins": token(iat=NOW + 2, exp=NOW + 1),
    "no exp": token(exp=None),
    "no iat": token(iat=None),
    "exp is a text": token(exp=str(NOW + 300)),
    "exp is a fraction": token(exp=NOW + 299.5),
    "no jti": token(jti=None),
    "empty jti": token(jti=""),
    "sub is somebody": token(sub="inwoner"),
    "no client_id": token(client_id=None),
    "both empty": token(client_id="", sub=""),
    "no recipient": token(ontvanger=None),
    "kind of a resident": token(soort="inwoner"),
    "kind of staff": token(soort="medewerker"),
    "kind of a room": token(soort="kamer"),
    "roles": token(roles=["fg"]),
    "acting for somebody": token(acting_for="x"),
    "huge": token(scope="x " * 5000),
    "bytes behind": token() + "\n",
    "a fourth part": token() + ".x",
    "padding": token() + "==",
    "letters behind that no one reads": token() + "!!!!",
    "letters that no one reads": token().replace(".", "!.", 1),
    "no signature": token().rsplit(".", 1)[0] + ".",
    "cut": token()[:-1],
    "nothing": "",
    "dots": "..",
}


@pytest.mark.parametrize("name", FORGED)
async def test_forged_token_is_refused_without_a_reason(name: str) -> None:
    with pytest.raises(NotLoggedIn) as refused:
        await GATE.check(FORGED[name], ISSUER, "gm9901")
    assert refused.value.detail == "" and refused.value.__cause__ is None


async def test_an_unchanged_forgery_would_pass() -> None:
    assert await GATE.check(token(), ISSUER, "gm9901") == CALLER
    assert await GATE.check(token(scope=None), ISSUER, "gm9901") == CALLER.model_copy(update={"scope": ()})


async def test_token_lives_five_minutes_and_no_longer() -> None:
    for seconds, holds in ((-6, False), (-5, True), (299, True), (300, False)):
        moment = NOON + timedelta(seconds=seconds)
        gate = BearerGate(ISSUERS, keys, ROOT, lambda moment=moment: moment)  # type: ignore[misc]  # bound per turn
        try:
            await gate.check(token(), ISSUER, "gm9901")
            assert holds, seconds
        except NotLoggedIn:
            assert not holds, seconds


async def test_a_token_that_was_believed_is_no_longer_when_key_hour_or_host_changed() -> None:
    now, kept = [NOON], {OWN.thumbprint(): OWN}

    async def held(tenant: str, kid: str) -> Mapping[str, Any] | None:
        return kept[kid].as_dict(private=False) if tenant == "gm9901" and kid in kept else None

    gate, given = BearerGate(ISSUERS, held, ROOT, lambda: now[0]), token()
    for _ in range(2):
        assert await gate.check(given, ISSUER, "gm9901") == CALLER

    async def refused(issuer: str = ISSUER, tenant: str = "gm9901", holder: str = "") -> None:
        with pytest.raises(NotLoggedIn):
            await gate.check(given, issuer, tenant, holder)

    await refused(ELSEWHERE, "gm9902")
    await refused(ELSEWHERE)
    await refused(holder="a" * 43)
    kept[OWN.thumbprint()] = OTHER  # the kid stayed, the key did not
    await refused()
    del kept[OWN.thumbprint()]
    await refused()
    kept[OWN.thumbprint()] = OWN
    assert await gate.check(given, ISSUER, "gm9901") == CALLER
    now[0] = NOON + timedelta(seconds=300)
    await refused()


@asynccontextmanager
async def served(gate: BearerGate = GATE) -> AsyncIterator[httpx2.AsyncClient]:
    opened, router = StartGate(), APIRouter()
    opened.open()

    @router.get(ROOT + "/wie")
    async def who(caller: Annotated[Caller, Depends(gate)]) -> Caller:
        return caller

    app = make_app("Test", opened)
    app.include_router(router)
    async with open_client(ISSUER, timeout_seconds=PATIENCE, transport=httpx2.ASGITransport(app=app)) as http:
        yield http


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


async def test_door_opens_at_its_own_host_only() -> None:
    async with served() as http:
        path = ROOT + "/wie"
        assert (await http.get(path, headers=bearer(token()))).json()["application"] == "app"
        for host in ("gm9901.example:443", "GM9901.example"):
            assert (await http.get(path, headers={**bearer(token()), "host": host})).status_code == 200
        for host in ("gm9902.example:8443", "gm9902.example", "nobody.example", "gm9901.example:8443", ""):
            assert (await http.get(path, headers={**bearer(token()), "host": host})).status_code == 401
        theirs = token(key=OTHER, iss=ELSEWHERE, aud=ELSEWHERE + ROOT, gemeente="gm9902")
        answer = await http.get(path, headers={**bearer(theirs), "host": "gm9902.example:8443"})
        assert answer.json()["tenant"] == "gm9902"
        assert (await http.get(path, headers=bearer(theirs))).status_code == 401


async def test_token_comes_in_one_header_and_nowhere_else() -> None:
    async with served() as http:
        path, good = ROOT + "/wie", bearer(token())
        refused = [
            await http.get(path),
            await http.get(path, params={"access_token": token()}),
            await http.get(path, params={"access_token": token()}, headers=good),
            await http.get(path, headers={"authorization": token()}),
            await http.get(path, headers={"authorization": f"DPoP {token()}"}),
            await http.get(path, headers={"authorization": f"Bearer  {token()}"}),
            await http.get(path, headers=[*good.items(), *good.items()]),
        ]
        for answer in refused:
            assert (answer.status_code, answer.json()["code"]) == (401, "niet-ingelogd")
            assert "/oauth/token" in answer.json()["detail"], "what to do, whatever was wrong"
            assert answer.headers["www-authenticate"] == 'Bearer, DPoP algs="ES256"'
            assert token()[:20] not in answer.text


class Issuer:
    """Another process: counts questions, and is away when told so."""

    def __init__(self, *published: ECKey) -> None:
        self.published, self.asked, self.away, self.now = list(published), 0, False, 0.0
        self.answer: httpx2.Response | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        if self.away:
            raise httpx2.ConnectError("away")
        named = [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in self.published]
        return self.answer or httpx2.Response(200, json={"keys": named})

    @asynccontextmanager
    async def source(self) -> AsyncIterator[JwksOverHttp]:
        async with open_client(ISSUER, timeout_seconds=PATIENCE, transport=httpx2.MockTransport(self)) as http:
            yield JwksOverHttp(http, {"gm9901": f"{ISSUER}/oauth/jwks"}, lambda: self.now)


async def test_keys_are_fetched_once_and_again_for_a_new_kid() -> None:
    issuer = Issuer(OWN)
    async with issuer.source() as source:
        for _ in range(3):
            assert await source("gm9901", OWN.thumbprint())
        assert issuer.asked == 1
        issuer.published.append(OTHER)
        assert await source("gm9901", OTHER.thumbprint()) is None, "asked less than a minute ago"
        issuer.now = 60
        assert await source("gm9901", OTHER.thumbprint())
        assert issuer.asked == 2
        for number in range(100):
            assert await source("gm9901", f"verzonnen-{number}") is None
        assert issuer.asked == 2
        assert await source("gm9902", OWN.thumbprint()) is None


async def test_withdrawn_key_goes_within_the_hour() -> None:
    issuer = Issuer(OWN)
    async with issuer.source() as source:
        await source("gm9901", OWN.thumbprint())
        issuer.published, issuer.now = [OTHER], 3601
        assert await source("gm9901", OWN.thumbprint()) is None


async def test_old_keys_serve_for_a_day_while_the_issuer_is_away() -> None:
    issuer = Issuer(OWN)
    async with issuer.source() as source:
        await source("gm9901", OWN.thumbprint())
        issuer.away = True
        for issuer.now in (3601, 86400):
            assert await source("gm9901", OWN.thumbprint())
        issuer.now = 86401
        with pytest.raises(NeighbourUnavailable):
            await source("gm9901", OWN.thumbprint())
        async with served(BearerGate(ISSUERS, source, ROOT, lambda: NOON)) as http:
            assert (await http.get(ROOT + "/wie", headers=bearer(token()))).status_code == 503


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(302, headers={"location": "https://forger.example/keys"}),
        httpx2.Response(500),
        httpx2.Response(200, text="geen json"),
        httpx2.Response(200, json={"keys": [{"kty": "EC"}]}),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, content=b'{"keys": [' + b" " * (64 << 10) + b"]}"),
        httpx2.Response(200, content=b"[" * 10_000),
    ],
    ids=["redirect", "error", "text", "no kid", "list", "huge", "deep"],
)
async def test_answer_that_is_no_key_set_is_no_answer(answer: httpx2.Response) -> None:
    issuer = Issuer()
    issuer.answer = answer
    async with issuer.source() as source:
        with pytest.raises(NeighbourUnavailable):
            await source("gm9901", OWN.thumbprint())
