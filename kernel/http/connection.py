"""One connection: where a request ends, read in one way only, and nobody who keeps it open by saying nothing.

A gateway in front reads the same bytes. Where both read them differently, the end of one request becomes the beginning
of another, which nobody looked at. h11 is kind to some of those that RFC 9112 lets a server refuse.
"""

import asyncio
import re
from asyncio import TimerHandle
from contextlib import suppress
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kernel.http.answering import in_one_piece

HEADER_BYTES: Final = 16384
HEADER_SECONDS: Final = 10.0
# Bytes of lengths and line ends to a byte of data, and the data itself: that much in tiny chunks.
CHUNK_BESIDE: Final = 16
# Each line ends in CR LF, has neither elsewhere nor a zero, and begins with no space; then comes the empty one.
_PLAIN_LINES: Final = re.compile(rb"(?:(?![ \t])[^\0\r\n]*+\r\n)*+\r")

Said = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class PlainConnection(h11.Connection):
    """An h11 connection that takes plain requests only."""

    _beside = 0  # bytes of a body in chunks that are none of its data; below zero by what is allowed

    def receive_data(self, data: bytes) -> None:
        """See h11."""
        self._beside += len(data)
        super().receive_data(data)

    def next_event(self) -> Said:
        """See h11. Raises RemoteProtocolError, also for lines that end in a bare LF or go on in the next, both lengths
        at once, a target that is no path, another version, chunks in 1.0, and lines after the last chunk or long ones
        before each."""
        if self.their_state is h11.IDLE:
            waiting = self.trailing_data[0]
            if waiting and _doubtful(waiting):
                raise h11.RemoteProtocolError("doubtful header lines")
        event = super().next_event()
        kind = type(event)
        if kind is h11.Data:
            self._beside -= len(event.data) * CHUNK_BESIDE  # type: ignore[union-attr]  # just looked at
        elif kind is h11.Request:
            self._begun(event)  # type: ignore[arg-type]  # just looked at
        elif kind is h11.EndOfMessage:
            if event.headers or self._beside > len(self.trailing_data[0]):  # type: ignore[union-attr]  # just looked at
                raise h11.RemoteProtocolError("lines around the body")
        elif self._beside > HEADER_BYTES and self.their_state is h11.SEND_BODY:
            raise h11.RemoteProtocolError("lines around the body")
        return event

    def _begun(self, request: h11.Request) -> None:
        if not _plain(request):
            raise h11.RemoteProtocolError("doubtful request")
        self._beside = len(self.trailing_data[0]) - HEADER_BYTES


class PatientProtocol(H11Protocol):
    """Closes a connection whose header lines do not end within `header_seconds`, or that goes on for as long with a
    body after its answer: uvicorn itself waits for ever."""

    header_seconds = HEADER_SECONDS
    _deadline: TimerHandle | None = None

    def __init__(self, config: uvicorn.Config, *more: Any, **named: Any) -> None:
        """As uvicorn makes one."""
        super().__init__(config, *more, **named)
        self.app = in_one_piece(self.app)
        self.conn = PlainConnection(h11.SERVER, HEADER_BYTES)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """The clock starts with the connection: saying nothing at all is slow too."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """One deadline per request, not one per byte."""
        super().data_received(data)
        if self._waits():
            self._start()
        else:
            self._stop()

    def on_response_complete(self) -> None:
        """Half a next request that came along with the last one has its own deadline, and so has a body that was
        refused: the rest of it is thrown away, for else many a client would not read why."""
        super().on_response_complete()
        if self._waits() and (self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]):
            self._start()

    def send_400_response(self, msg: str) -> None:
        """Where the answer was given or begun, there is nothing left to say."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            with suppress(h11.LocalProtocolError):  # a HEAD is answered when its head is
                super().send_400_response(msg)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing left to wait for."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._deadline = self._deadline or self.loop.call_later(self.header_seconds, self._close)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _waits(self) -> bool:
        """For header lines, or for the end of a body that nobody reads."""
        unread = self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE
        return unread or self.conn.their_state is h11.IDLE

    def _close(self) -> None:
        if self._waits() and not self.transport.is_closing():
            self.transport.close()


def _doubtful(waiting: bytes) -> bool:
    """Of header lines that ended, as h11 sees it: one that ends in half, that goes on in the next, or has a zero."""
    end = waiting.find(b"\n\r\n")
    if end < 0:
        return b"\n\n" in waiting
    return _PLAIN_LINES.fullmatch(waiting, 0, end + 2) is None


def _plain(request: h11.Request) -> bool:
    lengths = [name for name, _ in request.headers if name in (b"content-length", b"transfer-encoding")]
    path = request.target.startswith(b"/") or (request.method, request.target) == (b"OPTIONS", b"*")
    known = request.http_version == b"1.1" or (request.http_version == b"1.0" and b"transfer-encoding" not in lengths)
    return path and len(lengths) <= 1 and known
