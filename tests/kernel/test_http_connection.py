"""Hostile HTTP/1.1 over a real socket: what two readers may take for two things is refused, and nothing hangs."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send

from kernel.http.connection import PatientProtocol
from kernel.http.edge import Edge
from kernel.http.limits import BODY_BYTES, Limits
from kernel.http.server import Address, serve
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
LINE, JSON = b"POST /dingen/v1/tel HTTP/1.1\r\n", b"content-type: application/json\r\n"
HOST = b"host: x\r\nconnection: close\r\n"
HEAD, CHUNKED = LINE + HOST + JSON, LINE + HOST + JSON + b"transfer-encoding: chunked\r\n\r\n"
LAST = HEAD + b"content-length: 2\r\n\r\n{}"
KEPT = HEAD.replace(b"connection: close\r\n", b"")
GOOD = KEPT + b"content-length: 2\r\n\r\n{}"
SECOND = b"GET /geheim HTTP/1.1\r\n" + HOST + b"\r\n"  # what must never be read out of the body of another


class Hurried(PatientProtocol):
    """The same, for a test that does not wait ten seconds."""

    header_seconds = 0.5


class Waiting(PatientProtocol):
    """The same, on a machine that is busy."""

    header_seconds = PATIENCE


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def counting() -> FastAPI:
    app = FastAPI()
    app.add_middleware(Limits, body_seconds=0.5)
    app.add_middleware(Edge)

    @app.post("/dingen/v1/tel")
    async def count(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
async def address() -> AsyncIterator[Address]:
    async with serve(counting(), protocol=Waiting) as found:
        yield found


@pytest.fixture
async def hurried() -> AsyncIterator[Address]:
    async with serve(counting(), protocol=Hurried) as found:
        yield found


HOSTILE: dict[str, bytes] = {
    "both lengths": HEAD + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "both lengths, the other way round": HEAD
    + b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n"
    + SECOND,
    "two lengths": HEAD + b"content-length: 2\r\ncontent-length: 40\r\n\r\n{}" + SECOND,
    "two in one": HEAD + b"content-length: 2, 40\r\n\r\n{}" + SECOND,
    "a length with a sign": HEAD + b"content-length: +2\r\n\r\n{}",
    "chunked twice": HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and more": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a line that goes on": HEAD + b"x-a: 1\r\n content-length: 2\r\n\r\n{}",
    "a length that goes on": HEAD + b"content-length:\r\n 2\r\n\r\n{}",
    "a bare LF": HEAD + b"x-a: 1\ncontent-length: 2\r\n\r\n{}",
    "bare LFs only": GOOD.replace(b"\r\n", b"\n"),
    "an end of bare LFs": HEAD + b"x-a: 1\n\n" + SECOND,
    "a bare CR": HEAD + b"x-a: 1\rcontent-length: 2\r\n\r\n{}",
    "a null byte": HEAD + b"x-a: 1\0\r\n\r\n",
    "a null byte in the path": b"GET /dingen\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space before the colon": HEAD + b"content-length : 2\r\n\r\n{}",
    "a huge header": HEAD + b"x-a: " + b"y" * 70_000 + b"\r\n\r\n",
    "many headers": HEAD + b"x-a: y\r\n" * 3_000 + b"\r\n",
    "a huge extension of a chunk": CHUNKED + b"2;" + b"y" * 70_000 + b"\r\n{}\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"1\r\n{}\r\n0\r\n\r\n" + SECOND,
    "a chunk with a sign": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "lines after the body": CHUNKED + b"2\r\n{}\r\n0\r\nx-role: fg\r\n\r\n" + SECOND,
    "huge lines after the body": CHUNKED + b"2\r\n{}\r\n0\r\nx-a: " + b"y" * 70_000 + b"\r\n\r\n",
    "an absolute address": b"GET http://elders.example/dingen HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT elders.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "two hosts": HEAD + b"host: y\r\n" + b"\r\n",
    "no host": LINE + b"\r\n",
    "of before": b"GET /dingen\r\n\r\n",
    "in chunks, of before there were any": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"2\r\n{}\r\n0\r\n\r\n",
    "of later": b"GET /dingen HTTP/2.0\r\n" + HOST + b"\r\n",
    "another language": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_can_be_read_in_two_ways_is_refused_and_the_next_is_served(address: Address, name: str) -> None:
    said = await _said(address, HOSTILE[name])
    assert said[:13] in (b"HTTP/1.1 400 ", b"HTTP/1.1 431 ", b""), said[:200]
    assert said.count(b"HTTP/1.1 ") <= 1, "nothing behind it is taken for a request"
    assert (await _said(address, LAST)).startswith(b"HTTP/1.1 200 ")


async def test_a_second_request_behind_the_first_is_answered_after_it_and_judged_alike(address: Address) -> None:
    both = await _said(address, GOOD + LAST)
    assert both.count(b"HTTP/1.1 200 ") == 2
    doubtful = await _said(address, GOOD + HOSTILE["both lengths"])
    first, _, then = doubtful.partition(b"HTTP/1.1 400 ")
    assert first.startswith(b"HTTP/1.1 200 ") and then and doubtful.count(b"HTTP/1.1 ") == 2


async def test_a_body_that_trickles_in_is_refused_in_time(hurried: Address) -> None:
    for head in (b"content-length: 1000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n3e8\r\n"):
        assert (await _trickled(hurried, KEPT + head)).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_was_refused_is_thrown_away_for_a_while_only(hurried: Address) -> None:
    head = KEPT + b"content-length: %d\r\n\r\n" % (BODY_BYTES * 1_000)
    assert (await _trickled(hurried, head)).startswith(b"HTTP/1.1 413 ")
    assert (await _said(hurried, LAST)).startswith(b"HTTP/1.1 200 ")


async def test_who_sends_the_rest_of_a_refused_body_in_time_is_heard_again() -> None:
    rest = b"x" * (BODY_BYTES + 1)
    async with serve(counting(), protocol=Waiting) as address:
        said = await _said(address, KEPT + b"content-length: %d\r\n\r\n" % len(rest) + rest + LAST)
    assert said.startswith(b"HTTP/1.1 413 ") and said.count(b"HTTP/1.1 200 ") == 1


async def test_what_comes_behind_a_head_that_is_the_last_is_refused_as_any_other() -> None:
    fatal, loop, begun, go = list[dict[str, Any]](), asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.set_exception_handler(lambda _, context: fatal.append(context))

    async def slow(_: Scope, __: Receive, ___: Send) -> None:
        begun.set()
        await go.wait()

    app = FastAPI()
    app.mount("/", slow)
    with anyio.fail_after(PATIENCE):
        async with serve(app, protocol=Waiting) as address:
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(b"HEAD / HTTP/1.0\r\nhost: x\r\n\r\n")
            await begun.wait()
            writer.write(SECOND)
            said = await _rest(reader)
            go.set()
            writer.close()
    assert said.startswith(b"HTTP/1.1 400 ") and said.endswith(b"\r\n\r\n") and not fatal


Parts = tuple[bytes | None, ...]  # of an answer of five bytes; None is where its maker fails


def telling(parts: Parts) -> FastAPI:
    async def tell(_: Scope, __: Receive, send: Send) -> None:
        lines = [(b"content-length", b"5"), (b"x-parts", b"%d" % len(parts))]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        for place, part in enumerate(parts, 1):
            if part is None:
                raise RuntimeError
            await send({"type": "http.response.body", "body": part, "more_body": place < len(parts)})

    app = FastAPI()
    app.mount("/", tell)
    app.add_middleware(Edge)
    return app


async def test_an_answer_is_the_same_in_one_piece_and_in_more_and_half_of_one_is_cut() -> None:
    asked, last = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    told: dict[Parts, bytes] = {}
    for parts in ((b"abcde",), (b"ab", b"cde"), (b"ab", None), (None,), (b"abcdef",), (b"abcd",)):
        async with serve(telling(parts), protocol=Waiting) as address:
            told[parts] = await _said(address, asked + last)
    for parts in ((b"abcde",), (b"ab", b"cde")):
        assert told[parts].count(b"\r\n\r\nabcde") == 2 and told[parts].count(b"\r\nConnection: close\r\n") == 1
    assert told[(b"ab", None)].endswith(b"\r\n\r\nab") and told[(None,)].endswith(b"\r\n\r\n"), "cut, and no other"
    assert told[(None,)].startswith(b"HTTP/1.1 200 ") and told[(None,)].count(b"HTTP/1.1 ") == 1
    for parts in ((b"abcdef",), (b"abcd",)):
        assert told[parts] == b"", "not what it says it is"


async def test_what_a_connection_said_last_goes_with_it_and_not_when_garbage_is_looked_for() -> None:
    gone = asyncio.Event()

    class Seen(Waiting):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            weakref.finalize(self, gone.set)

    async with serve(counting(), protocol=Seen) as address:
        gc.disable()
        try:
            assert (await _said(address, LAST)).startswith(b"HTTP/1.1 200 ")
            with anyio.fail_after(PATIENCE):
                await gone.wait()
        finally:
            gc.enable()


async def _said(address: Address, sent: bytes) -> bytes:
    """All that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    with anyio.fail_after(PATIENCE):
        with suppress(ConnectionError):
            writer.write(sent)
            await writer.drain()
        said = await _rest(reader)
    writer.close()
    return said


async def _trickled(address: Address, head: bytes) -> bytes:
    """The same, of who goes on sending until then, a byte at a time."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(head)
    with anyio.fail_after(PATIENCE):
        answer = asyncio.create_task(_rest(reader))
        with suppress(ConnectionError):
            while not answer.done():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        said = await answer
    writer.close()
    return said


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Also of who cuts the connection while we send."""
    said = b""
    with suppress(ConnectionError):
        while part := await reader.read(65_536):
            said += part
    return said
