"""Tokens that end before their time: handed back, looked at by a resource server, of a client that was stopped."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import pytest
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.tokens.api import token_router
from consent.tokens.assertion import Proven
from consent.tokens.failures import MOST
from consent.tokens.spending import Spending
from consent.tokens.tables import key_uses
from kernel.caller import Caller
from kernel.errors import NotLoggedIn
from kernel.http.bearer import BearerGate, Beside
from kernel.http.certificate import ClientCertificates, thumbprint
from kernel.ids import random_id
from kernel.sql import Database
from kernel.sql.database import Result, Work
from kernel.standing import Standing
from tests.consent.applications import (
    ISSUER,
    NOW,
    OWN,
    RSA,
    TENANTS,
    Clock,
    House,
    form,
    found_keys,
    house,
    serving,
    signed,
)
from tests.once import tables

pytestmark = pytest.mark.anyio
ISSUERS = {one.public_url: one.id for one in TENANTS.values()}


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[House]:
    url = f"sqlite+aiosqlite:///{tmp_path}/consent.db"
    await tables("consent", url)
    async with house(url, await found_keys(tmp_path), Clock()) as instance:
        yield instance


async def say(one: House, verb: str, token: str, who: str = "loket", **changes: Any) -> httpx2.Response:
    """A form to /oauth/revoke or /oauth/introspect, of one of the applications."""
    key, algorithm = (RSA, "RS256") if who == "rekenaar" else (OWN, "ES256")
    claims = {"iss": who, "sub": who, "jti": random_id()} | changes
    assertion = signed(key=key, alg=algorithm, **claims)
    given = form(assertion, grant_type=None, resource=None) | {"token": token}
    return await one.http.post(f"/oauth/{verb}", data=given)


async def given(one: House) -> str:
    return str((await one.ask(signed(jti=random_id()))).json()["access_token"])


def gate(one: House) -> BearerGate:
    return BearerGate(ISSUERS, one.service.public_key, "/verstrekking/v1", one.clock, Beside(one.service.standing))


async def comes_in(at: BearerGate, token: str) -> Caller | None:
    try:
        return await at.check(token, ISSUER, "gm9901")
    except NotLoggedIn:
        return None


async def test_a_token_that_was_handed_back_does_not_come_in_any_more(one: House) -> None:
    door, token, other = gate(one), await given(one), await given(one)
    assert await comes_in(door, token)
    # nobody else hands it back, and what is no token of ours is no fault
    stranger = await say(one, "revoke", token, "rekenaar")
    assert (stranger.status_code, stranger.json()["error"]) == (400, "unauthorized_client")
    assert (await say(one, "revoke", "a.b.c")).status_code == 200 and await comes_in(door, token)
    for _ in range(2):
        back = await say(one, "revoke", token)
        assert (back.status_code, back.json(), back.headers["cache-control"]) == (200, {}, "no-store")
    assert not await comes_in(door, token) and await comes_in(door, other)
    # at another instance too, which never heard of it
    beside = Beside(Standing(one.service.ending.stands))
    elsewhere = BearerGate(ISSUERS, one.service.public_key, "/verstrekking/v1", one.clock, beside)
    assert not await comes_in(elsewhere, token) and await comes_in(elsewhere, other)


async def test_whoever_is_stopped_has_no_token_that_holds(one: House) -> None:
    door, token = gate(one), await given(one)
    known = one.register.known.pop(("gm9901", "loket"))
    one.service.standing.forget()  # as the register does when it stops somebody
    assert not await comes_in(door, token)
    told = [said for said in one.service.ending.refused.text().splitlines() if "_total{" in said]
    assert told == ['regie_tokens_ended_total{application="loket",tenant="gm9901"} 1.0'], "whoever watches sees it"
    one.register.known["gm9901", "loket"] = (known[0], known[1].model_copy(update={"slug": "burgerzaken"}))
    one.service.standing.forget()
    assert not await comes_in(door, token), "it was given for another recipient"


async def test_a_resource_server_looks_at_tokens_and_nobody_else_does(one: House) -> None:
    token = await given(one)
    nothing = {"active": False}
    assert (await say(one, "introspect", token)).json() == nothing, "not even one's own"
    reader, party = one.register.known["gm9901", "rekenaar"]
    one.register.known["gm9901", "rekenaar"] = (reader.model_copy(update={"roles": ("introspectie",)}), party)
    seen = (await say(one, "introspect", token, "rekenaar")).json()
    assert {**seen, "jti": ""} == {
        "active": True, "token_type": "Bearer", "client_id": "loket", "sub": "loket", "scope": "huur witgoed",
        "aud": f"{ISSUER}/verstrekking/v1", "iss": ISSUER, "iat": NOW, "exp": NOW + 300, "jti": "",
        "soort": "automatisch", "ontvanger": "inkomensloket", "oin": "0" * 19 + "1", "gemeente": "gm9901",
    }  # fmt: skip
    assert (await say(one, "introspect", "a.b.c", "rekenaar")).json() == nothing
    await say(one, "revoke", token)
    assert (await say(one, "introspect", token, "rekenaar")).json() == nothing
    # the role is no root: there is no token for it
    assert (await one.ask(signed(jti=random_id()), resource=f"{ISSUER}/introspectie/v1")).status_code == 400
    one.clock.passes(301)
    late = {"iat": NOW + 301, "exp": NOW + 361}
    assert (await say(one, "introspect", await given_at(one, NOW + 301), "rekenaar", **late)).json()["active"]
    assert (await say(one, "introspect", token, "rekenaar", **late)).json() == nothing


async def test_many_at_one_moment_are_each_judged_and_one_assertion_counts_once(one: House) -> None:
    same = signed(jti=random_id())
    asked = [one.ask(same), one.ask(same), *(one.ask(signed(jti=random_id())) for _ in range(6))]
    codes = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(codes[:2]) == [200, 400] and codes[2:] == [200] * 6


class Failing(Database):
    """Stores nothing of the first transaction."""

    failed = False

    async def written(self, tenant: str, work: Work[Result]) -> Result:
        async def fails(connection: AsyncConnection) -> Result:
            result = await work(connection)
            if not self.failed:
                self.failed = True
                raise OperationalError("COMMIT", {}, OSError())
            return result

        return await super().written(tenant, fails)


async def test_a_use_of_a_key_that_was_not_stored_is_written_the_next_time(tmp_path: Path) -> None:
    url, clock = f"sqlite+aiosqlite:///{tmp_path}/consent.db", Clock()
    await tables("consent", url)
    database = Failing(url, "consent")
    spending, until = Spending(database, clock), NOW + 60
    with pytest.raises(OperationalError):
        await spending.spend("gm9901", Proven("loket", "een", until, "sleutel"))
    assert await spending.spend("gm9901", Proven("loket", "een", until, "sleutel")), "it was not spent"
    async with database.snapshot("gm9901") as reading:
        seen = (await reading.execute(select(key_uses.c.kid, key_uses.c.at))).all()
    await database.close()
    assert seen == [("sleutel", NOW // 3600 * 3_600_000)]


async def given_at(one: House, at: int) -> str:
    return str((await one.ask(signed(jti=random_id(), iat=at, exp=at + 60))).json()["access_token"])


async def test_others_do_not_keep_a_client_from_handing_back_its_token(one: House) -> None:
    token = await given(one)
    for at in range(MOST + 1):
        refused = await say(one, "revoke", token, exp=NOW + 61)
        assert refused.status_code == (401 if at < MOST else 429)
    assert (await say(one, "revoke", token)).status_code == 200
    assert await comes_in(gate(one), token) is None


@pytest.mark.parametrize("verb", ["revoke", "introspect"])
async def test_who_does_not_prove_to_be_a_client_learns_nothing(one: House, verb: str) -> None:
    token = await given(one)
    for changes in ({"aud": "https://elsewhere.example"}, {"iss": "nobody", "sub": "nobody"}, {"exp": NOW + 61}):
        refused = await say(one, verb, token, **changes)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    used = random_id()
    assert (await say(one, verb, token, jti=used)).status_code == 200
    assert (await say(one, verb, token, jti=used)).status_code == 401, "an assertion counts once"
    for data in ({"token": token}, form(signed(jti=random_id()))):
        answer = await one.http.post(f"/oauth/{verb}", data=data)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    metadata = (await one.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["revocation_endpoint"] == f"{ISSUER}/oauth/revoke"
    assert metadata["introspection_endpoint_auth_methods_supported"] == ["private_key_jwt"]


async def test_a_token_is_bound_to_the_certificate_that_the_gateway_saw(one: House) -> None:
    certificates = ClientCertificates((ip_network("127.0.0.1/32"),))
    app = token_router(one.service, {one.id: one.public_url for one in TENANTS.values()}, certificates)
    mine, other = (f":{base64.b64encode(der).decode()}:" for der in (b"mine", b"other"))
    async with serving(app) as http:
        body = form(signed(jti=random_id()))
        token = (await http.post("/oauth/token", data=body, headers={"client-cert": mine})).json()["access_token"]
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
        assert metadata["tls_client_certificate_bound_access_tokens"] is True
    beside = Beside(one.service.standing, certificates)
    door = APIRouter()
    gate = BearerGate(ISSUERS, one.service.public_key, "/verstrekking/v1", one.clock, beside)

    @door.get("/wie")
    async def who(caller: Annotated[Caller, Depends(gate)]) -> str:
        return caller.application

    bearer = ("authorization", f"Bearer {token}")
    async with serving(door) as http:
        for shown, status in (((mine,), 200), ((other,), 401), ((), 401), ((mine, mine), 401), ((":!:",), 401)):
            headers = [bearer, *(("client-cert", one) for one in shown)]
            assert (await http.get("/wie", headers=headers)).status_code == status, shown
    # nobody else than the gateway is believed: then it is no certificate, and the token is bound to none
    plain = await one.http.post("/oauth/token", data=form(signed(jti=random_id())), headers={"client-cert": mine})
    claims = json.loads(base64.urlsafe_b64decode(plain.json()["access_token"].split(".")[1] + "=="))
    assert "cnf" not in claims
    known, party = one.register.known["gm9901", "loket"]
    one.register.known["gm9901", "loket"] = (known.model_copy(update={"bound": True}), party)
    refused = await one.http.post("/oauth/token", data=form(signed(jti=random_id())), headers={"client-cert": mine})
    assert refused.status_code == 400, "who registered to be bound gets no other token"


def test_a_certificate_is_read_as_gateways_spell_it() -> None:
    der = b"\x30\x82 not looked into"
    inner = base64.b64encode(der).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{inner[:20]}\n{inner[20:]}\n-----END CERTIFICATE-----\n"
    expected = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    assert thumbprint(f":{inner}:") == thumbprint(quote(pem)) == expected
    for wrong in ("", "::", ":a:", inner, "-----BEGIN CERTIFICATE-----", quote(pem + pem), f":{'A' * 9000}:"):
        with pytest.raises(ValueError, match=r"large|base64|certificate|empty"):
            thumbprint(wrong)
