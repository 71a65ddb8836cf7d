"""Limits, over a real socket: what is refused is refused before a room sees it."""

import asyncio
from collections.abc import AsyncIterator
from time import process_time

import anyio
import httpx2
import pytest
from fastapi import FastAPI, Request

from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.connection import PatientProtocol
from kernel.http.health import StartGate
from kernel.http.limits import BODY_BYTES, DEPTH, UPLOAD_PARTS
from kernel.http.nesting import depth
from kernel.http.server import Address, serve
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
JSON = {"content-type": "application/json"}


class Hurried(PatientProtocol):
    """The same, for a test that does not wait ten seconds."""

    header_seconds = 1.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def counting_app() -> FastAPI:
    gate = StartGate()
    gate.open()
    app = make_app("Test", gate, uploads={"/dingen/v1/lijst": 8 << 20})

    @app.post("/dingen/v1/lijst")
    @app.post("/dingen/v1/tel")
    @app.post("/formulier")
    async def count(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
async def address() -> AsyncIterator[Address]:
    async with serve(counting_app()) as found:
        yield found


@pytest.fixture
async def hurried() -> AsyncIterator[Address]:
    async with serve(counting_app(), protocol=Hurried) as found:
        yield found


@pytest.fixture
async def http(address: Address) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client(address.url, timeout_seconds=PATIENCE) as client:
        yield client


async def _chunks(size: int) -> AsyncIterator[bytes]:
    yield b'"'
    for _ in range((size - 2) // 65536):
        yield b"x" * 65536
    yield b"x" * ((size - 2) % 65536) + b'"'


async def test_a_body_of_exactly_the_limit_passes(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/dingen/v1/tel", content=_chunks(BODY_BYTES), headers=JSON)
    assert answer.json() == BODY_BYTES


async def test_one_byte_more_is_refused_chunked_or_not(http: httpx2.AsyncClient) -> None:
    for content in (_chunks(BODY_BYTES + 1), b'"' + b"x" * (BODY_BYTES - 1) + b'"'):
        answer = await http.post("/dingen/v1/tel", content=content, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "te-groot")
        assert answer.headers["x-frame-options"] == "DENY"


async def test_an_announced_size_is_refused_before_it_is_sent(address: Address) -> None:
    head = (
        f"POST /dingen/v1/tel HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {BODY_BYTES + 1}"
    )
    assert b" 413 " in await _first_line(address, f"{head}\r\n\r\n".encode())


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_an_api_reads_json_only(http: httpx2.AsyncClient, kind: str | None) -> None:
    answer = await http.post("/dingen/v1/tel", content=b"{}", headers={"content-type": kind} if kind else {})
    assert (answer.status_code, answer.json()["code"]) == (415, "verkeerd-mediatype")


async def test_a_page_reads_a_form(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/formulier", data={"a": "b"})).json() == 3
    assert (await http.post("/formulier", content=b"x", headers={"content-type": "text/xml"})).status_code == 415


async def test_no_body_needs_no_content_type(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/dingen/v1/tel")).json() == 0


async def test_json_may_nest_to_the_limit_and_no_deeper(http: httpx2.AsyncClient) -> None:
    for levels, status in ((DEPTH, 200), (DEPTH + 1, 400), (100_000, 400)):
        body = b"[" * levels + b"]" * levels
        assert (await http.post("/dingen/v1/tel", content=body, headers=JSON)).status_code == status


def test_brackets_in_strings_do_not_nest_and_no_body_is_slow_to_judge() -> None:
    assert depth(b'["' + b"[" * 100 + b'\\"[[["]', DEPTH) == 1
    assert depth(b'{"a\\\\":' * 40, DEPTH) == DEPTH + 1
    begun = process_time()
    for hostile in (
        b'\\"' * (BODY_BYTES // 2),
        b'"' * BODY_BYTES,
        b'"\\' * (BODY_BYTES // 2),
        b"[]" * (BODY_BYTES // 2),
    ):
        depth(b"[" + hostile + b"{" * 40, DEPTH)
    assert process_time() - begun < 10  # quadratic would take hours


async def test_a_long_list_is_read_and_one_of_too_many_parts_is_not(http: httpx2.AsyncClient) -> None:
    whole = b"[" + b'"",' * (UPLOAD_PARTS // 2 - 1) + b'""' + b" " * BODY_BYTES + b"]"  # each text has two quotes
    refused = await http.post("/dingen/v1/lijst", content=whole, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (413, "te-groot")
    fewer = whole.replace(b'"",', b"", 1)
    assert (await http.post("/dingen/v1/lijst", content=fewer, headers=JSON)).json() == len(fewer)
    deep = b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1) + b" " * BODY_BYTES
    assert (await http.post("/dingen/v1/lijst", content=deep, headers=JSON)).status_code == 400, (
        "looked at all the same"
    )


async def test_headers_above_the_limit_are_refused(http: httpx2.AsyncClient, address: Address) -> None:
    assert (await http.post("/dingen/v1/tel", headers={"x-a": "y" * 12_000})).status_code == 200
    lines = b"".join(b"x-%d: %s\r\n" % (i, b"y" * 1000) for i in range(17))
    answer = await _first_line(address, b"POST /dingen/v1/tel HTTP/1.1\r\nhost: x\r\n" + lines + b"\r\n")
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))  # ours, or h11's when it came in pieces
    assert b" 400 " in await _said(address, b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000)


async def test_header_lines_that_do_not_end_are_cut_off(hurried: Address) -> None:
    for opening in (b"", b"GET /dingen HTTP/1.1\r\nhost:"):
        assert await _said(hurried, opening) == b""


async def test_a_byte_at_a_time_gains_no_time(hurried: Address) -> None:
    reader, writer = await asyncio.open_connection(hurried.host, hurried.port)
    begun = process_time()
    with anyio.fail_after(PATIENCE), pytest.raises(ConnectionError):
        for letter in b"GET /dingen HTTP/1.1\r\n" + b"x" * 1000:
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.02)
            if reader.at_eof():
                raise ConnectionResetError
    assert process_time() - begun < 2
    writer.close()


async def test_the_second_request_on_a_connection_is_timed_too(hurried: Address) -> None:
    whole = b"POST /dingen/v1/tel HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
    answer = await _said(hurried, whole + b"GET /dingen HTTP/1.1\r\nhost:")
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"HTTP/1.1") == 1


async def test_the_server_says_nothing_of_itself(http: httpx2.AsyncClient) -> None:
    assert "server" not in (await http.post("/dingen/v1/tel")).headers


async def _first_line(address: Address, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        with anyio.fail_after(PATIENCE):
            writer.write(sent)
            return await reader.readline()
    finally:
        writer.close()


async def _said(address: Address, sent: bytes) -> bytes:
    """All that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        with anyio.fail_after(PATIENCE):
            writer.write(sent)
            return await reader.read()
    finally:
        writer.close()
