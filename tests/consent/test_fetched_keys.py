"""Keys that an application publishes itself: where they may be, how often they are asked for, what is believed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI, Response
from joserfc.jwk import ECKey

from consent.activity import Application
from consent.contract import RegisterUnavailable
from consent.parties.contract import Change
from consent.parties.fetching import AGAIN_SECONDS, FRESH_SECONDS, MOST_BYTES, STALE_SECONDS, KeySets
from kernel.errors import BadInput
from kernel.http.server import serve
from tests.consent.applications import OWN, jwks
from tests.consent.house import STAFF, TENANT, House
from tests.consent.test_parties import ONE, admitted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
OTHER = ECKey.generate_key("P-256")
LOOPBACK = {"127.0.0.1": ("127.0.0.1",)}


@dataclass
class Publisher:
    """Whoever publishes keys, really, on this machine."""

    body: str = field(default_factory=lambda: jwks(OWN))
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    url: str = ""
    now: float = 1_000.0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/jwks")
        async def keys() -> Response:
            self.asked += 1
            return Response(self.body, self.status, self.headers)

        return app


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    one = Publisher()
    async with serve(one.app()) as address:
        one.url = f"{address.url}/jwks"
        yield one


@pytest.fixture
async def sets(publisher: Publisher) -> AsyncIterator[KeySets]:
    found = KeySets(LOOPBACK, lambda: publisher.now)
    yield found
    await found.close()


async def test_keys_are_kept_and_asked_for_with_measure(publisher: Publisher, sets: KeySets) -> None:
    url, own, other = publisher.url, OWN.thumbprint(), OTHER.thumbprint()
    assert sets.known(url) == ""
    assert await sets.of(url, own) == publisher.body == sets.known(url)
    publisher.body = jwks(OTHER)
    for invented in (own, other, "a", "b"):
        assert other not in await sets.of(url, invented)
    assert publisher.asked == 1, "invented kids flood nobody"
    publisher.now += AGAIN_SECONDS
    assert other in await sets.of(url, other) and publisher.asked == 2
    publisher.body, publisher.now = jwks(OWN), publisher.now + FRESH_SECONDS + 1
    assert other not in await sets.of(url, other), "a key that was taken away goes"


async def test_who_is_away_is_believed_for_some_hours(publisher: Publisher, sets: KeySets) -> None:
    url = publisher.url
    known = await sets.of(url, "")
    publisher.status, publisher.now = 503, publisher.now + STALE_SECONDS
    assert await sets.of(url, "") == known
    publisher.now += AGAIN_SECONDS
    assert await sets.of(url, "") == ""


PRIVATE = json.dumps({"keys": [{**OWN.as_dict(private=True), "kid": "1"}]})


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "{"},
        {"body": PRIVATE},
        {"body": json.dumps({"keys": []})},
        {"body": " " * MOST_BYTES + jwks(OWN)},
        {"status": 404},
        {"status": 302, "headers": {"location": "/jwks"}},
    ],
)
async def test_what_is_no_set_of_keys_is_not_believed(
    publisher: Publisher, sets: KeySets, answer: dict[str, Any]
) -> None:
    for name, value in answer.items():
        setattr(publisher, name, value)
    assert await sets.of(publisher.url, "") == ""


async def test_nobody_is_asked_who_is_not_listed_or_leads_inside(publisher: Publisher) -> None:
    for hosts in ({}, {"localhost": ("127.0.0.1",)}, {"127.0.0.1": ()}):
        sets = KeySets(hosts, lambda: publisher.now)
        assert await sets.of(publisher.url, "") == ""
        await sets.close()
    inside = KeySets({"localhost": ()}, lambda: publisher.now)  # a name that may be asked, and leads inside
    assert await inside.of(publisher.url.replace("http://127.0.0.1", "https://localhost"), "") == ""
    await inside.close()
    assert publisher.asked == 0


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_an_application_with_its_keys_elsewhere(house: House) -> None:
    await house.ready()
    url, kid = "https://keys.example/jwks", OWN.thumbprint()
    application = Application(client_id="loket-app", name="app", kind="automatisch", jwks_url=url)
    with pytest.raises(BadInput):  # not listed
        await house.consent.parties.save(ONE, Change(application=application, of="loket"))

    @dataclass
    class Sets:
        text: str = ""

        def may_ask(self, _: str) -> bool:
            return True

        def known(self, _: str) -> str:
            return self.text

        async def of(self, _: str, wanted: str) -> str:
            self.text = jwks(OWN)
            return self.text

    house.consent.clients.fetched = Sets()
    await admitted(house, Change(application=application, of="loket"))
    before = await house.consent.clients.client_of(TENANT, "loket-app")
    assert before and before[0].jwks == "", "who does not show a key asks nobody"
    known = await house.consent.clients.client_of(TENANT, "loket-app", kid)
    assert known and kid in known[0].jwks
    with pytest.raises((BadInput, RegisterUnavailable)):
        await house.consent.add_client(STAFF, "loket", known[0])
