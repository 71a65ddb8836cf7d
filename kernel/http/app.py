"""One way to make an app: the same edge, limits, gate and errors, whether it holds one room or all."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.types import ASGIApp

from kernel.http.edge import API_VERSION, Edge
from kernel.http.heading import Headed
from kernel.http.health import Gatekeeper, StartGate
from kernel.http.limits import NO_UPLOADS, Limits
from kernel.http.problems import TYPE_BASE

Opening = Callable[[], AbstractAsyncContextManager[object]]


class _Ringed(FastAPI):
    """With our rings around its routes and none of the frameworks' own: those would answer in their own words, and
    every request and every part of an answer goes through each of them."""

    rings: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        """Once, at the first request. The innermost closes what a form brought along; FastAPI asks for it."""
        return self.rings(AsyncExitStackMiddleware(self.router))


def make_app(
    title: str,
    gate: StartGate,
    opens: Sequence[Opening] = (),
    type_base: str = TYPE_BASE,
    texts: frozenset[str] = frozenset(),
    uploads: Mapping[str, int] = NO_UPLOADS,
) -> FastAPI:
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

    app = _Ringed(
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
    app.rings = rings
    return app
