"""A new application: its key is made, its public half registered, its private half handed over once."""

import json

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from joserfc.jwk import ECKey

from assembly.clients import NewClient, add_client, make_client_key
from assembly.tools import token_for
from consent.activity import Application
from consent.jwks import sealing_key, usable
from consent.registers import Registers
from consent.tokens.assertion import proven
from kernel.caller import Caller
from kernel.http.server import serve
from kernel.settings import SettingsWrong
from tests.consent.applications import ISSUER, NOW, signed

pytestmark = pytest.mark.anyio


def test_made_key_is_one_that_the_endpoint_takes() -> None:
    private, public = make_client_key()
    [registered] = public["keys"]
    assert usable(registered)[1] == registered["alg"] == private["alg"] == "ES256"
    assert registered["kid"] == private["kid"] and "d" in private and "d" not in registered
    assert make_client_key()[0]["d"] != private["d"]


async def test_added_client_can_prove_itself() -> None:
    seen: list[tuple[str, Application]] = []

    class Heard(Registers):
        async def add_client(self, caller: Caller, recipient: str, application: Application) -> None:  # type: ignore[override]  # its receipt is not looked at
            seen.append((recipient, application))

    caller = Caller(tenant="gm9901", kind="medewerker", roles=("beheer",))
    entry = await add_client(Heard(), caller, "inkomensloket", NewClient("loket", "Loket", "mens"), ISSUER)  # type: ignore[abstract]  # one verb is enough
    [(recipient, application)] = seen
    assert (recipient, application.client_id, application.kind) == ("inkomensloket", "loket", "mens")
    assert entry["privateJwk"]["d"] not in application.jwks
    key = ECKey.import_key(entry.pop("privateJwk"))
    opening = entry.pop("ontsleutelJwk")
    assert sealing_key(application.jwks) == {name: value for name, value in opening.items() if name != "d"}
    assert proven(signed(key=key), application.jwks, ISSUER, NOW).client_id == "loket"
    assert entry == {
        "naam": "Loket", "clientId": "loket", "soort": "mens", "activities": [],
        "resources": {"verstrekking": f"{ISSUER}/verstrekking/v1", "toestemming": f"{ISSUER}/toestemming/v1"},
    }  # fmt: skip
    assert json.loads(application.jwks)["keys"][0]["kid"] == key.thumbprint()
    reporter = NewClient("bomen", "Bomen", "automatisch", ("verstrekking", "melden"))
    entry = await add_client(Heard(), caller, "groen", reporter, ISSUER)  # type: ignore[abstract]  # as above
    assert entry["resources"] == {"verstrekking": f"{ISSUER}/verstrekking/v1", "melden": f"{ISSUER}/logboek/v1"}
    resident = await add_client(Heard(), caller, "groen", NewClient("mijn", "Mijn", "burger"), ISSUER)  # type: ignore[abstract]  # as above
    assert "ontsleutelJwk" not in resident, "who asks for one resident needs no such key"
    assert seen[-2][1].roles == ("verstrekking", "melden")


async def test_who_gets_no_token_by_hand_reads_why() -> None:
    refusing = FastAPI()
    refusing.add_api_route("/oauth/token", lambda: JSONResponse({"error": "invalid_client"}, 401), methods=["POST"])
    async with serve(refusing) as address:
        for issuer, why in ((address.url, "invalid_client"), ("http://127.0.0.1:1", "antwoordt niet")):
            entry = {"clientId": "loket", "privateJwk": make_client_key()[0], "resources": {"verstrekking": "x"}}
            known = {"issuer": issuer, "tokenUrl": f"{issuer}/oauth/token", "clients": [entry]}
            with pytest.raises(SettingsWrong, match=why):
                await token_for(known, "loket", "verstrekking")
