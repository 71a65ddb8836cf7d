"""HTTP in, for a neighbour: acting for somebody else."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from consent import wire
from consent.contract import Chosen, ConsentDetail
from consent.mandates.bodies import Chose, Claimed, Coded, Grounded, Listed, One, Since
from consent.mandates.contract import PREFIX, Mandate, Mandates, Offer, Offered, Reach, Uses
from consent.rights.contract import RightsRequest
from kernel.caller import Caller

Gate = Callable[..., Awaitable[Caller]]


def intern_routes(mandates: Mandates, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    _giving(router, mandates, caller)
    _acting(router, mandates, caller)
    _asking(router, mandates, caller)
    return router


def _giving(router: APIRouter, mandates: Mandates, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/offer")
    async def offer(who: Asking, body: Offer) -> Offered:
        return await mandates.offer(who, body)

    @router.post("/offered")
    async def offered(who: Asking, body: Coded) -> Mandate:
        return await mandates.offered(who, body.code)

    @router.post("/accept")
    async def accept(who: Asking, body: Coded) -> Mandate:
        return await mandates.accept(who, body.code)

    @router.post("/given")
    async def given(who: Asking, _: wire.Nothing) -> Listed:
        return Listed(mandates=tuple(await mandates.given(who)))

    @router.post("/held")
    async def held(who: Asking, _: wire.Nothing) -> Listed:
        return Listed(mandates=tuple(await mandates.held(who)))

    @router.post("/end")
    async def end(who: Asking, body: wire.One) -> Mandate:
        return await mandates.end(who, body.id)


def _acting(router: APIRouter, mandates: Mandates, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/begin")
    async def begin(who: Asking, body: Grounded) -> wire.Nothing:
        await mandates.begin(who, body.ground)
        return wire.Nothing()

    @router.post("/choices")
    async def choices(who: Asking, body: Grounded) -> wire.Views:
        return wire.Views(consents=tuple(await mandates.choices(who, body.ground)))

    @router.post("/choice")
    async def choice(who: Asking, body: One) -> ConsentDetail:
        return await mandates.choice(who, body.ground, body.id)

    @router.post("/choose")
    async def choose(who: Asking, body: Chose) -> Chosen:
        return await mandates.choose(who, body.ground, body.id, body.choice)


def _asking(router: APIRouter, mandates: Mandates, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/uses")
    async def uses(who: Asking, body: Since) -> Uses:
        return await mandates.uses(who, body.ground, body.since)

    @router.post("/reach")
    async def reach(who: Asking, body: Grounded) -> Reach:
        return await mandates.reach(who, body.ground)

    @router.post("/file")
    async def file(who: Asking, body: Claimed) -> RightsRequest:
        return await mandates.file(who, body.ground, body.claim)

    @router.post("/withdraw")
    async def withdraw(who: Asking, body: One) -> RightsRequest:
        return await mandates.withdraw(who, body.ground, body.id)
