"""A result as an HTTP answer: lines of JSON, cut when the check behind them gets too old (see connectors.sending)."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from connectors.bulk.contract import Write
from connectors.contract import StaleAnswer
from connectors.sending import TOO_OLD, UNDER_WAY
from kernel.clock import BootClock

MEDIA = "application/x-ndjson"
_HEAD: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", MEDIA.encode()), (b"cache-control", b"no-store")],
}


class Streaming(Response):
    """`walk` gets what sends. What it raises before the first line is rendered as any other problem; after it, the
    server closes the connection, and whoever reads sees that the answer has no end."""

    def __init__(self, walk: Callable[[Write], Awaitable[None]], boot: BootClock) -> None:
        super().__init__()
        self._walk, self._boot = walk, boot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Walk, and send when the walk says so."""
        begun = False

        async def write(lines: bytes, checked: float) -> None:
            nonlocal begun
            left = UNDER_WAY - (self._boot() - checked)
            if left <= 0:
                raise StaleAnswer(TOO_OLD)
            try:
                # the server waits before it writes while the client does not read: then nothing is written any more
                async with asyncio.timeout(left):
                    if not begun:
                        begun = True
                        await send(_HEAD)
                    await send({"type": "http.response.body", "body": lines, "more_body": True})
            except TimeoutError:
                raise StaleAnswer(TOO_OLD) from None

        await self._walk(write)
        if not begun:  # a result without a line is one too
            await send(_HEAD)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
