"""The outermost ring of every app: trace in, headers and problems out, one operations line per request.

Nothing leaves without its headers, errors included; nothing that is not a Problem leaves as more than a bare 500.
Starlette's own catch-all re-raises towards the server, which would print the exception's text: it sees nothing here.
"""

from collections.abc import Iterable, Sequence
from logging import INFO
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.errors import Problem
from kernel.http.limits import is_api
from kernel.http.problems import TYPE_BASE, as_problem, new_instance, render
from kernel.http.trace import Trace, current_trace, enter_trace, leave_trace, read_traceparent
from kernel.logs import logger

API_VERSION = "1.0.0"
_OF_PAGE = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
}
_OF_API = {**_OF_PAGE, b"api-version": API_VERSION.encode()}
_UNLESS_SET = ((b"cache-control", b"no-store"), (b"content-security-policy", b"frame-ancestors 'none'"))

_log = logger("kernel.http")


class AnswerBroken(Exception):
    """The answer had begun when its maker failed; the connection is cut, so that half is not taken for whole."""


class Edge:
    """ASGI middleware; `type_base` is where the pages of the error codes are published."""

    def __init__(self, app: ASGIApp, type_base: str = TYPE_BASE) -> None:
        self._app, self._base = app, type_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        token = enter_trace(_trace(scope["headers"]))
        begun, answer = perf_counter(), _Answer(scope, send)
        try:
            await self._guarded(scope, receive, answer)
        finally:
            _told(scope, answer.status, perf_counter() - begun)
            leave_trace(token)

    async def _guarded(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            return await self._app(scope, receive, answer)
        except Exception as error:
            problem, instance = as_problem(error), new_instance()
            if type(problem) is Problem:
                _log.error("request_failed", instance=instance, exc_info=error)
        # outside the handler, so that the server finds no cause to print
        if answer.status:
            raise AnswerBroken
        await render(problem, instance, self._base)(scope, receive, answer)


class _Answer:
    """`send`, with the headers that every answer has, remembering the status."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._api, self._send, self.status = is_api(scope["path"]), send, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = _with_ours(list(message.get("headers", ())), self._api)
        await self._send(message)


def _with_ours(given: Sequence[tuple[bytes, bytes]], api: bool) -> list[tuple[bytes, bytes]]:
    """ASGI names are in small letters; put together by itself, since every answer goes through here."""
    ours = _OF_API if api else _OF_PAGE
    names = dict(given)
    kept = given if names.keys().isdisjoint(ours) else [pair for pair in given if pair[0] not in ours]
    return [*kept, *ours.items(), *(pair for pair in _UNLESS_SET if pair[0] not in names)]


def _trace(headers: Iterable[tuple[bytes, bytes]]) -> Trace:
    parents = [value for name, value in headers if name == b"traceparent"]
    if len(parents) != 1:  # two are none: Trace Context section 3.2
        return read_traceparent(None)
    state = [value.decode("latin-1") for name, value in headers if name == b"tracestate"]
    return read_traceparent(parents[0].decode("latin-1"), state)


def _told(scope: Scope, status: int, seconds: float) -> None:
    if not _log.isEnabledFor(INFO):
        return
    trace = current_trace()
    _log.info(
        "request_answered",
        method=scope["method"],
        route=route_template(scope),
        status=status,
        millis=round(seconds * 1000, 1),
        trace=trace.trace_id,
        span=trace.span_id,
    )


def route_template(scope: Scope) -> str:
    """The path as it was declared, `/dingen/v1/{id}`; what was asked may name a person, so it is never told."""
    declared, root = str(getattr(scope.get("route"), "path", "")), str(scope.get("root_path", ""))
    # the root of an API is mounted: what is declared within says nothing of it, and when nothing is, it is the route
    return (declared if declared.startswith(root) else root + declared) or "(geen)"
