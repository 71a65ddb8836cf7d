"""Alive, ready, open? `/livez`, `/readyz` and the sealed start (trust.md 2.7)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.http.hosts import Hosts
from kernel.http.problems import RETRY_SECONDS
from kernel.http.refusals import Sealed
from kernel.logs import logger

OK = "ok"
CHECK_SECONDS = 2.0  # a probe that hangs longer is taken for dead by whoever asks
OPEN_WHILE_SEALED = frozenset({"/livez", "/readyz"})
NOT_YET = "Regie controleert zichzelf nog. Probeer het zo opnieuw."

Check = Callable[[], Awaitable[str]]
"""Answers "ok" or a sentence for the operator, without addresses or names of people."""

_log = logger("kernel.http")


class StartGate:
    """Closed at start; opened once, by whoever has seen that everything is as it should be. Closes again on doubt."""

    def __init__(self) -> None:
        self.is_open, self.why = False, NOT_YET
        self._shut: Hosts | None = None

    def open(self, shut: Hosts | None = None, why: str = NOT_YET) -> None:
        """From now on requests are answered; at these hosts they go on being refused, with this sentence."""
        self.is_open, self._shut, self.why = True, shut, why

    def refuses(self, scope: Scope) -> bool:
        """Whether nothing of this request may be read."""
        return not self.is_open or (self._shut is not None and self._shut.at(HTTPConnection(scope)) is not None)

    def seal(self, why: str = NOT_YET) -> None:
        """From now on requests are refused with this sentence; those under way end by themselves."""
        self.is_open, self.why = False, why


class Gatekeeper:
    """ASGI middleware: where the gate is closed only /livez and /readyz pass. Raises Sealed."""

    def __init__(self, app: ASGIApp, gate: StartGate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass, or refuse before anything of the request is read."""
        if scope["type"] != "lifespan" and scope["path"] not in OPEN_WHILE_SEALED and self._gate.refuses(scope):
            raise Sealed(self._gate.why)
        await self._app(scope, receive, send)


def health_router(
    checks: Mapping[str, Check], gate: StartGate, warnings: Mapping[str, Callable[[], str]] | None = None
) -> APIRouter:
    """`/livez` and `/readyz`, once per process; `checks` by the name of the component. warnings: what must be seen to
    while it goes on working; they make nothing unready, and are told only when all is ready."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": OK}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        answers = await asyncio.gather(*(_asked(name, check) for name, check in checks.items()))
        parts = {"start": OK if gate.is_open else "Regie is nog verzegeld.", **dict(zip(checks, answers, strict=True))}
        if all(answer == OK for answer in parts.values()):
            told = {name: warning for name, ask in (warnings or {}).items() if (warning := ask())}
            return JSONResponse({"status": OK, "onderdelen": parts} | ({"waarschuwingen": told} if told else {}))
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return JSONResponse({"status": "niet-gereed", "onderdelen": parts}, 503, headers)

    return router


async def _asked(name: str, check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return "Dit onderdeel antwoordt niet op tijd."
    except Exception as error:  # whatever is wrong with a component is the answer, not a failure of the question
        _log.warning("check_failed", component=name, exc_info=error)
        return "Dit onderdeel antwoordt niet."
