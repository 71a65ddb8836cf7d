"""The token endpoint from the front door: a token for who proves to be who they say, for one root, for five minutes."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from consent import tables
from consent.activity import Application
from consent.contract import RegisterUnavailable
from consent.tokens.component import build_tokens
from consent.tokens.failures import MOST
from consent.tokens.signing import SigningKey
from kernel.caller import Caller
from kernel.component import Tenant
from kernel.crypto import Keyring
from kernel.crypto.file_keys import FileKeyProvider
from kernel.http.bearer import BearerGate
from kernel.ids import random_id
from kernel.settings import RoomSettings, SettingsWrong
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests import once
from tests.consent.applications import (
    ISSUER,
    NEIGHBOUR,
    NOON,
    NOW,
    OTHER_ISSUER,
    OWN,
    ROOT,
    RSA,
    TENANTS,
    Clock,
    House,
    Look,
    Register,
    application,
    form,
    found_keys,
    house,
    jwks,
    key_rows,
    recipient,
    serving,
    signed,
)
from tests.kernel.test_dpop import OWN as HOLDER
from tests.kernel.test_dpop import proof
from tests.statements import said_to

pytestmark = pytest.mark.anyio
ISSUERS = {ISSUER: "gm9901", OTHER_ISSUER: "gm9902"}


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found = f"sqlite+aiosqlite:///{tmp_path}/consent.db"
    if request.param == "postgres":
        found = request.getfixturevalue("postgres_url")
    await once.tables("consent", found)
    return found


@pytest.fixture
async def provider(tmp_path: Path) -> FileKeyProvider:
    return await found_keys(tmp_path)


@pytest.fixture
async def one(url: str, provider: FileKeyProvider) -> AsyncIterator[House]:
    async with house(url, provider, Clock()) as instance:
        yield instance


def said(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return json.loads(base64.urlsafe_b64decode(header + "==")), json.loads(base64.urlsafe_b64decode(claims + "=="))


async def test_proven_client_gets_a_token_for_one_root(one: House) -> None:
    answer = await one.ask(signed())
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "huur witgoed")
    assert set(body) == {"token_type", "expires_in", "scope", "access_token"}
    header, claims = said(body["access_token"])
    assert header == {"alg": "ES256", "kid": header["kid"], "typ": "at+jwt"}
    assert {**claims, "jti": ""} == {
        "iss": ISSUER, "aud": ROOT, "sub": "loket", "client_id": "loket", "scope": "huur witgoed", "jti": "",
        "iat": NOW, "exp": NOW + 300, "ontvanger": "inkomensloket", "oin": "0" * 19 + "1", "soort": "automatisch",
        "gemeente": "gm9901", "sleutel": OWN.thumbprint(),
    }  # fmt: skip
    published = KeySet.import_key_set((await one.http.get("/oauth/jwks")).json())
    assert jwt.decode(body["access_token"], published, algorithms=["ES256"]).claims == claims


async def test_resource_server_believes_what_the_endpoint_issued(one: House) -> None:
    token = (await one.ask(signed(), scope="witgoed")).json()["access_token"]
    gate = BearerGate(ISSUERS, one.service.public_key, "/verstrekking/v1", one.clock)
    caller = Caller(
        tenant="gm9901", organisation="inkomensloket", application="loket", kind="automatisch", scope=("witgoed",),
        key=OWN.thumbprint(),
    )  # fmt: skip
    assert await gate.check(token, ISSUER, "gm9901") == caller


@pytest.mark.parametrize(
    ("roles", "resource", "asked", "scope"),
    [
        (("melden",), "logboek", None, "logboek:melden"),
        (("melden",), "logboek", "logboek:melden", "logboek:melden"),
        (("melden",), "logboek", "witgoed", None),
        (("melden",), "logboek", "logboek:melden witgoed", None),
        (("melden",), "melden", None, None),
        (("melden",), "verstrekking", None, None),
        (("logboek",), "logboek", None, "huur witgoed"),
        (("logboek",), "logboek", "logboek:melden", None),
        (("logboek", "melden"), "logboek", None, "huur logboek:melden witgoed"),
        (("verstrekking", "melden"), "verstrekking", "logboek:melden", None),
        (("verstrekking", "melden"), "verstrekking", None, "huur witgoed"),
    ],
)
async def test_who_may_report_gets_a_token_for_that_and_nothing_else(
    one: House, roles: tuple[Any, ...], resource: str, asked: str | None, scope: str | None
) -> None:
    application, recipient = one.register.known["gm9901", "loket"]
    one.register.known["gm9901", "loket"] = (application.model_copy(update={"roles": roles}), recipient)
    answer = await one.ask(signed(), resource=f"{ISSUER}/{resource}/v1", scope=asked)
    assert answer.json().get("scope") == scope
    assert (answer.status_code == 200) == (scope is not None)


async def test_a_token_is_bound_to_the_key_that_was_shown_and_one_client_gets_no_other(one: House) -> None:
    wrong = (proof(htu=f"{ISSUER}/oauth/token", htm="GET", ath=None, iat=NOW), "a.b")
    good = proof(htu=f"{ISSUER}/oauth/token", htm="POST", ath=None, iat=NOW)
    body = (await one.ask(signed(jti=random_id()), good)).json()
    assert body["token_type"] == "DPoP" and said(body["access_token"])[1]["cnf"] == {"jkt": HOLDER.thumbprint()}
    for proofs in ((wrong[0],), (wrong[1],), (good, good)):
        answer = await one.ask(signed(jti=random_id()), *proofs)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    application, recipient = one.register.known["gm9901", "loket"]
    one.register.known["gm9901", "loket"] = (application.model_copy(update={"bound": True}), recipient)
    assert (await one.ask(signed(jti=random_id()))).json()["error"] == "invalid_dpop_proof"
    assert (await one.ask(signed(jti=random_id()), good)).status_code == 200
    metadata = (await one.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["dpop_signing_alg_values_supported"] == ["ES256"]


async def test_rsa_client_signs_with_rs256(one: House) -> None:
    assertion = signed(key=RSA, alg="RS256", iss="rekenaar", sub="rekenaar")
    assert (await one.ask(assertion)).status_code == 200


async def test_client_id_may_repeat_the_assertion(one: House) -> None:
    assert (await one.ask(signed(), client_id="loket")).status_code == 200


async def test_suspended_client_gets_no_new_token(one: House) -> None:
    token = (await one.ask(signed())).json()["access_token"]
    del one.register.known["gm9901", "loket"]
    refused = await one.ask(signed(jti=random_id()))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    # the token itself lives on: the recipient's fence refuses at the next line
    gate = BearerGate(ISSUERS, one.service.public_key, "/verstrekking/v1", one.clock)
    assert (await gate.check(token, ISSUER, "gm9901")).application == "loket"


async def test_assertion_counts_once_on_all_instances(url: str, provider: FileKeyProvider) -> None:
    clock, assertion = Clock(), signed()
    async with house(url, provider, clock) as first, house(url, provider, clock) as second:
        answers = [await first.ask(assertion), await second.ask(assertion), await first.ask(assertion)]
        assert [answer.status_code for answer in answers] == [200, 400, 400]
        clock.passes(64)  # its last second, leeway included
        late = await second.ask(assertion)
        assert late.json()["error"] == "invalid_client"
        token = (await second.ask(signed(jti=random_id(), iat=NOW + 60, exp=NOW + 90))).json()["access_token"]
        assert await first.service.public_key("gm9901", said(token)[0]["kid"])


async def test_who_ask_together_share_a_transaction_and_nothing_else(one: House) -> None:
    twice, forged = signed(jti="t" * 32), signed(key=NEIGHBOUR)
    unknown = signed(iss="niemand", sub="niemand", jti="u" * 32)
    neighbour = signed(key=NEIGHBOUR, iss="buur", sub="buur")
    asked = (twice, forged, twice, unknown, neighbour, signed(jti="o" * 32))
    heard = said_to(one.service.ending._database)
    answers = await asyncio.gather(*(one.ask(each) for each in asked))
    assert sum(each.startswith("BEGIN") for each in heard) < len(asked), "those who came while the first was under way"
    assert sorted([answers[0].status_code, answers[2].status_code]) == [200, 400], "once, whichever came first"
    assert [answer.status_code for answer in answers[1:2] + answers[3:]] == [400, 400, 200, 200]
    assert [said(answer.json()["access_token"])[1]["client_id"] for answer in answers[4:]] == ["buur", "loket"]


async def test_a_client_that_publishes_its_keys_is_asked_for_them_each_time(one: House) -> None:
    application, recipient = one.register.known["gm9901", "loket"]
    here = "https://keys.example/jwks"
    one.register.known["gm9901", "loket"] = (application.model_copy(update={"jwks_url": here}), recipient)
    assert (await one.ask(signed())).status_code == 400, "what is in the row counts no longer"
    one.register.elsewhere[here] = jwks(OWN)
    assert (await one.ask(signed())).status_code == 200
    assert (await one.ask(signed())).status_code == 400, "and counts once"
    assert one.register.fetched == [(here, OWN.thumbprint())] * 3
    moved = one.register.known["gm9901", "loket"][0].model_copy(update={"jwks_url": "https://other.example/jwks"})
    one.register.moves = (moved, recipient)
    assert (await one.ask(signed(jti=random_id()))).status_code == 400, "keys from an address that is not its own now"


async def test_same_jti_of_another_client_or_tenant_is_another_assertion(one: House) -> None:
    await one.ask(signed())
    assert (await one.ask(signed(key=RSA, alg="RS256", iss="rekenaar", sub="rekenaar"))).status_code == 200


async def test_used_assertions_are_forgotten_when_nobody_can_use_them(one: House, url: str) -> None:
    await one.ask(signed())
    one.clock.passes(126)  # 60 s, 5 s leeway, 60 s for clocks that differ, and one
    await one.ask(signed(jti="k" * 32, iat=NOW + 126, exp=NOW + 186))
    database = Database(url, "consent")
    async with database.snapshot("gm9901") as connection:
        table = "consent.assertions" if database.postgres else "assertions"
        left = (await connection.exec_driver_sql(f"SELECT jti FROM {table}")).scalars().all()  # noqa: S608 - ours
    await database.close()
    assert left == ["k" * 32]


async def test_rotated_key_signs_at_once_and_the_one_before_still_reads(url: str, provider: FileKeyProvider) -> None:
    clock = Clock()
    async with house(url, provider, clock) as first, house(url, provider, clock) as second:
        old = (await first.ask(signed())).json()["access_token"]
        assert (await second.service.jwks("gm9901"))["keys"][0]["kid"] == said(old)[0]["kid"]
        kid = await first.service.rotate("gm9901")
        new = (await first.ask(signed(jti=random_id()))).json()["access_token"]
        assert said(new)[0]["kid"] == kid != said(old)[0]["kid"]
        assert len((await first.service.jwks("gm9901"))["keys"]) == 2
        clock.passes(6)  # the other instance looks again for a kid that it does not know
        gate = BearerGate(ISSUERS, second.service.public_key, "/verstrekking/v1", clock)
        for token in (old, new):
            assert (await gate.check(token, ISSUER, "gm9901")).application == "loket"
        await first.service.rotate("gm9901")
        assert said(old)[0]["kid"] not in {key["kid"] for key in (await first.service.jwks("gm9901"))["keys"]}


async def test_all_versions_follow_the_kek(url: str, provider: FileKeyProvider) -> None:
    async with house(url, provider, Clock()) as before:
        await before.service.rotate("gm9901")
        keys = await before.service.jwks("gm9901")
        await provider.rotate("regie/gm9901/consent")
        database = Database(url, "consent")
        assert await KeyRows(database, tables.keys, Keyring(provider)).rewrap("gm9901") == 2
        await database.close()
        await provider.destroy("regie/gm9901/consent", 1)
    async with house(url, provider, Clock()) as after:
        assert await after.service.jwks("gm9901") == keys


async def test_host_decides_the_municipality(one: House) -> None:
    assertion = signed(iss="verweg", sub="verweg", aud=OTHER_ISSUER)
    elsewhere = {"host": "gm9902.example"}
    body = form(assertion, resource=f"{OTHER_ISSUER}/verstrekking/v1")
    assert (await one.http.post("/oauth/token", data=body, headers=elsewhere)).status_code == 200
    assert (await one.ask(signed(iss="verweg", sub="verweg"))).json()["error"] == "invalid_client"
    assert (await one.http.get("/oauth/jwks", headers={"host": "nobody.example"})).status_code == 404
    keys = [(await one.service.jwks(tenant))["keys"][0]["kid"] for tenant in TENANTS]
    assert keys[0] != keys[1]


async def test_discovery_says_where_and_how(one: House) -> None:
    found = (await one.http.get("/.well-known/oauth-authorization-server")).json()
    assert (found["issuer"], found["token_endpoint"]) == (ISSUER, f"{ISSUER}/oauth/token")
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert all("d" not in key for key in (await one.http.get("/oauth/jwks")).json()["keys"])


async def test_who_may_stop_others_gets_in_while_the_row_of_an_activity_is_forged(
    one: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forged(_: Look) -> Callable[[Application, str], frozenset[str]]:
        raise RegisterUnavailable()

    application, recipient = one.register.known["gm9901", "loket"]
    one.register.known["gm9901", "loket"] = (application.model_copy(update={"roles": ("beheer",)}), recipient)
    monkeypatch.setattr(Look, "activities", forged)
    answer = await one.ask(signed(), resource=f"{ISSUER}/toestemming/v1")
    assert answer.json().get("scope") == "toestemming:beheer"
    one.register.known["gm9901", "loket"] = (application, recipient)
    assert (await one.ask(signed(jti=random_id()))).status_code == 503


async def test_guessing_is_slow_for_the_guesser_only(one: House) -> None:
    guess = signed(exp=NOW + 61)
    codes = [(await one.ask(guess)).status_code for _ in range(MOST + 1)]
    assert codes == [400] * MOST + [429]
    waiting = await one.ask(guess)
    assert (waiting.status_code, waiting.json()["error"]) == (429, "temporarily_unavailable")
    assert 0 < int(waiting.headers["retry-after"]) <= 61
    assert (await one.ask(signed(key=RSA, alg="RS256", iss="rekenaar", sub="rekenaar"))).status_code == 200
    # behind the same gateway as who guesses in its name, the client itself gets what it asks, once
    mine = signed()
    assert [(await one.ask(mine)).status_code for _ in range(2)] == [200, 400]
    assert (await one.ask(signed(key=RSA, alg="RS256"))).status_code == 429, "with a key of its own, not of another"
    one.clock.passes(60)
    assert (await one.ask(guess)).status_code == 400


async def test_a_client_in_a_loop_waits_wherever_it_is(one: House) -> None:
    for _ in range(MOST):
        assert (await one.ask(signed(jti=random_id()), scope="vreemd")).json()["error"] == "invalid_scope"
    assert (await one.ask(signed(jti=random_id()))).status_code == 429, "its own doing"
    one.clock.passes(60)
    assert (await one.ask(signed(jti=random_id(), iat=NOW + 60, exp=NOW + 120))).status_code == 200


async def test_no_token_when_the_tables_are_away(one: House, url: str) -> None:
    database = Database(url, "consent")
    async with database.writing("gm9901") as connection:
        await connection.exec_driver_sql(f"DROP TABLE {'consent.' if database.postgres else ''}assertions")
    await database.close()
    answer = await one.ask(signed())
    assert (answer.status_code, answer.json()["code"]) == (503, "register-niet-beschikbaar")


async def test_application_without_activities_gets_no_token(one: House) -> None:
    one.register.activities["inkomensloket"] = frozenset()
    assert (await one.ask(signed())).json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("mode", "address"),
    [
        ("productie", "http://localhost:8000"),
        ("test", "http://gm9901.example"),
        ("test", "https://gm9901.example/pad"),
        ("test", "https://gm9901.example/"),
        ("test", "gm9901.example"),
    ],
)
async def test_an_issuer_that_cannot_be_one_refuses_to_start(mode: str, address: str, tmp_path: Path) -> None:
    settings = RoomSettings.model_validate({"mode": mode})
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/none.db", "consent")
    rows = key_rows(database, FileKeyProvider(tmp_path))
    with pytest.raises(SettingsWrong):
        await build_tokens(settings, {"a": Tenant("a", "A", address)}, database, rows, Register(), lambda: NOON)


def test_same_secret_is_the_same_key_everywhere() -> None:
    one, other = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
    assert one.kid == SigningKey(b"a" * 32).kid != other.kid
    assert set(one.public) == {"kty", "crv", "x", "y", "use", "alg", "kid"}


async def test_loopback_may_be_in_the_clear_in_a_test(url: str, provider: FileKeyProvider) -> None:
    tenants = {"gm9901": Tenant("gm9901", "Spaarnewoude", "http://localhost:8000")}
    database, register = Database(url, "consent"), Register()
    register.known["gm9901", "loket"] = (application("loket", RSA), recipient("inkomensloket"))
    settings = RoomSettings(mode="demo")
    rows = key_rows(database, provider)
    _, router = await build_tokens(settings, tenants, database, rows, register, lambda: NOON)
    async with serving(router, "http://localhost:8000") as http:
        assertion = signed(key=RSA, alg="RS256", aud="http://localhost:8000")
        body = form(assertion, resource="http://localhost:8000/toestemming/v1")
        answer: httpx2.Response = await http.post("/oauth/token", data=body)
        assert answer.status_code == 200
    await database.close()
