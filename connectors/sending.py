"""Step 9 of a release: our own ASGI response, which looks at the clock before each send.

D passed since the check behind it: nothing more is sent and the server closes the connection. A withdrawal waits D for
what is under way, so what would leave later would leave after the resident was told that it had stopped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from connectors.answer import body_of
from connectors.contract import Deliver, Release, StaleAnswer
from kernel.clock import BootClock

UNDER_WAY = 2.0  # D of trust.md, seconds
TOO_OLD = "Dit duurde te lang. Er is niets verstuurd; herhaal de vraag."


class Sending(Response):
    """An answer that is worked out while it is sent. `walk` gets what sends; what it raises before the first byte is
    rendered as any other problem."""

    def __init__(self, walk: Callable[[Deliver], Awaitable[Release]], boot: BootClock) -> None:
        super().__init__()
        self._walk, self._boot = walk, boot

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """None yet: they go out with what was worked out."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Walk, and send when the walk says so."""

        async def deliver(release: Release, checked: float) -> None:
            try:
                # the server waits before it writes while the client does not read: then nothing is written any more
                async with asyncio.timeout(UNDER_WAY - (self._boot() - checked)):
                    for message in _messages(release):
                        if self._boot() - checked >= UNDER_WAY:
                            raise StaleAnswer(TOO_OLD)
                        await send(message)
            except TimeoutError:
                raise StaleAnswer(TOO_OLD) from None

        await self._walk(deliver)


def _messages(release: Release) -> tuple[Message, Message]:
    body = body_of(release)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers.append((b"cache-control", b"no-store"))
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    return start, {"type": "http.response.body", "body": body, "more_body": False}
