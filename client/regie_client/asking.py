"""One question over HTTP, and an answer within limits. No redirects, no proxies from the environment, nothing twice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

import httpx2
from pydantic import ValidationError

from regie_client.errors import CannotReach, NotReleased, Problem, Unusable
from regie_client.messages import ProblemBody, Said

JSON, PROBLEM = "application/json", "application/problem+json"
ANSWER_MOST, SMALL_MOST = 4 << 20, 64 << 10  # bytes: of a release, of anything else
SECONDS = 15.0  # for connecting and for each wait; sources of one release may take eight together
WHOLE = 60.0  # seconds for one answer with all its bytes
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

T = TypeVar("T", bound=Said)


@dataclass(frozen=True)
class Ask:
    """What is sent. url: without anybody's number in it. kind: of the answer that is expected, "" for none. most: bytes
    of it. wait: seconds for what takes long to begin, 0 for those of the connection. into: where a good one is put."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    kind: str = JSON
    most: int = SMALL_MOST
    seconds: float = WHOLE
    wait: float = 0.0
    into: BinaryIO | None = None


@dataclass(frozen=True)
class Answer:
    """What came. wait: seconds of Retry-After, 0 for none."""

    status: int
    kind: str
    content: bytes = field(repr=False)
    wait: int = 0


def open_http() -> httpx2.AsyncClient:
    """A client with the limits of this package."""
    return httpx2.AsyncClient(timeout=httpx2.Timeout(SECONDS), follow_redirects=False, trust_env=False)


async def send(http: httpx2.AsyncClient, ask: Ask) -> Answer:
    """The whole answer, whatever its status. Raises CannotReach, Unusable."""
    headers = {
        "accept": f"{ask.kind}, {PROBLEM}" if ask.kind else PROBLEM,
        "accept-encoding": "identity",
        **ask.headers,
    }
    try:
        async with (
            asyncio.timeout(ask.seconds),
            http.stream(
                ask.method,
                ask.url,
                content=ask.content or None,
                headers=headers,
                follow_redirects=False,
                timeout=httpx2.Timeout(SECONDS, read=ask.wait) if ask.wait else httpx2.USE_CLIENT_DEFAULT,
            ) as answer,
        ):
            received, size = bytearray(), 0
            into = ask.into if answer.status_code == 200 else None
            async for part in answer.aiter_bytes():
                size += len(part)
                if size > (ask.most if into or ask.into is None else SMALL_MOST):
                    raise Unusable("it is too large", answer.status_code)
                if into is None:
                    received += part
                else:
                    into.write(part)
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            wait = answer.headers.get("retry-after", "")
            patience = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else 0
            return Answer(answer.status_code, kind, bytes(received), patience)
    except _NEVER_SENT:
        raise CannotReach(sent=False) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):  # its text may quote what was sent
        raise CannotReach(sent=True) from None


def expected(answer: Answer, ask: Ask) -> bytes:
    """What was asked for. Raises Problem, Unusable."""
    if answer.status >= 400:
        raise _problem(answer)
    if answer.status == 204 and not ask.kind:
        return b""
    if answer.status not in (200, 201, 202):
        raise Unusable("it is no answer", answer.status)
    if answer.kind != ask.kind:
        raise Unusable("it is of another kind", answer.status)
    return answer.content


def read(content: bytes, shape: type[T]) -> T:
    """Raises Unusable."""
    try:
        return shape.model_validate_json(content)
    except ValidationError:  # its text may quote what came
        raise Unusable("it does not have the agreed form", 200) from None


def _problem(answer: Answer) -> Problem | Unusable:
    if answer.kind != PROBLEM:
        return Unusable("it does not say what is wrong", answer.status)
    try:
        said = ProblemBody.model_validate_json(answer.content)
    except ValidationError:
        return Unusable("it does not say what is wrong", answer.status)
    return (NotReleased if said.refused and answer.status == 403 else Problem)(answer.status, said, answer.wait)
