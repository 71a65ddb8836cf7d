"""HTTP in: recipients and applications, from a neighbour (the portal) and from an application that keeps the
register."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from audit.contract import Receipt
from consent import wire
from consent.activity import Application, Recipient
from consent.bodies import Moment
from consent.contract import NoSuchThing
from consent.drafts.api import SCOPE, Line
from consent.parties.contract import PREFIX, All, Change, Ending, Listed, One, Proposal, Taken
from consent.service import ConsentService
from kernel.caller import Caller
from kernel.clock import millis
from kernel.message import Body, Short
from kernel.message import wire as named

Gate = Callable[..., Awaitable[Caller]]
SlugInPath = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class NewRecipient(Recipient, Body):
    """A recipient as it comes in from outside, without applications: only the names on the wire."""

    applications: Annotated[tuple[Application, ...], Field(max_length=0), named("toepassingen")] = ()


class NewApplication(Application, Body):
    """An application as it comes in from outside: only the names on the wire."""


class KeyEnd(Body):
    """Which key ends, and when; at once when no moment is said."""

    kid: Annotated[Short, Field(min_length=1)]
    at: Annotated[Moment | None, named("op")] = None


def intern_routes(consent: ConsentService, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]
    parties = consent.parties

    @router.post("/all")
    async def all_of_them(who: Asking, _: wire.Nothing) -> All:
        return All(proposals=tuple(await parties.all(who)))

    @router.post("/registered")
    async def registered(who: Asking, _: wire.Nothing) -> Listed:
        return Listed(parties=tuple(await parties.registered(who)))

    @router.post("/save")
    async def save(who: Asking, body: Change) -> Proposal:
        return await parties.save(who, body)

    @router.post("/step")
    async def step(who: Asking, body: Taken) -> Proposal:
        return await parties.step(who, body.name, body.step, body.digest)

    @router.post("/suspend")
    async def suspend(who: Asking, body: One) -> Receipt:
        return await parties.suspend(who, body.client_id)

    @router.post("/end-key")
    async def end_key(who: Asking, body: Ending) -> Receipt:
        return await parties.end_key(who, body.client_id, body.kid, body.at)

    return router


def public_routes(consent: ConsentService, caller: Gate) -> APIRouter:
    """For an application with the role `beheer`: it writes and stops; persons propose and admit, in the portal."""
    router = APIRouter(tags=["ontvangers"])
    _writing(router, consent, caller)
    _stopping(router, consent, caller)
    return router


def _writing(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]
    parties = consent.parties

    @router.get("/ontvangers", summary="Ontvangers, hun toepassingen en sleutels", response_model_exclude_defaults=True)
    async def registered(who: Asking) -> Listed:
        return Listed(parties=tuple(await parties.registered(_keeper(who))))

    @router.get("/wijzigingen", summary="Wat wacht op toelating", response_model_exclude_defaults=True)
    async def waiting(who: Asking) -> All:
        return All(proposals=tuple(await parties.all(_keeper(who))))

    @router.post(
        "/ontvangers",
        status_code=201,
        summary="Schrijf een ontvanger, nieuw of anders",
        response_model_exclude_defaults=True,
    )
    async def recipient(who: Asking, body: NewRecipient) -> Proposal:
        wanted = Recipient.model_validate_json(body.model_dump_json(exclude_defaults=True))
        return await parties.save(_keeper(who), Change(recipient=wanted))

    @router.post(
        "/ontvangers/{slug}/toepassingen",
        status_code=201,
        summary="Schrijf een toepassing, nieuw of met andere sleutels",
        response_model_exclude_defaults=True,
    )
    async def application(who: Asking, slug: SlugInPath, body: NewApplication) -> Proposal:
        wanted = Application.model_validate_json(body.model_dump_json(exclude_defaults=True))
        return await parties.save(_keeper(who), Change(application=wanted, of=slug))


def _stopping(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/ontvangers/{slug}/schorsing", status_code=201, summary="Schors een ontvanger")
    async def suspend_recipient(who: Asking, slug: SlugInPath) -> Line:
        return Line.of(await consent.suspend(_keeper(who), slug))

    @router.post("/toepassingen/{clientId}/schorsing", status_code=201, summary="Schors een toepassing")
    async def suspend(who: Asking, clientId: SlugInPath) -> Line:
        return Line.of(await consent.parties.suspend(_keeper(who), clientId))

    @router.post(
        "/toepassingen/{clientId}/sleuteleinden", status_code=201, summary="Zeg wanneer een sleutel niet meer telt"
    )
    async def end_key(who: Asking, clientId: SlugInPath, body: KeyEnd) -> Line:
        return Line.of(await consent.parties.end_key(_keeper(who), clientId, body.kid, _millis(body.at)))


def _millis(moment: datetime | None) -> int:
    return millis(moment) if moment else 0


def _keeper(who: Caller) -> Caller:
    if SCOPE not in who.scope:
        raise NoSuchThing()
    return who
