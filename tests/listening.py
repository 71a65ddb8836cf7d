"""A server of a test's own on a real socket, of which nothing is left when its test ends.

A socket that its loop did not live to close is found when Python next looks for garbage: by another test, which fails.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve, context: ssl.SSLContext | None = None, limit: int = 1 << 16) -> AsyncIterator[int]:
    """The port, on this machine. Who is still being answered at the end is hung up on, and waited for."""
    talks: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks[asyncio.current_task()] = writer
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(each, "127.0.0.1", 0, ssl=context, limit=limit)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for talk, writer in talks.items():
            writer.transport.abort()  # what nobody reads any more is never written
            if talk:
                talk.cancel()
        await asyncio.gather(*filter(None, talks), return_exceptions=True)
        for writer in talks.values():
            with suppress(OSError):
                await writer.wait_closed()
        await server.wait_closed()
