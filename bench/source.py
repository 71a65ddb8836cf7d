"""The demo's stand-in for the BRP, behind a wait as a real register has it. Arguments: port, milliseconds."""

import asyncio
import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from kernel.clock import utc_now
from kernel.http.server import serve, until_signal


class Waiting:
    """Each question waits before it is looked at; others go on."""

    def __init__(self, inner: ASGIApp, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One question."""
        if scope["type"] == "http":
            await asyncio.sleep(self._seconds)
        await self._inner(scope, receive, send)


async def run(port: int, seconds: float) -> None:
    """Until SIGTERM. `ready` is printed once it can be asked."""
    app = brp_app(own_residents(), utc_now)
    app.add_middleware(Waiting, seconds=seconds)
    async with serve(app, port=port):
        print("ready", flush=True)
        await until_signal()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), float(sys.argv[2]) / 1000))
