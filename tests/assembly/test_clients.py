"""A new application: its key is made, its public half registered, its private half handed over once."""

import json

import pytest
from joserfc.jwk import ECKey

from assembly.clients import NewClient, add_client, make_client_key
from consent.activity import Application
from consent.jwks import sealing_key, usable
from consent.registers import Registers
from consent.tokens.assertion import proven
from kernel.caller import Caller
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
