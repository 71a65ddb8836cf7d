"""HTTP in, for the portal: who was appointed. Not for applications: an application cannot be two persons."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from consent import wire
from consent.appointments.contract import (
    PREFIX,
    All,
    Appointments,
    Confirmed,
    Ended,
    Ending,
    Listed,
    Recorded,
    Searching,
    Waiting,
)
from kernel.caller import Caller

Gate = Callable[..., Awaitable[Caller]]


def intern_routes(appointments: Appointments, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/record")
    async def record(who: Asking, body: Recorded) -> Waiting:
        return await appointments.record(who, body)

    @router.post("/waiting")
    async def waiting(who: Asking, _: wire.Nothing) -> All:
        return All(waiting=tuple(await appointments.waiting(who)))

    @router.post("/confirm")
    async def confirm(who: Asking, body: Confirmed) -> wire.Nothing:
        await appointments.confirm(who, body.id, body.papers)
        return wire.Nothing()

    @router.post("/search")
    async def search(who: Asking, body: Searching) -> Listed:
        return Listed(found=tuple(await appointments.search(who, body.resident, body.reason)))

    @router.post("/end")
    async def end(who: Asking, body: Ending) -> Ended:
        return Ended(count=await appointments.end(who, body.resident, body.reference, body.why))

    return router
