"""An application that comes through an Inway: with a token of the Manager, at the real doors of the real house."""

import json
from ipaddress import IPv4Network
from typing import Any

import httpx2
import pytest

from assembly.demo.register import STORY
from consent.activity import Application
from consent.parties.contract import Change
from kernel.caller import Caller
from kernel.fsc import EXPIRED, INVALID, NO_SERVICE, WRONG_GROUP
from kernel.ids import uuid7
from tests.consent.managers import GRANT, STRANGER, certificate, group, token
from tests.house import ELSEWHERE, HERE, OFFICER, R1, WIRINGS, Founded, House, Plan

pytestmark = pytest.mark.anyio
ROLES = ("proceseigenaar", "afdeling:inkomensloket")
ONE, TWO = (Caller(tenant=HERE, kind="medewerker", user=name, roles=ROLES) for name in ("een", "twee"))
HEADER, SHOWN = certificate()
PLACE = "/verstrekking/v1/verstrekkingen"


@pytest.fixture(scope="module", params=["together-sqlite", pytest.param("apart-sqlite", marks=pytest.mark.slow)])
def plan(request: pytest.FixtureRequest, founded_on_files: Founded) -> Plan:
    environ = {"REGIE_CONSENT_FSC": json.dumps({HERE: group()})}
    return Plan(founded_on_files, WIRINGS[request.param][0], None, environ, (IPv4Network("127.0.0.0/8"),))


async def admitted(house: House, **changes: Any) -> str:
    """By two persons, an application that has no key of its own; the OIN of its recipient."""
    parties = house.register.parties
    said = {"client_id": "via-inway", "name": "Zaaksysteem", "kind": "automatisch", "grants": (GRANT,),
            "roles": ("verstrekking",), "activities": (STORY,), **changes}  # fmt: skip
    saved = await parties.save(ONE, Change(application=Application.model_validate(said), of="inkomensloket"))
    await parties.step(ONE, saved.name, "voorstellen", saved.digest)
    await parties.step(TWO, saved.name, "toelaten", saved.digest)
    return next(one.recipient.oin for one in await parties.registered(ONE) if one.recipient.slug == "inkomensloket")


async def ask(house: House, sub: str, place: str = PLACE, *, tenant: str = HERE, header: str = HEADER,
              **claims: Any) -> tuple[httpx2.Response, str]:  # fmt: skip
    """A question through the Inway; with its transaction."""
    now = int(house.clock().timestamp())
    transaction = uuid7(now * 1_000)
    said = {"fsc-authorization": f"Bearer {token(now, sub=sub, **claims)}",
            "fsc-transaction-id": transaction, "client-cert": header}  # fmt: skip
    body = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": STORY, "gegevenselementen": ["brp.naam"],
            "zaak": house.addresses["zaak"]}  # fmt: skip
    return await house.http.post(house.url(tenant) + place, json=body, headers=said), transaction


async def refuses(house: House, loket: str) -> None:
    """What does not hold, at the doors that it would open."""
    before = await house.size()
    for claims, status, code in (
        ({"iss": STRANGER}, 401, INVALID),
        ({"sub": STRANGER}, 401, INVALID),
        ({"act": {"sub": STRANGER}}, 401, INVALID),
        ({"gth": "$1$4$" + "x" * 80}, 401, INVALID),
        ({"cnf": {"x5t#S256": "x" * 43}}, 401, INVALID),
        ({"exp": int(house.clock().timestamp()) - 1, "nbf": int(house.clock().timestamp()) - 200}, 401, EXPIRED),
        ({"gid": "fsc.elders"}, 403, WRONG_GROUP),
        ({"svc": "iets-anders"}, 404, NO_SERVICE),
        ({"svc": "regie-toestemming"}, 404, NO_SERVICE),
        ({"tenant": ELSEWHERE}, 401, INVALID),
        ({"header": certificate("other")[0]}, 401, INVALID),
        ({"header": ""}, 401, INVALID),
        # registered for the one root, with a good token for another
        ({"svc": "regie-toestemming", "place": "/toestemming/v1/toetsingen"}, 401, INVALID),
    ):
        refused, transaction = await ask(house, **{"sub": loket} | claims)
        found = (refused.status_code, refused.headers["fsc-error-code"], refused.headers["fsc-transaction-id"])
        assert found == (status, code, transaction), claims
        assert set(refused.json()) == {
            "type",
            "title",
            "status",
            "detail",
            "code",
            "instance",
            "fscCode",
            "fscTransactie",
        }
    assert await house.size() == before, "nobody is asked about, so there is no line"


async def test_an_application_comes_through_the_inway_and_never_further_than_its_own(house: House) -> None:
    house.addresses["zaak"] = await house.case()
    loket = await admitted(house)
    answer, transaction = await ask(house, loket)
    assert answer.status_code == 200 and "brp.naam" in answer.json()["gegevens"], answer.text
    # its line names it and the certificate that it showed, and is found by the transaction, as its trace
    index = answer.json()["logregel"]["index"]
    (line,) = (one for one in await house.lines(sleutel=f"fsc:{SHOWN}") if one["logregel"]["index"] == index)
    assert (line["toepassing"], line["sleutel"]) == ("via-inway", f"fsc:{SHOWN}")
    asked = {"traceId": transaction, "reden": {"reden": "inzage", "zaak": "FG-1"}}
    found = (await house.application(OFFICER).post("logboek", "/processing-activities", asked)).json()
    assert {one["traceId"] for one in found["processingActivities"]} == {transaction}

    described = (await house.http.get(house.url() + "/verstrekking/v1/openapi.json")).json()
    assert {"fsc": []} in described["paths"]["/verstrekkingen"]["post"]["security"]
    await refuses(house, loket)
    # narrowed to what its recipient has no part in: then to nothing, which would be everything
    await admitted(house, activities=("andere-regeling",))
    narrowed, _ = await ask(house, loket)
    assert (narrowed.status_code, narrowed.headers["fsc-error-code"]) == (401, INVALID)
    await admitted(house)
    assert (await ask(house, loket))[0].status_code == 200
    # who is stopped does not come in at the next request
    await house.register.parties.suspend(ONE, "via-inway")
    stopped, _ = await ask(house, loket)
    assert (stopped.status_code, stopped.headers["fsc-error-code"]) == (401, INVALID)
