"""A register on a real socket that answers in every wrong way, and in the right one."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.listening import listening

GOOD = {"type": "RaadpleegMetBurgerservicenummer", "personen": [{"naam": {"voornamen": "Jan"}}]}
JSON = "application/json"


def said(body: bytes, kind: str = JSON, status: str = "200 OK", *more: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", "connection: close", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


FINE = said(json.dumps(GOOD).encode())
ANSWERS: dict[str, bytes] = {
    "good": FINE,
    "cut": FINE[:-10],
    "nothing": b"",
    "garbage": b"\x00\xff\x16\x03\x01 this is no HTTP\r\n\r\n",
    "huge": said(b'{"a": "' + b"x" * 3_000_000 + b'"}'),
    "endless chunks": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    + b"10000\r\n" * 1
    + b"x" * 0x10000
    + b"\r\n" * 1,
    "wrong type": said(b"<script>alert(1)</script>", "text/html"),
    "no type": said(json.dumps(GOOD).encode(), ""),
    "packed": said(gzip.compress(json.dumps(GOOD).encode()), JSON, "200 OK", "content-encoding: gzip"),
    "no json": said(b"{'a': 1}"),
    "no number": said(b'{"personen": [{"naam": {"voornamen": NaN}}]}'),
    "said twice": said(b'{"personen": [], "personen": [{"naam": {"voornamen": "Piet"}}]}'),
    "deep": said(b"[" * 100_000 + b"]" * 100_000),
    "control": said(json.dumps({"personen": [{"naam": {"voornamen": "a\u0000\u001b[2J"}}]}).encode()),
    "half a pair": said(b'{"personen": [{"naam": {"voornamen": "\\ud800"}}]}'),
    "list": said(b"[]"),
    "other shape": said(b'{"personen": {"naam": 1}}'),
    "somebody more": said(b'{"personen": [{}, {}]}'),
    "moved": said(b"", JSON, "302 Found", "location: http://127.0.0.1:1/"),
    "broken": said(b"{}", JSON, "500 Internal Server Error"),
    "later": said(b"{}", JSON, "503 Service Unavailable", "retry-after: 86400"),
    "no access": said(b"{}", JSON, "401 Unauthorized"),
    "long headers": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000 + b"\r\n\r\n",
}


@dataclass
class Faulty:
    """What it does now, and how often it was asked. bodies: what it received."""

    does: str = "good"
    asked: int = 0
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
            )
            self.bodies.append(await reader.readexactly(length))
            self.asked += 1
            await self._say(writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # who asked has gone

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        if self.does == "silent":
            await asyncio.Event().wait()
        elif self.does == "dripping":
            for byte in FINE:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.1)
        else:
            writer.write(ANSWERS[self.does])
            await writer.drain()


@asynccontextmanager
async def faulty(context: ssl.SSLContext | None = None) -> AsyncIterator[Faulty]:
    """On a free port of this machine."""
    one = Faulty()
    async with listening(one.answer, context, limit=1 << 20) as one.port:
        yield one
