"""One question to a neighbour. Every HTTP client of the house is opened here."""

import ssl
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import httpx2
from pydantic import ValidationError

from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable, NotLoggedIn
from kernel.http.problems import raise_for_problem
from kernel.http.rooms import RoomKey
from kernel.http.trace import current_trace
from kernel.message import Message

T = TypeVar("T", bound=Message)
CONNECTIONS = 100
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)  # there was no line to send it over


async def _send_trace(request: httpx2.Request) -> None:
    request.headers.update(current_trace().headers())


@cache
def trusted() -> ssl.SSLContext:
    """The certificate authorities of the system. Once: to read them takes longer than to call somebody."""
    return httpx2.create_ssl_context(trust_env=False)


def open_client(
    base_url: str,
    *,
    timeout_seconds: float,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A client with all four time-outs, a pool limit, no redirects and no proxies from the environment.

    timeout_seconds: for connecting, writing, waiting for a place in the pool, and each wait for bytes.
    """
    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=httpx2.Timeout(timeout_seconds),
        limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=20, keepalive_expiry=4.0),
        follow_redirects=False,
        trust_env=False,
        verify=trusted(),
        transport=transport,
        event_hooks={"request": [_send_trace]},
    )


async def limited(answer: httpx2.Response, most: int) -> bytes | None:
    """The content of a streamed answer; None as soon as it is more than `most` bytes. Raises httpx2.HTTPError."""
    received = bytearray()
    async for part in answer.aiter_bytes():
        received += part
        if len(received) > most:
            return None
    return bytes(received)


@dataclass(frozen=True)
class RoomLine:
    """A line to one neighbour: who calls (`issuer`), who is called (`audience`), and over what."""

    http: httpx2.AsyncClient
    issuer: RoomKey
    audience: str

    async def ask(self, path: str, caller: Caller, body: Message, answer: type[T]) -> T:
        """POST `body`, read `answer`. `path` is a literal: data goes in the body, never in an address.

        Raises the neighbour's own Problem, or NeighbourUnavailable. Never retries: whether a verb may be repeated
        is known to its caller only.
        """
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.issuer.mint(self.audience, caller)}",
        }
        try:
            response = await self.http.post(path, content=body.model_dump_json(), headers=headers)
            raise_for_problem(response)
            return answer.model_validate_json(response.content)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            silent = NeighbourUnavailable("Een onderdeel van Regie antwoordt niet.", onderdeel=self.audience)
            silent.asked = not isinstance(error, _NEVER_LEFT)
        except (ValidationError, NotLoggedIn):
            # What it sent does not fit, or it does not know our key: our fault, and no fault of whoever asked us.
            silent = NeighbourUnavailable("Onderdelen van Regie verstaan elkaar niet.", onderdeel=self.audience)
        raise silent  # outside the handlers: causes stay behind
