"""HTTP in: messages to residents, from the portal."""

from typing import Annotated

from fastapi import APIRouter, Depends

from consent import wire
from consent.bodies import Number
from consent.delivery.contract import PREFIX, Delivery, Reached
from kernel.caller import Caller
from kernel.http.rooms import RoomGate
from kernel.message import Message


class Known(Message):
    """A number, on its way to where it is sealed."""

    number: Number


class Chosen(Message):
    """Whether they want messages."""

    on: bool


def intern_routes(delivery: Delivery, caller: RoomGate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/reached")
    async def reached(who: Asking, _: wire.Nothing) -> Reached:
        return await delivery.reached(who)

    @router.post("/known")
    async def known(who: Asking, body: Known) -> Reached:
        return await delivery.known(who, body.number)

    @router.post("/choose")
    async def choose(who: Asking, body: Chosen) -> Reached:
        return await delivery.choose(who, on=body.on)

    return router
