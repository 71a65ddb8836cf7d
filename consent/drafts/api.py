"""HTTP in: drafts, from a neighbour (the portal) and from an application that keeps the register."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from audit.contract import Receipt
from consent import wire
from consent.activity import ActivityVersion
from consent.bodies import Place
from consent.contract import NoSuchThing
from consent.drafts.contract import PREFIX, All, Draft, Drafts, Ended, Ending, Named, Reason, Taken
from consent.words import fault
from kernel.caller import Caller
from kernel.errors import NoAccess
from kernel.message import Body, Message
from kernel.message import wire as named

Gate = Callable[..., Awaitable[Caller]]
SCOPE = "toestemming:beheer"
SlugInPath = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


def at_large(caller: Gate) -> Gate:
    """The same without who has a token for one task only, such as keeping the register: that opens no other door."""

    async def whole(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if who.scope and all(":" in one for one in who.scope):
            raise NoAccess("Dit token is voor een andere taak.")
        return who

    return whole


def intern_routes(drafts: Drafts, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/all")
    async def all_of_them(who: Asking, _: wire.Nothing) -> All:
        return All(drafts=tuple(await drafts.all(who)))

    @router.post("/one")
    async def one(who: Asking, body: Named) -> Draft:
        return await drafts.one(who, body.slug)

    @router.post("/save")
    async def save(who: Asking, body: ActivityVersion) -> Draft:
        return await drafts.save(who, body)

    @router.post("/step")
    async def step(who: Asking, body: Taken) -> Draft:
        return await drafts.step(who, body.slug, body.step, body.digest)

    @router.post("/end")
    async def end(who: Asking, body: Ending) -> Receipt:
        return await drafts.end(who, body.slug, body.reason)

    @router.post("/stopped")
    async def stopped(who: Asking, _: wire.Nothing) -> Ended:
        return Ended(versions=tuple(await drafts.stopped(who)))

    @router.post("/promised")
    async def promised(who: Asking, _: wire.Nothing) -> Ended:
        return Ended(versions=tuple(await drafts.promised(who)))

    return router


def public_routes(drafts: Drafts, caller: Gate) -> APIRouter:
    """For an application with the role `beheer`: it writes and ends; persons propose and publish, in the portal."""
    router = APIRouter(tags=["verwerkingsactiviteiten"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(
        "/verwerkingsactiviteiten",
        status_code=201,
        summary="Schrijf een concept van een doel",
        response_model_exclude_defaults=True,
    )
    async def new(who: Asking, body: NewVersion) -> Draft:
        return await drafts.save(_keeper(who), body.version())

    @router.post(
        "/verwerkingsactiviteiten/{slug}/versies",
        status_code=201,
        summary="Schrijf een concept van een volgende versie",
        response_model_exclude_defaults=True,
    )
    async def next_version(who: Asking, slug: SlugInPath, body: NewVersion) -> Draft:
        version = body.version()
        if version.slug != slug:
            raise fault("/slug", "past-niet", "De naam in het pad en die in de inhoud zijn niet gelijk.")
        return await drafts.save(_keeper(who), version)

    @router.post("/verwerkingsactiviteiten/{slug}/beeindiging", status_code=201, summary="Stop een doel")
    async def end(who: Asking, slug: SlugInPath, body: NewEnd) -> Line:
        return Line.of(await drafts.end(_keeper(who), slug, body.reason))

    return router


class Line(Message):
    """What was written down before it took effect."""

    line: Annotated[Place, named("logregel")]

    @classmethod
    def of(cls, receipt: Receipt) -> "Line":
        """Where its proof is."""
        return cls(line=Place.of(receipt))


class NewEnd(Body):
    """Why an activity ends."""

    reason: Annotated[Reason, named("reden")]


class NewVersion(ActivityVersion, Body):
    """A version as it comes in from outside: only the names on the wire. `versie` is given at publication."""

    def version(self) -> ActivityVersion:
        """As the register knows it."""
        return ActivityVersion.model_validate_json(self.model_dump_json(exclude_defaults=True))


def _keeper(who: Caller) -> Caller:
    if SCOPE not in who.scope:
        raise NoSuchThing()
    return who
