"""One way to make an app: the same edge, limits, gate and errors, whether it holds one room or all."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.http.edge import API_VERSION, Edge
from kernel.http.heading import Headed
from kernel.http.health import Gatekeeper, StartGate
from kernel.http.limits import NO_UPLOADS, Limits
from kernel.http.problems import TYPE_BASE

Opening = Callable[[], AbstractAsyncContextManager[object]]


class Ringed(FastAPI):
    """With our rings around its routes and none of the frameworks' own: those would answer in their own words, and
    every request and every part of an answer goes through each of them."""

    def __init__(self, rings: Callable[[ASGIApp], ASGIApp], **named: Any) -> None:
        """named: as FastAPI."""
        super().__init__(**named)
        self._rings, self._busy = rings, dict[str, Route]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.middleware_stack = self.middleware_stack or self.build_middleware_stack()
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Once, at the first request. The innermost closes what a form brought along; FastAPI asks for it."""
        return self._rings(_Busy(self._busy, AsyncExitStackMiddleware(self.router)))

    def answer_first(self, routes: Iterable[Route]) -> None:
        """These are found by their path alone, before the frameworks look at any: for what is asked all day, has no
        variable in its path, and asks nothing of FastAPI."""
        self._busy |= {route.path: route for route in routes}


class _Busy:
    """ASGI: those that are found at once, and the others."""

    def __init__(self, routes: Mapping[str, Route], others: ASGIApp) -> None:
        self._routes, self._others = routes, others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = self._routes.get(scope.get("path", ""))
        await (route.handle if route else self._others)(scope, receive, send)


def make_app(
    title: str,
    gate: StartGate,
    opens: Sequence[Opening] = (),
    type_base: str = TYPE_BASE,
    texts: frozenset[str] = frozenset(),
    uploads: Mapping[str, int] = NO_UPLOADS,
) -> Ringed:
    """An app without routes. Rooms are added with `include_router`: a mounted app's lifespan would not run.

    opens: entered in this order before the first request, left in reverse after the last, also when one fails.
    texts, uploads: see Limits.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for opening in opens:
                await stack.enter_async_context(opening())
            yield

    def rings(routes: ASGIApp) -> ASGIApp:
        return Headed(Edge(Gatekeeper(Limits(routes, texts=texts, uploads=uploads), gate), type_base))

    return Ringed(
        rings,
        title=title,
        version=API_VERSION,
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url=None,  # each root has its own: kernel.http.openapi
        docs_url=None,
        redoc_url=None,
        # the frameworks' spans carry raw paths, queries and the texts of exceptions
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
