"""An answer that is there as a whole goes out as a whole: its head and its body are one write, not two, and a head that
was spelled before is not spelled again. What is made bit by bit goes out bit by bit, as uvicorn does it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import h11
from starlette.types import Message
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, RequestResponseCycle

# In the scope of a request whose body came along with its header lines: to read it is to wait for nothing.
WHOLE: Final = "regie.whole"

Headers = Sequence[tuple[bytes, bytes]]
# Whose values are few for a second and tell of nobody: what has only these is remembered.
_USUAL: Final = frozenset({
    b"date", b"content-length", b"content-type", b"cache-control", b"pragma", b"api-version",
    b"content-security-policy", b"x-content-type-options", b"x-frame-options", b"referrer-policy",
    b"strict-transport-security",
})  # fmt: skip


def in_one_piece(app: ASGI3Application) -> ASGI3Application:
    """The same app, straight behind uvicorn. It knows of no connection: one that is closed is let go at once, with what
    its last request said, and not when Python looks for garbage."""

    async def answered(scope: Any, receive: Any, send: Any) -> None:
        begun: RequestResponseCycle = send.__self__  # whose verb it is
        sending = Sending(begun)
        if not begun.more_body:
            scope[WHOLE] = True
        try:
            await app(scope, receive, sending)  # type: ignore[arg-type]  # starlette's words for the same
        finally:
            await sending.let_go()

    return answered


class Sending:
    """The `send` of one request, with uvicorn's cycle behind it."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle, self._held = cycle, list[Message]()

    async def __call__(self, message: Message) -> None:
        """A head that says how long its body is waits for it."""
        if message["type"] == "http.response.start" and _is_measured(message.get("headers", ())):
            self._held.append(message)
        elif self._held and not message.get("more_body") and not self._cycle.flow.write_paused:
            self._whole(self._held.pop(), message.get("body", b""))
        else:
            await self.let_go()
            await self._cycle.send(message)  # type: ignore[arg-type]  # starlette's words for the same

    async def let_go(self) -> None:
        """A head whose body does not come goes out alone: then nobody takes what follows for the beginning."""
        while self._held:
            await self._cycle.send(self._held.pop())  # type: ignore[arg-type]  # starlette's words for the same

    def _whole(self, head: Message, body: bytes) -> None:
        """As uvicorn's cycle, in one piece."""
        cycle, conn = self._cycle, self._cycle.conn
        if cycle.disconnected:
            return
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        headers = (*cycle.default_headers, *head["headers"])
        if CLOSE_HEADER in cycle.scope["headers"] and CLOSE_HEADER not in headers:
            headers = (*headers, CLOSE_HEADER)
        data = h11.Data(data=b"" if cycle.scope["method"] == "HEAD" else body)
        said = [conn.send(event) for event in (_response(head["status"], headers), data, h11.EndOfMessage())]
        cycle.transport.write(b"".join(said))
        cycle.response_complete = True
        cycle.message_event.set()
        if conn.our_state is h11.MUST_CLOSE or not cycle.keep_alive:
            conn.send(h11.ConnectionClosed())
            cycle.transport.close()
        cycle.on_response()


def _is_measured(headers: Headers) -> bool:
    return any(name == b"content-length" for name, _ in headers)


def _response(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> h11.Response:
    return (_known if _USUAL.issuperset(dict(headers)) else _spelled)(status, headers)


def _spelled(status: int, headers: Headers) -> h11.Response:
    """Raises LocalProtocolError for what is no header line."""
    return h11.Response(status_code=status, headers=list(headers), reason=STATUS_PHRASES[status])


_known = lru_cache(maxsize=512)(_spelled)
