"""One way to make an app: the same edge, limits, gate and errors, whether it holds one room or all."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kernel.http.edge import API_VERSION, Edge
from kernel.http.health import Gatekeeper, StartGate
from kernel.http.limits import NO_UPLOADS, Limits
from kernel.http.problems import TYPE_BASE

Opening = Callable[[], AbstractAsyncContextManager[object]]


async def _to_the_edge(_: Request, error: Exception) -> Response:
    raise error  # rendered in one place only; without this the frameworks answer in their own words


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

    app = FastAPI(
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
    for error in (HTTPException, RequestValidationError):
        app.add_exception_handler(error, _to_the_edge)
    # the last one added is the first to see a request
    app.add_middleware(Limits, texts=texts, uploads=uploads)
    app.add_middleware(Gatekeeper, gate=gate)
    app.add_middleware(Edge, type_base=type_base)
    return app
