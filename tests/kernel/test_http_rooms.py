"""Rooms know each other by a signed word of a minute; every forgery is a 401, over the same door."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable, NotFound, NotLoggedIn
from kernel.http.app import make_app
from kernel.http.client import RoomLine, open_client
from kernel.http.health import StartGate
from kernel.http.rooms import RoomGate, RoomKey
from kernel.message import Message, Short
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
SEED = bytes(range(32))
CALLER = Caller(tenant="gm9901", application="app", kind="automatisch", scope=("a", "b"), auth_time=5)
KEY = RoomKey("desk", SEED, lambda: NOON)
GATE = RoomGate("log", {"desk": KEY.public, "other": RoomKey("other", b"o" * 32).public}, lambda: NOON)


class Word(Message):
    word: Short


def _app() -> FastAPI:
    gate = StartGate()
    gate.open()
    app = make_app("Test", gate)

    @app.post("/intern/v1/echo")
    async def echo(word: Word, caller: Annotated[Caller, Depends(GATE)]) -> dict[str, Any]:
        if word.word == "niets":
            raise NotFound("Er is niets.", waar="hier")
        return {"word": f"{word.word} {caller.application}"} if word.word != "raar" else {"other": 1}

    return app


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client("http://log", timeout_seconds=PATIENCE, transport=httpx2.ASGITransport(_app())) as client:
        yield client


async def test_a_room_asks_and_the_neighbour_knows_for_whom(http: httpx2.AsyncClient) -> None:
    answer = await RoomLine(http, KEY, "log").ask("/intern/v1/echo", CALLER, Word(word="dag"), Word)
    assert answer == Word(word="dag app")


async def test_the_whole_caller_arrives() -> None:
    assert GATE.check(KEY.mint("log", CALLER)) == CALLER


async def test_the_neighbours_problem_arrives_as_itself(http: httpx2.AsyncClient) -> None:
    with pytest.raises(NotFound) as caught:
        await RoomLine(http, KEY, "log").ask("/intern/v1/echo", CALLER, Word(word="niets"), Word)
    assert caught.value.same_as(NotFound("Er is niets.", waar="hier"))


@pytest.mark.parametrize(("key", "word"), [(KEY, "raar"), (RoomKey("desk", b"x" * 32, lambda: NOON), "dag")])
async def test_a_neighbour_that_we_do_not_understand_is_away(http: httpx2.AsyncClient, key: RoomKey, word: str) -> None:
    with pytest.raises(NeighbourUnavailable) as caught:
        await RoomLine(http, key, "log").ask("/intern/v1/echo", CALLER, Word(word=word), Word)
    assert caught.value.__cause__ is None and caught.value.__context__ is None


async def test_a_neighbour_that_is_not_there_is_away() -> None:
    async with open_client("http://127.0.0.1:1", timeout_seconds=1) as http:
        with pytest.raises(NeighbourUnavailable):
            await RoomLine(http, KEY, "log").ask("/intern/v1/echo", CALLER, Word(word="dag"), Word)


async def test_without_a_token_the_door_is_shut(http: httpx2.AsyncClient) -> None:
    for headers in ({}, {"authorization": "Basic eA=="}, {"authorization": "Bearer"}):
        answer = await http.post("/intern/v1/echo", json={"word": "dag"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "niet-ingelogd")


def _forged(header: dict[str, Any] | None = None, seed: bytes = SEED, **changes: Any) -> str:
    claims: dict[str, Any] = {
        "iss": "desk",
        "aud": "log",
        "tenant": "gm9901",
        "caller": CALLER.model_dump(mode="json"),
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "0" * 32,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    key = OKPKey.import_key(bytes.fromhex("302e020100300506032b657004220420") + seed)
    return jwt.encode({"alg": "Ed25519", "kid": "desk"} | (header or {}), claims, key, algorithms=["Ed25519"])


def test_an_unchanged_forgery_would_pass() -> None:
    assert GATE.check(_forged()) == CALLER


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "vault"},
        {"iss": "other"},
        {"tenant": "gm9902"},
        {"exp": NOW + 61},
        {"exp": NOW},
        {"exp": NOW - 1, "iat": NOW - 50},
        {"iat": NOW + 6, "exp": NOW + 60},
        {"iat": None},
        {"exp": None},
        {"jti": None},
        {"exp": float(NOW + 60)},
        {"caller": {"tenant": "gm9901", "kind": "god"}},
        {"extra": "x"},
        {"header": {"kid": "stranger"}},
        {"header": {"kid": "other"}},
        {"header": {"jku": "https://forger.example/keys"}},
        {"seed": b"f" * 32},
        {"seed": b"o" * 32, "iss": "other"},
        {"caller": CALLER.model_dump(mode="json") | {"scope": ["x" * 200] * 50}},
    ],
    ids=str,
)
def test_every_forged_token_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotLoggedIn):
        GATE.check(_forged(**changes))


def _plain(header: dict[str, Any], signature: bytes) -> str:
    claims = _forged().split(".")[1]
    parts = [base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode(), claims]
    return ".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])


def test_no_other_algorithm_opens_the_door() -> None:
    claims = json.loads(base64.urlsafe_b64decode(_forged().split(".")[1] + "=="))
    symmetric = jwt.encode({"alg": "HS256", "kid": "desk"}, claims, OctKey.import_key(KEY.public), algorithms=["HS256"])
    good = base64.urlsafe_b64decode(_forged().split(".")[2] + "==")
    tokens = [_plain({"alg": alg, "kid": "desk"}, good) for alg in ("none", "EdDSA", "RS256")]
    for token in (symmetric, _plain({"alg": "none", "kid": "desk"}, b""), *tokens, "", "a.b", "a.b.c", "é.b.c"):
        with pytest.raises(NotLoggedIn):
            GATE.check(token)


def test_a_token_lives_a_minute_and_no_longer() -> None:
    token = KEY.mint("log", CALLER)

    def gate(now: datetime) -> RoomGate:
        return RoomGate("log", {"desk": KEY.public}, lambda: now)

    assert gate(NOON + timedelta(seconds=59)).check(token) == CALLER
    for wrong in (NOON + timedelta(seconds=60), NOON - timedelta(seconds=6)):
        with pytest.raises(NotLoggedIn):
            gate(wrong).check(token)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_size_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        RoomKey("desk", b"x" * size)
    with pytest.raises(ValueError, match="32 bytes"):
        RoomGate("log", {"desk": b"x" * size})
