"""HTTP in: the register for everybody, without login. Which municipality, the host says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from consent.contract import NoSuchThing
from consent.published import Brief, Briefs, Public, PublicRecipient, brief, recipient, whole
from consent.service import ConsentService
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.component import Tenant
from kernel.http.hosts import Hosts

SlugInPath = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


@dataclass(frozen=True)
class Reading:
    """What stands behind this door, and whose register a request is about."""

    consent: ConsentService
    hosts: Hosts
    root: str
    clock: Clock

    @classmethod
    def of(cls, consent: ConsentService, tenants: Mapping[str, Tenant], root: str, clock: Clock) -> "Reading":
        """tenants: by their id."""
        return cls(consent, Hosts({one.public_url: one.id for one in tenants.values()}), root, clock)

    def place(self, request: Request) -> tuple[Caller, str]:
        """As whom the register is read, and the address of the API. Raises NoSuchThing for a host that is nobody's."""
        found = self.hosts.at(request)
        if found is None:
            raise NoSuchThing()
        return room_of(found[1], "consent"), f"{found[0]}{self.root}"


def reading_routes(reading: Reading) -> APIRouter:
    """All GET: nothing changes, and nobody has to say who they are."""
    router = APIRouter(tags=["verwerkingsactiviteiten"])

    @router.get("/verwerkingsactiviteiten", summary="Het register", response_model_exclude_none=True)
    async def activities(
        request: Request,
        beoordeling: Annotated[Literal["verlopen"] | None, Query(description="alleen deze")] = None,
    ) -> Briefs:
        caller, root = reading.place(request)
        at = millis(reading.clock())
        found = [brief(one, root, at) for one in await reading.consent.registering.all_in_force(caller)]
        return Briefs(activities=tuple(one for one in found if one.expired or beoordeling is None))

    @router.get("/verwerkingsactiviteiten/{slug}", summary="Een doel", response_model_exclude_none=True)
    async def activity(request: Request, slug: SlugInPath) -> Brief:
        caller, root = reading.place(request)
        history = await reading.consent.history(caller, slug)
        return brief(history[-1], root, millis(reading.clock()))

    @router.get(
        "/verwerkingsactiviteiten/{slug}/versies/{nummer}",
        summary="Een versie van een doel",
        response_model_exclude_defaults=True,
    )
    async def version(request: Request, slug: SlugInPath, nummer: Number) -> Public:
        caller, root = reading.place(request)
        found = whole(await reading.consent.history(caller, slug), nummer, root, millis(reading.clock()))
        if found is None:
            raise NoSuchThing()
        return found

    _recipients(router, reading)
    return router


def _recipients(router: APIRouter, reading: Reading) -> None:
    @router.get("/ontvangers/{slug}", summary="Een ontvanger")
    async def one_recipient(request: Request, slug: SlugInPath) -> PublicRecipient:
        caller, _ = reading.place(request)
        for one in await reading.consent.recipients(caller):
            if one.slug == slug:
                return recipient(one)
        raise NoSuchThing()
