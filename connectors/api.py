"""HTTP in: the public root /verstrekking/v1. A number is only ever in a body; the body is read here, byte by byte."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from connectors.catalogue import Described, catalogue
from connectors.contract import Deliver, Desk, Release, ReleaseRequest, Repeatable
from connectors.reading import misfits, read_key, read_request
from connectors.sending import Sending
from consent.contract import ActivityVersion
from kernel.caller import Caller
from kernel.clock import BootClock
from kernel.errors import BadInput, Problem
from kernel.message import Message, wire

ROOT = "/verstrekking/v1"
Gate = Callable[[Request], Awaitable[Caller]]
"""Turns the token of a request into a Caller, or raises NotLoggedIn. A dependency."""
Activities = Callable[[Caller], Awaitable[list[ActivityVersion]]]
_BODY = {"content": {"application/json": {"schema": ReleaseRequest.model_json_schema(by_alias=True)}}, "required": True}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
}


class Elements(Message):
    """What can be asked for, whatever the purpose."""

    elements: Annotated[tuple[Described, ...], wire("gegevenselementen")]


class Connected(Message):
    """A source of this municipality, and its elements that can be asked here: all that they are made of or found by is
    connected too."""

    name: Annotated[str, wire("bron")]
    elements: Annotated[tuple[str, ...], wire("gegevenselementen")]


class SourceList(Message):
    """All of them."""

    sources: Annotated[tuple[Connected, ...], wire("bronnen")]


def routes(
    desk: Desk,
    caller: Gate,
    boot: BootClock,
    connected: Mapping[str, Mapping[str, Collection[str]]],
    activities: Activities,
) -> APIRouter:
    """connected: sources by tenant, with what each says it has, nothing for all. activities: those in force."""
    router = APIRouter(tags=["verstrekking"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(
        "/verstrekkingen",
        summary="Vraag gegevens van een inwoner",
        response_model=Release,
        openapi_extra={"requestBody": _BODY, "parameters": [_KEY]},
    )
    async def release(who: Asking, request: Request) -> Sending:
        raw = await request.body()
        try:
            wanted = read_request(who, raw)
        except BadInput as wrong:
            raise await _with_misfits(who, raw, wrong, activities) from None
        repeatable = Repeatable(read_key(request.headers.get("idempotency-key")), raw)
        user = wanted.user or ""
        asking = who if who.user == user else who.model_copy(update={"user": user})

        async def walk(deliver: Deliver) -> Release:
            return await desk.release(asking, wanted, repeatable, deliver)

        return Sending(walk, boot)

    _straighten(router, release, caller)
    _add_lists(router, caller, connected)
    return router


def _straighten(router: APIRouter, release: Callable[[Caller, Request], Awaitable[Sending]], caller: Gate) -> None:
    """The busiest door is described as any other, and answered without what works out anew for each request what its
    dependencies are: it has one."""

    async def straight(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await release(await caller(request), request)
        await answer(scope, receive, send)

    (route,) = (one for one in router.routes if isinstance(one, APIRoute) and one.endpoint is release)
    route.app = straight


async def _with_misfits(who: Caller, raw: bytes, wrong: BadInput, activities: Activities) -> BadInput:
    """The faults of a request with those that only the register knows; without, where it is away."""
    try:
        found = misfits(who, raw, await activities(who))
    except Problem:
        return wrong
    faults = wrong.members["fouten"]
    known = {fault["veld"] for fault in faults}
    return BadInput(wrong.detail, fouten=[*faults, *(one for one in found if one["veld"] not in known)])


def _add_lists(router: APIRouter, caller: Gate, connected: Mapping[str, Mapping[str, Collection[str]]]) -> None:
    """What there is to ask, for everybody; and from whom, for who may ask."""
    Asking = Annotated[Caller, Depends(caller)]

    @router.get("/gegevenselementen", summary="Welke gegevens er zijn")
    async def elements() -> Elements:
        return Elements(elements=tuple(known.described for known in catalogue().values()))

    @router.get("/bronnen", summary="Welke bronnen zijn aangesloten")
    async def sources(who: Asking) -> SourceList:
        here = connected.get(who.tenant, {})
        return SourceList(sources=tuple(_connected(name, here) for name in sorted(here)))


def _connected(name: str, here: Mapping[str, Collection[str]]) -> Connected:
    every = (known.element for known in catalogue().values() if known.element.source == name)
    return Connected(name=name, elements=tuple(one.name for one in every if all(_has(here, *it) for it in one.inputs)))


def _has(here: Mapping[str, Collection[str]], source: str, element: str) -> bool:
    return source in here and (not here[source] or element in here[source])
