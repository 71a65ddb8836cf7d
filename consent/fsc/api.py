"""HTTP in: whose token it is, asked by the doors of rooms that live elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Depends

from kernel.caller import Caller
from kernel.fsc import Ask, Found, Presented
from kernel.http.rooms import RoomGate

WHOSE = "/intern/v1/consent/fsc"


def intern_routes(whose: Ask | None, gate: RoomGate) -> APIRouter:
    """`gate`: which room asks."""
    router = APIRouter(include_in_schema=False)

    @router.post(WHOSE)
    async def asked(who: Annotated[Caller, Depends(gate)], body: Presented) -> Found:
        return await whose(body) if whose and who.tenant == body.tenant else Found()

    return router
