"""Every input has a limit (trust.md 6): header lines, body, depth of JSON, kind of content, time.

Pure ASGI and inside the edge, which renders what is raised here. The body is read whole before any room sees the
request, so a chunked body is counted like any other, and a room never holds a pool while a body trickles in.
"""

import asyncio
from collections.abc import Mapping
from itertools import chain

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.faults import no_json
from kernel.http.answering import WHOLE
from kernel.http.nesting import depth
from kernel.http.refusals import HeadersTooLarge, TooLarge, TooSlow, WrongMediaType

BODY_BYTES = 1 << 20
HEADER_BYTES = 16 << 10
UPLOAD_PARTS = 1_500_000  # quotes and brackets of an upload: a full list of residents with a case has 900,000
DEPTH = 32
BODY_SECONDS = 20.0

_JSON, _FORM, _FILE = "application/json", "application/x-www-form-urlencoded", "text/csv"
_PARTS = "multipart/form-data"  # how a page sends a file; whoever takes it reads it within limits of its own
NO_UPLOADS: Mapping[str, int] = {}


def is_api(path: str) -> bool:
    """Whether this is below an API root; elsewhere are pages and /oauth, which read forms."""
    return path.endswith("/v1") or "/v1/" in path


class Limits:
    """ASGI middleware. texts: paths that read a text of another standard, and look at its form themselves. uploads:
    paths that take a list, as JSON or as a file (in a form, on a page), with the bytes that it may have.
    Raises HeadersTooLarge, TooLarge, TooSlow, WrongMediaType, BadInput."""

    def __init__(
        self,
        app: ASGIApp,
        body_bytes: int = BODY_BYTES,
        body_seconds: float = BODY_SECONDS,
        texts: frozenset[str] = frozenset(),
        uploads: Mapping[str, int] = NO_UPLOADS,
    ) -> None:
        self._app, self._bytes, self._seconds, self._texts = app, body_bytes, body_seconds, texts
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and check the request, then hand it on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = scope["headers"]
        # name, colon, space, value, CR LF
        if len(b"".join(chain.from_iterable(headers))) + 4 * len(headers) > HEADER_BYTES:
            raise HeadersTooLarge("De koppen zijn samen groter dan 16 KiB.")
        body = await self._body(scope, receive)
        if body is None:
            return None  # hung up: nobody is left to answer
        if body and scope["path"] not in self._texts:
            media_type = _media_type(scope)
            whole_file = _FILE if is_api(scope["path"]) else _PARTS
            if media_type != whole_file or scope["path"] not in self._uploads:
                if len(body) <= self._bytes:
                    _check(body, media_type, is_api(scope["path"]))
                elif sum(map(body.count, (b'"', b"{", b"["))) > UPLOAD_PARTS:
                    raise TooLarge("De lijst heeft te veel onderdelen.")
                else:  # takes a second, in which others must be answered
                    await to_thread.run_sync(_check, body, media_type, is_api(scope["path"]))
        await self._app(scope, _replayed(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        most = self._uploads.get(scope["path"], self._bytes)
        _refuse_announced(scope, most)
        try:
            if WHOLE in scope:
                return await _read(receive, most)
            async with asyncio.timeout(self._seconds):
                return await _read(receive, most)
        except TimeoutError:
            raise TooSlow("De inhoud van de vraag kwam niet op tijd binnen.") from None


async def _read(receive: Receive, most: int) -> bytes | None:
    """To its end; None from who hung up."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge(f"De vraag is groter dan {most} bytes.")
        if not message.get("more_body", False):
            return b"".join(parts)


def _refuse_announced(scope: Scope, most: int) -> None:
    # h11 has checked that it is a number; other servers may not have
    length = _header(scope, b"content-length")
    if length.isdigit() and int(length[:20]) > most:
        raise TooLarge(f"De vraag is groter dan {most} bytes.")


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _media_type(scope: Scope) -> str:
    return _header(scope, b"content-type").decode("latin-1").partition(";")[0].strip().lower()


def _check(body: bytes, media_type: str, only_json: bool) -> None:
    if media_type == _JSON:
        _check_json(body)
    elif only_json or media_type != _FORM:
        raise WrongMediaType("Stuur de inhoud als application/json.")


def _check_json(body: bytes) -> None:
    # json.loads would also take UTF-16 and UTF-32, in which the brackets below mean something else
    if b"\0" in body:
        raise no_json("JSON moet in UTF-8 zijn.")
    try:
        body.decode()
    except UnicodeDecodeError:
        raise no_json("JSON moet in UTF-8 zijn.") from None
    if depth(body, DEPTH) > DEPTH:
        raise no_json(f"De JSON is dieper genest dan {DEPTH}.")


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
