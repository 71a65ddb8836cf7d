"""HTTP in: what residents ask, from a neighbour (the portal), and for residents and the desk at the public root."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from consent import wire
from consent.activity import Slug
from consent.bodies import Numbered
from consent.contract import Residents
from consent.rights.contract import PREFIX, Claim, Filed, Ground, RightKind, Rights, RightsRequest, Status, Taken
from kernel.caller import Caller
from kernel.clock import instant
from kernel.message import Body, Message, Sentence, Short
from kernel.message import wire as named

Gate = Callable[..., Awaitable[Caller]]
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Why = Annotated[Annotated[str, Field(min_length=1, max_length=1_000)], named("grond")]


def intern_routes(rights: Rights, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/file")
    async def file(who: Asking, body: Claim) -> RightsRequest:
        return await rights.file(who, body)

    @router.post("/filed")
    async def filed(who: Asking, _: wire.Nothing) -> Filed:
        return Filed(requests=tuple(await rights.filed(who)))

    @router.post("/step")
    async def step(who: Asking, body: Taken) -> RightsRequest:
        return await rights.step(who, body.id, body.step, body.text)

    return router


class Objection(Body):
    """What a resident objects to, and why."""

    person: Annotated[Numbered, named("inwoner")]
    activity: Annotated[Slug, named("verwerkingsactiviteit")]
    text: Why


class Restriction(Body):
    """What a resident wants to stand still: one activity, or all that is not by choice; and on which ground."""

    person: Annotated[Numbered, named("inwoner")]
    activity: Annotated[Slug | None, named("verwerkingsactiviteit")] = None
    ground: Annotated[Ground, named("aanleiding")]
    text: Why


class NewRequest(Body):
    """One of the rights of AVG 15-17, 20 and 22; about one use, or about none. `grond` may be left out of `inzage` and
    `overdracht`."""

    person: Annotated[Numbered, named("inwoner")]
    kind: Annotated[Literal["inzage", "rectificatie", "wissing", "overdracht", "menselijke-blik"], named("soort")]
    activity: Annotated[Slug | None, named("verwerkingsactiviteit")] = None
    text: Annotated[str, Field(max_length=1_000), named("grond")] = ""


class Told(Message):
    """A request as its resident sees it. suspends: releases under the activity stand still. Of a restriction: scope, an
    activity or `alles` (what is not by choice), its ground, and the notice before it ends with the earliest hour.
    filed_as: as what somebody filed it for them."""

    id: Short
    kind: Annotated[RightKind, named("soort")]
    activity: Annotated[Short | None, named("verwerkingsactiviteit")] = None
    status: Status
    text: Annotated[Sentence, named("grond")]
    filed_at: Annotated[Short, named("ingediendOp")]
    due_at: Annotated[Short, named("uiterlijk")]
    extended: Annotated[Sentence | None, named("verlenging")] = None
    decided_at: Annotated[Short | None, named("besluitOp")] = None
    answer: Annotated[Sentence | None, named("brief")] = None
    suspends: Annotated[bool, named("staatStil")] = False
    scope: Annotated[Short | None, named("bereik")] = None
    ground: Annotated[Short | None, named("aanleiding")] = None
    notice: Annotated[Sentence | None, named("aankondiging")] = None
    lifts_at: Annotated[Short | None, named("opTeHeffenVanaf")] = None
    filed_as: Annotated[Short | None, named("namens")] = None

    @classmethod
    def of(cls, seen: RightsRequest) -> "Told":
        """Times in RFC 3339; absent members are left out."""
        return cls(
            id=seen.id,
            kind=seen.kind,
            activity=seen.activity or None,
            status=seen.status,
            text=seen.text,
            filed_at=instant(seen.filed_at),
            due_at=instant(seen.due_at),
            extended=seen.extended or None,
            decided_at=instant(seen.decided_at) if seen.decided_at else None,
            answer=seen.answer or None,
            suspends=seen.suspends,
            scope=(seen.activity or "alles") if seen.kind == "beperking" else None,
            ground=seen.ground or None,
            notice=seen.notice or None,
            lifts_at=instant(seen.lifts_at) if seen.lifts_at else None,
            filed_as=seen.filed_as or None,
        )


class Objections(Message):
    """Newest first."""

    found: Annotated[tuple[Told, ...], named("bezwaren")]


class Restrictions(Message):
    """Newest first."""

    found: Annotated[tuple[Told, ...], named("beperkingen")]


class Requests(Message):
    """Newest first."""

    found: Annotated[tuple[Told, ...], named("verzoeken")]


def public_routes(rights: Rights, residents: Residents, caller: Gate) -> APIRouter:
    """For a resident, and for desk staff who act for one."""
    router = APIRouter(tags=["rechten"])
    Asking = Annotated[Caller, Depends(caller)]
    _filing(router, rights, residents, caller)

    @router.get("/bezwaren", summary="Uw bezwaren", response_model_exclude_none=True)
    async def objections(who: Asking) -> Objections:
        return Objections(found=tuple(Told.of(one) for one in await rights.filed(who) if one.kind == "bezwaar"))

    @router.get("/avg-verzoeken", summary="Uw verzoeken", response_model_exclude_none=True)
    async def requests(who: Asking) -> Requests:
        apart = ("bezwaar", "beperking")
        return Requests(found=tuple(Told.of(one) for one in await rights.filed(who) if one.kind not in apart))

    @router.get("/beperkingen", summary="Uw gegevens op slot", response_model_exclude_none=True)
    async def restrictions(who: Asking) -> Restrictions:
        return Restrictions(found=tuple(Told.of(one) for one in await rights.filed(who) if one.kind == "beperking"))

    for path in ("/bezwaren", "/beperkingen", "/avg-verzoeken"):

        @router.post(
            f"{path}/{{id}}/intrekking", status_code=201, summary="Trek dit in", response_model_exclude_none=True
        )
        async def withdraw(who: Asking, id: Id) -> Told:
            return Told.of(await rights.step(who, id, "intrekken", ""))

    return router


def _filing(router: APIRouter, rights: Rights, residents: Residents, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(
        "/bezwaren", status_code=201, summary="Maak bezwaar tegen een gebruik", response_model_exclude_none=True
    )
    async def object_to(who: Asking, body: Objection) -> Told:
        resident = await residents.identify(who, body.person.bsn)
        claim = Claim(resident=resident, kind="bezwaar", activity=body.activity, text=body.text)
        return Told.of(await rights.file(who, claim))

    @router.post("/beperkingen", status_code=201, summary="Zet gegevens op slot", response_model_exclude_none=True)
    async def restrict(who: Asking, body: Restriction) -> Told:
        resident = await residents.identify(who, body.person.bsn)
        claim = Claim(resident=resident, kind="beperking", activity=body.activity, text=body.text, ground=body.ground)
        return Told.of(await rights.file(who, claim))

    @router.post("/avg-verzoeken", status_code=201, summary="Doe een verzoek", response_model_exclude_none=True)
    async def file(who: Asking, body: NewRequest) -> Told:
        resident = await residents.identify(who, body.person.bsn)
        claim = Claim(resident=resident, kind=body.kind, activity=body.activity, text=body.text)
        return Told.of(await rights.file(who, claim))
