"""A wire to PostgreSQL that breaks at the COMMIT of a line: before the server hears it, or before its answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

LINE, COMMIT = b"INSERT INTO audit.lines", b"COMMIT"  # as psycopg says them
PIECE = 1 << 16
Cut = Literal["", "unheard", "unanswered"]


@dataclass
class Wire:
    """Between programs and the server at `port`. cut: what happens at the next such COMMIT, once; cuts: how often it
    did. own: the port at which it listens."""

    port: int
    cut: Cut = ""
    cuts: int = 0
    own: int = 0
    talks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a program."""
        talk = asyncio.ensure_future(self._talk(reader, writer))
        self.talks.add(talk)
        with suppress(ConnectionError, asyncio.CancelledError):
            await talk

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        answers, wrote = asyncio.create_task(_copied(there, writer)), False
        try:
            while content := await reader.read(PIECE):
                wrote = wrote or LINE in content
                how = self._now(content) if wrote else ""
                if how == "unanswered":
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                    back.write(content)
                    await there.read(PIECE)  # it is done there
                if how:
                    return
                back.write(content)
        finally:
            answers.cancel()
            for end in (back, writer):
                end.close()
                with suppress(ConnectionError):
                    await end.wait_closed()

    def _now(self, content: bytes) -> Cut:
        if COMMIT not in content or not self.cut:
            return ""
        how, self.cut, self.cuts = self.cut, "", self.cuts + 1
        return how


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while content := await reader.read(PIECE):
        writer.write(content)


@asynccontextmanager
async def wired(port: int) -> AsyncIterator[Wire]:
    """Listens while inside."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.own = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        for talk in wire.talks:
            talk.cancel()
        await asyncio.gather(*wire.talks, return_exceptions=True)
        await server.wait_closed()
