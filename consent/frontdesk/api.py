"""HTTP in, for a neighbour: the desk of the town hall."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from consent import wire
from consent.contract import Chosen, ConsentDetail, ConsentReceipt
from consent.frontdesk.bodies import AboutOne, ChoseAt, FiledAt, InOne, MetAt, Tallied
from consent.frontdesk.contract import PREFIX, Conversation, FrontDesk, Opening
from consent.rights.contract import RightsRequest
from kernel.caller import Caller

Gate = Callable[..., Awaitable[Caller]]


def intern_routes(desk: FrontDesk, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    _talking(router, desk, caller)
    _helping(router, desk, caller)
    return router


def _talking(router: APIRouter, desk: FrontDesk, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/begin")
    async def begin(who: Asking, body: Opening) -> Conversation:
        return await desk.begin(who, body)

    @router.post("/meet")
    async def meet(who: Asking, body: MetAt) -> Conversation:
        return await desk.meet(who, body.conversation, body.met)

    @router.post("/conversation")
    async def conversation(who: Asking, body: InOne) -> Conversation:
        return await desk.conversation(who, body.conversation)

    @router.post("/end")
    async def end(who: Asking, body: InOne) -> wire.Nothing:
        await desk.end(who, body.conversation)
        return wire.Nothing()

    @router.post("/tallies")
    async def tallies(who: Asking, _: wire.Nothing) -> Tallied:
        return Tallied(tallies=tuple(await desk.tallies(who)))


def _helping(router: APIRouter, desk: FrontDesk, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/choices")
    async def choices(who: Asking, body: InOne) -> wire.Views:
        return wire.Views(consents=tuple(await desk.choices(who, body.conversation)))

    @router.post("/choice")
    async def choice(who: Asking, body: AboutOne) -> ConsentDetail:
        return await desk.choice(who, body.conversation, body.id)

    @router.post("/choose")
    async def choose(who: Asking, body: ChoseAt) -> Chosen:
        return await desk.choose(who, body.conversation, body.id, body.choice)

    @router.post("/file")
    async def file(who: Asking, body: FiledAt) -> RightsRequest:
        return await desk.file(who, body.conversation, body.asked)

    @router.post("/receipt")
    async def receipt(who: Asking, body: AboutOne) -> ConsentReceipt:
        return await desk.receipt(who, body.conversation, body.id)
