"""`/metrics` on a door of its own: an app beside the public one, for whoever watches and for nobody else."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse

from kernel.http.app import make_app
from kernel.http.health import StartGate

FORMAT = "text/plain; version=0.0.4"  # Prometheus' text format; starlette adds the charset


def metrics_app(told: Sequence[Callable[[], str]]) -> FastAPI:
    """Answers `GET /metrics` and nothing else; the same limits and errors as every app."""
    gate = StartGate()
    gate.open()
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse("".join(each() for each in told), media_type=FORMAT)

    app = make_app("Regie", gate)
    app.include_router(router)
    return app
