"""A recipient's own events: to read what it missed, to have it sent again, and the key that signs them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from consent import wire as messages
from consent.events.contract import PREFIX, Announced, Announcements
from consent.events.service import Events
from kernel.caller import Caller
from kernel.message import Body, Message, Short, wire

After = Annotated[int, Query(alias="na", ge=0, le=2**53, description="Het nummer van de laatste die u kent")]


class Found(Message):
    """CloudEvents in the order of their sequence; the next page is asked for with the last one's."""

    events: Annotated[tuple[dict[str, Any], ...], wire("gebeurtenissen")]


class From(Body):
    """After this number of the series."""

    after: Annotated[Annotated[int, Field(ge=0, le=2**53)], wire("na")]


class Repeated(Message):
    """How many are sent again."""

    number: Annotated[int, wire("aantal")]


class Key(Message):
    """As Standard Webhooks writes it: whpk_ and base64."""

    key: Annotated[Short, wire("sleutel")]


def event_routes(events: Events, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """`caller`: as at the rest of the root."""
    router = APIRouter(tags=["gebeurtenissen"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.get("/gebeurtenissen", summary="Wat er met uw toestemmingen en doelen gebeurde")
    async def found(who: Asking, after: After = 0) -> Found:
        return Found(events=tuple(await events.listed(who, after)))

    @router.post("/gebeurtenissen/herhaling", summary="Stuur gebeurtenissen opnieuw")
    async def repeat(who: Asking, body: From) -> Repeated:
        return Repeated(number=await events.again(who, body.after))

    @router.get("/gebeurtenissen/sleutel", summary="De sleutel waarmee gebeurtenissen zijn ondertekend")
    async def key(who: Asking) -> Key:
        return Key(key=await events.public_key(who.tenant))

    return router


def announcing_routes(announcements: Announcements, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """For other rooms."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/corrected")
    async def corrected(who: Asking, body: Announced) -> messages.Nothing:
        await announcements.corrected(who, body.told)
        return messages.Nothing()

    return router
