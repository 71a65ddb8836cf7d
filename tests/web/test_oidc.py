"""What a login provider sends is bounded, in size and in time, and leads nowhere else."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from kernel.errors import NeighbourUnavailable
from kernel.http.client import open_client
from tests.patience import PATIENCE
from tests.web.portal import SIGNING, honest
from web.oidc import BYTES, LoginProvider, LoginRefused
from web.session import Attempt
from web.settings import LoginSettings, WebSettings

pytestmark = pytest.mark.anyio
ISSUER = "https://login.example"
PLACES = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
}
ATTEMPT = Attempt(state="s", nonce="n", verifier="v", back="/", until=0)
Answer = Callable[[httpx2.Request], httpx2.Response]


def provider(answer: Answer, seconds: float = 5.0) -> LoginProvider:
    settings = LoginSettings(mode="test", issuer=ISSUER, client_id="portaal", timeout_seconds=seconds)
    http = open_client(ISSUER, timeout_seconds=seconds, transport=httpx2.MockTransport(answer))
    return LoginProvider(http, settings, lambda: datetime(2026, 9, 1, tzinfo=UTC))


def saying(**changed: Any) -> LoginProvider:
    """Metadata with other members."""
    return provider(lambda _: httpx2.Response(200, json=PLACES | changed))


class Flood(httpx2.AsyncByteStream):
    """Answers without end, and counts what was taken of it. pause: seconds before each part."""

    def __init__(self, part: bytes, pause: float = 0.0) -> None:
        self.part, self.pause, self.taken = part, pause, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self.pause)
            self.taken += len(self.part)
            yield self.part


def flooded(flood: Flood, at: str) -> Answer:
    """A provider that floods one of its places."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(at):
            return httpx2.Response(200, stream=flood)
        return httpx2.Response(200, json=PLACES | {"access_token": "a", "id_token": "a.b.c"})

    return answer


@pytest.mark.parametrize("at", ["openid-configuration", "/token", "/jwks"])
async def test_an_answer_without_end_is_left_at_its_limit(at: str) -> None:
    """The whole answer was taken in before its size was looked at."""
    flood = Flood(b" " * 4096)
    with pytest.raises(NeighbourUnavailable):
        await provider(flooded(flood, at)).claims("code", ATTEMPT, "https://regie.example/inloggen/terug")
    assert flood.taken <= BYTES + 4096


@pytest.mark.parametrize("at", ["openid-configuration", "/token", "/jwks"])
async def test_an_answer_by_drops_is_left_in_time(at: str) -> None:
    """The client's time-out is on each wait for bytes: one byte a second held a login for a day."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(NeighbourUnavailable):
            await provider(flooded(Flood(b" ", 0.05), at), seconds=0.3).claims("c", ATTEMPT, "https://regie.example/")


async def test_a_small_answer_that_unpacks_large_is_no_answer() -> None:
    packed = gzip.compress(json.dumps(PLACES | {"more": "a" * BYTES}).encode())
    answer = httpx2.Response(200, content=packed, headers={"content-encoding": "gzip"})
    with pytest.raises(NeighbourUnavailable):
        await provider(lambda _: answer).authorize(ATTEMPT, "https://regie.example/")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://elders.example"},
        {"token_endpoint": None},
        {"token_endpoint": "http://login.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "https://login.example@elders.example/"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
)
async def test_metadata_that_leads_elsewhere_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(NeighbourUnavailable):
        await saying(**changed).authorize(ATTEMPT, "https://regie.example/")


async def test_an_answer_without_issuer_is_believed_only_from_who_never_names_it() -> None:
    """A process that had not read the metadata yet believed any answer without one."""
    assert not await saying(authorization_response_iss_parameter_supported=True).answers_for_us(None)
    assert await saying().answers_for_us(None)


async def test_a_named_issuer_is_compared_with_the_settings_and_nobody_is_asked() -> None:
    def nobody(_: httpx2.Request) -> httpx2.Response:
        raise AssertionError("asked")

    assert await provider(nobody).answers_for_us(ISSUER)
    assert not await provider(nobody).answers_for_us("https://elders.example")


async def test_a_code_that_is_refused_is_no_outage() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(400 if request.method == "POST" else 200, json=PLACES)

    with pytest.raises(LoginRefused):
        await provider(answer).claims("code", ATTEMPT, "https://regie.example/")


@pytest.mark.parametrize(("strange", "read"), [([{"kty": "PQ", "kid": "new"}, 5, {}], True), ([], True), (None, False)])
async def test_a_key_of_an_unknown_kind_does_not_take_the_others_with_it(strange: Any, read: bool) -> None:
    """A provider that adds a newer kind of key shut everybody out."""
    keys = {"keys": [*strange, SIGNING.as_dict(private=False)]} if read else {"keys": strange}
    tokens = {"access_token": "a", "id_token": honest({"iss": ISSUER})}

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=keys if request.url.path == "/jwks" else PLACES | tokens)

    with pytest.raises(LoginRefused if read else NeighbourUnavailable) as refused:
        await provider(answer).claims("code", ATTEMPT, "https://regie.example/")
    assert not read or refused.value.detail == "inhoud", "the signature was good, and what it says is next"


@pytest.mark.parametrize("issuer", ["https://u:geheim@login.example", "https://:geheim@login.example", "login.example"])
def test_an_issuer_with_a_secret_in_it_is_no_setting(issuer: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        LoginSettings(mode="test", issuer=issuer, client_id="portaal")
    assert "geheim" not in str(wrong.value)


def test_settings_do_not_print_their_secrets() -> None:
    url = "postgresql+asyncpg://regie:geheim@localhost/regie"
    settings = WebSettings(mode="test", database=url, issuer=ISSUER, client_id="x", client_key=b"geheim")  # type: ignore[arg-type]  # pydantic reads bytes
    assert "geheim" not in repr(settings) + str(settings)
