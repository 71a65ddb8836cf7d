"""The usual forgeries at the token endpoint: each differs in one thing from a request that gets a token."""

import asyncio
import base64
import hmac
import io
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from consent.jwks import fault_of, usable
from consent.tokens.api import WHY
from consent.tokens.assertion import claimed
from kernel.logs import set_up_logs
from kernel.sql.upgrade import upgrade
from tests.consent.applications import (
    ISSUER,
    NEIGHBOUR,
    NOW,
    OTHER_ISSUER,
    OWN,
    ROOT,
    RSA,
    Clock,
    House,
    application,
    form,
    found_keys,
    house,
    jwks,
    recipient,
    signed,
)

pytestmark = pytest.mark.anyio
FORM = "application/x-www-form-urlencoded"
STRANGER = ECKey.generate_key("P-256")
PUBLIC = OWN.as_dict(private=False)
KID = {"kid": OWN.thumbprint()}


@pytest.mark.parametrize("name", ["\ud800", "loket\0", "l\u00f6ket", "", 7, None, ["loket"]])
def test_a_name_that_nobody_can_have_is_looked_up_nowhere(name: Any) -> None:
    """No database takes half a sign: what it raised then was nobody's to catch, and anybody could make it do so."""
    said = json.dumps({"sub": name}).encode()
    assertion = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b'{"alg":"ES256"}', said))
    assert claimed(f"{assertion}.AAAA") == ("", "")


def test_what_is_said_of_a_refusal_is_readable_by_every_client() -> None:
    """RFC 6749 section 5.2: printable ASCII without quotes and backslashes."""
    assert all(text.isascii() and text.isprintable() and not set(text) & set('"\\') for text in WHY.values())


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("consent") / "consent.db"
    asyncio.run(upgrade("consent", f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
async def one(migrated: Path, tmp_path: Path) -> AsyncIterator[House]:
    shutil.copy(migrated, tmp_path)
    async with house(f"sqlite+aiosqlite:///{tmp_path}/consent.db", await found_keys(tmp_path), Clock()) as instance:
        yield instance


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def pieced(header: Any, claims: Any = None, signature: str | None = None) -> str:
    """An assertion put together by hand, with the signature of a good one."""
    _, good, proof = signed().split(".")
    return ".".join(
        [encoded(header), good if claims is None else encoded(claims), proof if signature is None else signature]
    )


def symmetric() -> str:
    """HMAC with the public key as secret: the classic confusion."""
    text = f"{encoded({'alg': 'HS256', **KID})}.{signed().split('.')[1]}"
    return f"{text}.{encoded(hmac.digest(OWN.as_pem(private=False), text.encode(), 'sha256'))}"


def tampered() -> str:
    header, _, signature = signed(iss="verweg", sub="verweg").split(".")
    return ".".join([header, signed().split(".")[1], signature])


ASSERTIONS = {
    "alg none": pieced({"alg": "none", **KID}, signature=""),
    "alg none with the old signature": pieced({"alg": "none", **KID}),
    "HS256 with the public key": symmetric(),
    "RS256 by an EC client": signed({"kid": OWN.thumbprint()}, RSA, alg="RS256"),
    "ES256 said in lower case": pieced({"alg": "es256", **KID}),
    "PS256 with a good RSA key": signed(key=RSA, alg="PS256", iss="rekenaar", sub="rekenaar"),
    "key of nobody": signed(key=STRANGER),
    "key of nobody under our kid": signed(KID, STRANGER),
    "key and kid of another client": signed(key=NEIGHBOUR),
    "kid of another client": signed({"kid": NEIGHBOUR.thumbprint()}),
    "kid is a list": pieced({"alg": "ES256", "kid": [OWN.thumbprint()]}),
    "jwk in the header": signed({"jwk": STRANGER.as_dict(private=False)}, STRANGER),
    "our own jwk in the header": signed({"jwk": PUBLIC}),
    "jku in the header": signed({"jku": "https://forger.example/keys"}),
    "x5u in the header": signed({"x5u": "https://forger.example/cert"}),
    "x5c in the header": signed({"x5c": ["MIIB"]}),
    "crit in the header": pieced({"alg": "ES256", **KID, "crit": ["exp"], "exp": 1}),
    "b64 in the header": pieced({"alg": "ES256", **KID, "crit": ["b64"], "b64": False}),
    "typ of an access token": signed({"typ": "at+jwt"}),
    "aud in a list": signed(aud=[ISSUER]),
    "aud in a list with another": signed(aud=[ISSUER, "https://elsewhere.example"]),
    "aud is the token endpoint": signed(aud=f"{ISSUER}/oauth/token"),
    "aud with a slash": signed(aud=f"{ISSUER}/"),
    "aud of another tenant": signed(aud=OTHER_ISSUER),
    "no aud": signed(aud=None),
    "iss is not sub": signed(iss="buur"),
    "sub of another client": signed(iss="buur", sub="buur"),
    "sub unknown": signed(iss="niemand", sub="niemand"),
    "sub is a list": signed(sub=["loket"]),
    "sub empty": signed(iss="", sub=""),
    "no sub": signed(sub=None),
    "no iss": signed(iss=None),
    "expired": signed(iat=NOW - 66, exp=NOW - 6),
    "issued in the future": signed(iat=NOW + 6, exp=NOW + 60),
    "not yet valid": signed(nbf=NOW + 30),
    "a second too long": signed(exp=NOW + 61),
    "valid for years": signed(exp=NOW + 10**8),
    "ends before it begins": signed(exp=NOW, iat=NOW + 1),
    "no exp": signed(exp=None),
    "no iat": signed(iat=None),
    "exp is a text": signed(exp=str(NOW + 60)),
    "exp is a fraction": signed(exp=NOW + 59.5),
    "exp is true": signed(exp=True),
    "no jti": signed(jti=None),
    "jti that can be guessed": signed(jti="1"),
    "jti without end": signed(jti="j" * 129),
    "jti is a number": signed(jti=10**40),
    "jti that no row takes": signed(jti="\0" * 32),
    "payload of another": tampered(),
    "huge": signed(noise="x" * (8 << 10)),
    "a fourth part": signed() + ".x",
    "bytes behind": signed() + "\n",
    "padding": signed() + "==",
    "letters behind that no one reads": signed() + "!!!!",
    "letters that no one reads": signed().replace(".", "!.", 1),
    "cut": signed()[:-10],
    "no signature": signed().rsplit(".", 1)[0] + ".",
    "payload is a list": pieced({"alg": "ES256", **KID}, [1]),
    "payload too deep": pieced({"alg": "ES256", **KID}, b"[" * 4000),
    "header is a list": pieced([1]),
    "header is a list with the right word": pieced(["alg"]),
    "header is a text with the right word": pieced("alg"),
    "nothing": "a.b.c",
}


@pytest.mark.parametrize("name", ASSERTIONS)
async def test_forged_assertion_gets_no_token(name: str, one: House) -> None:
    answer = await one.ask(ASSERTIONS[name])
    told = {"error": "invalid_client", "error_description": WHY["invalid_client"]}
    assert (answer.status_code, answer.json()) == (400, told), "whichever check failed"
    assert (await one.ask(signed())).status_code == 200, "the forgery spent nothing of the client's"


REQUESTS: dict[str, tuple[dict[str, str | None], str]] = {
    "no assertion": ({"client_assertion": None}, "invalid_client"),
    "no type of assertion": ({"client_assertion_type": None}, "invalid_client"),
    "another type of assertion": ({"client_assertion_type": "urn:x"}, "invalid_client"),
    "client_id of another": ({"client_id": "buur"}, "invalid_client"),
    "secret in the body": ({"client_secret": "geheim"}, "invalid_request"),
    "secret and no assertion": ({"client_secret": "x", "client_assertion": None}, "invalid_request"),
    "no grant": ({"grant_type": None}, "invalid_request"),
    "grant password": ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
    "grant code": ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
    "grant refresh": ({"grant_type": "refresh_token", "refresh_token": "x"}, "unsupported_grant_type"),
    "scope of another recipient": ({"scope": "verhuizen"}, "invalid_scope"),
    "scope partly of another": ({"scope": "witgoed verhuizen"}, "invalid_scope"),
    "scope unknown": ({"scope": "alles"}, "invalid_scope"),
    "no resource": ({"resource": None}, "invalid_target"),
    "resource of another tenant": ({"resource": f"{OTHER_ISSUER}/verstrekking/v1"}, "invalid_target"),
    "resource the client has no role for": ({"resource": f"{ISSUER}/logboek/v1"}, "invalid_target"),
    "resource with more path": ({"resource": f"{ROOT}/verstrekkingen"}, "invalid_target"),
    "resource with a slash": ({"resource": f"{ROOT}/"}, "invalid_target"),
    "resource that is everything": ({"resource": ISSUER}, "invalid_target"),
    "form too large": ({"noise": "x" * (16 << 10)}, "invalid_request"),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
async def test_request_that_asks_too_much_gets_no_token(name: str, one: House) -> None:
    changes, code = REQUESTS[name]
    answer = await one.ask(signed(), **changes)
    assert (answer.status_code, answer.json()) == (400, {"error": code, "error_description": WHY[code]})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("twice", ["grant_type", "client_assertion", "resource", "scope", "noise"])
async def test_parameter_given_twice_is_no_request(twice: str, one: House) -> None:
    given = [*form(signed(), scope="witgoed", noise="x").items(), (twice, "witgoed")]
    body = urlencode(given)
    answer = await one.http.post("/oauth/token", content=body, headers={"content-type": FORM})
    assert answer.json()["error"] == "invalid_request"


async def test_only_a_posted_form_is_read(one: House) -> None:
    good = form(signed())
    assert (await one.http.get("/oauth/token", params=good)).status_code == 405
    for answer in (
        await one.http.post("/oauth/token", json=good),
        await one.http.post("/oauth/token", params=good),
        await one.http.post("/oauth/token", data=good, params={"scope": "witgoed"}),
        await one.http.post("/oauth/token", data=good, headers={"authorization": "Basic bG9rZXQ6eA=="}),
        await one.http.post("/oauth/token", content=b"\xff=1", headers={"content-type": FORM}),
        await one.http.post("/oauth/token", content=b"grant_type", headers={"content-type": FORM}),
        await one.http.post("/oauth/token", content=b"&".join([b"a=1"] * 50), headers={"content-type": FORM}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await one.ask(signed())).status_code == 200


async def test_the_operations_line_names_the_door(one: House) -> None:
    stream = io.StringIO()
    set_up_logs(stream)
    try:
        await one.ask(signed())
        await one.ask("nothing")
    finally:
        set_up_logs()
    said = [json.loads(line) for line in stream.getvalue().splitlines() if "request_answered" in line]
    assert [(line["route"], line["status"]) for line in said] == [("/oauth/token", 200), ("/oauth/token", 400)]


async def test_kid_may_be_left_out_by_who_has_one_key(one: House) -> None:
    bare = jwt.encode({"alg": "ES256"}, json.loads(_payload(signed())), OWN, algorithms=["ES256"])
    assert (await one.ask(bare)).status_code == 200
    one.register.known["gm9901", "loket"] = (application("loket", OWN, STRANGER), recipient("inkomensloket"))
    again = jwt.encode({"alg": "ES256"}, json.loads(_payload(signed(jti="k" * 32))), OWN, algorithms=["ES256"])
    assert (await one.ask(again)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "key",
    [
        {**json.loads(jwks(OWN))["keys"][0], "alg": "RS256"},
        OWN.as_dict(private=True),
        ECKey.generate_key("P-384").as_dict(private=False),
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "e": "AQAB", "n": RSA.as_dict(private=False)["n"][:170]},
        {"kty": "RSA", "e": "AQAB", "n": "_" * 1_400},
        {**json.loads(jwks(OWN))["keys"][0], "key_ops": ["deriveKey"]},
        {"kty": "RSA"},
        {},
    ],
    # names of their own: the keys differ by worker, and xdist wants the same names from all
    ids=["RS256", "private", "P-384", "oct", "no point", "short", "long", "other use", "no modulus", "nothing"],
)
def test_key_of_another_kind_or_size_is_no_key_and_is_not_registered_either(key: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as wrong:
        usable(key)
    assert fault_of(json.dumps({"keys": [{**key, "kid": "1"}]})) == str(wrong.value)


def test_registered_keys_decide_the_algorithm() -> None:
    assert [usable(json.loads(jwks(key))["keys"][0])[1] for key in (OWN, RSA)] == ["ES256", "RS256"]
    assert isinstance(usable(json.loads(jwks(RSA))["keys"][0])[0], RSAKey)


def _payload(token: str) -> bytes:
    return base64.urlsafe_b64decode(token.split(".")[1] + "==")
