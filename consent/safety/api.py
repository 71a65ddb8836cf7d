"""HTTP in, for the portal and the desk: safe addresses. Not for applications: an application cannot be two persons."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from consent import wire
from consent.safety.contract import PREFIX, About, Ending, Hidden, Protecting, Result, Safety
from kernel.caller import Caller

Gate = Callable[..., Awaitable[Caller]]


def intern_routes(safety: Safety, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/protect")
    async def protect(who: Asking, body: Protecting) -> wire.Nothing:
        await safety.protect(who, body.resident, body.reason)
        return wire.Nothing()

    @router.post("/end")
    async def end(who: Asking, body: Ending) -> Result:
        return Result(became=await safety.end(who, body.resident, body.why))

    @router.post("/hidden")
    async def hidden(who: Asking, body: About) -> Hidden:
        return Hidden(hidden=tuple(await safety.hidden(who, body.residents)))

    return router
