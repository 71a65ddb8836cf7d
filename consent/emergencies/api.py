"""HTTP in, for the portal: uses in an emergency and their review."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from audit.contract import Position
from consent import wire
from consent.emergencies.contract import PREFIX, Emergencies, EmergencyDetail, Judged, Waiting
from kernel.caller import Caller

Gate = Callable[..., Awaitable[Caller]]


def intern_routes(emergencies: Emergencies, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/waiting")
    async def waiting(who: Asking, _: wire.Nothing) -> Waiting:
        return Waiting(uses=tuple(await emergencies.waiting(who)))

    @router.post("/opened")
    async def opened(who: Asking, body: Position) -> EmergencyDetail:
        return await emergencies.opened(who, body)

    @router.post("/review")
    async def review(who: Asking, body: Judged) -> Position:
        return await emergencies.review(who, body)

    return router
