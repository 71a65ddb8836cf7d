"""One host of one source: its name is resolved once, judged, and called at the address that was judged.

Between judging and calling nobody may change the answer (DNS rebinding), so the name is not looked up again. TLS still
checks the certificate against the name. When the address no longer answers it is looked up, and judged, anew.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

import httpx2

from connectors.outside.addresses import Network, may_call

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
PORTS = {"http": 80, "https": 443}
ALIKE = "regie_alike"  # extension of a question: its path is that of every other one


class NotListed(httpx2.ConnectError):
    """Another host than the source's own, or an address that may not be called. Nothing was sent."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Its addresses, in the order in which the system would try them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


class Pinned(httpx2.AsyncBaseTransport):
    """Satisfies AsyncBaseTransport. url: of the source: the only scheme, host and port it may call."""

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, url: str, listed: Sequence[Network], resolver: Resolve = resolve
    ) -> None:
        self._inner, self._listed, self._resolve = inner, tuple(listed), resolver
        self._own = _origin(httpx2.URL(url))
        self._address = ""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises NotListed, httpx2.TransportError."""
        if _origin(request.url) != self._own:
            raise NotListed("not the host of this source", request=request)
        address = await self._judged(request)
        pinned = httpx2.Request(
            request.method,
            _spelled(request, address),
            headers=request.headers,  # its Host is the name
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": self._own[1]},
        )
        try:
            return await self._inner.handle_async_request(pinned)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            self._address = ""
            raise

    async def aclose(self) -> None:
        """With the connections behind it."""
        await self._inner.aclose()

    async def _judged(self, request: httpx2.Request) -> str:
        """All addresses must be allowed: which of them is called would else be the name server's choice."""
        if self._address:
            return self._address
        seconds = (request.extensions.get("timeout") or {}).get("connect")
        scheme, host, port = self._own
        try:
            async with asyncio.timeout(seconds):
                found = await self._resolve(host, port)
        except TimeoutError:
            raise httpx2.ConnectTimeout("the name did not resolve in time", request=request) from None
        except (OSError, UnicodeError):
            raise httpx2.ConnectError("the name does not resolve", request=request) from None
        if not found or not all(may_call(one, self._listed, scheme == "https") for one in found):
            raise NotListed("an address that may not be called", request=request)
        self._address = found[0]
        return self._address


def _spelled(request: httpx2.Request, address: str) -> httpx2.URL:
    """What stands in a query, or was filled in in a path, may be about somebody, and is not remembered."""
    alike = request.extensions.get(ALIKE) and not request.url.query
    return spelled(request.url, address) if alike else request.url.copy_with(host=address)


@lru_cache(maxsize=256)
def spelled(url: httpx2.URL, address: str) -> httpx2.URL:
    """To spell an address anew took a tenth of a whole question."""
    return url.copy_with(host=address)


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or PORTS.get(url.scheme, 0)
