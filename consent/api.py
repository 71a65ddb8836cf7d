"""HTTP in: the public root /toestemming/v1. A number is only ever in a body."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from consent.activity import Case
from consent.bodies import (
    Answer,
    Ask,
    AskConsent,
    CaseState,
    Consents,
    FindConsents,
    OpenCase,
    Place,
    Proof,
    Requested,
    Stop,
    Stopped,
    used_by,
    with_user,
)
from consent.contract import Choice, ConsentRequest, NoSuchThing, Question, Search
from consent.decision import Emergency
from consent.keys import MACHINES
from consent.limits import Limits
from consent.persons import Persons
from consent.service import ConsentService
from kernel.caller import Caller
from kernel.clock import millis
from kernel.component import Tenant
from kernel.errors import BadInput

ROOT = "/toestemming/v1"
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
CaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


@dataclass(frozen=True)
class Behind:
    """What stands behind the public door."""

    consent: ConsentService
    persons: Persons
    tenants: Mapping[str, Tenant]
    caller: Callable[..., Awaitable[Caller]]

    async def seen(self, who: Caller, consent_id: str) -> Requested:
        """A request as its recipient sees it, with its own name for whoever said yes."""
        asking = _recipient(who)
        found = await self.consent.requested(asking, consent_id)
        pseudonym = await self.persons.pseudonym(asking, consent_id)
        return Requested.of(found, self.tenants[who.tenant].public_url, pseudonym)


def routes(behind: Behind) -> APIRouter:
    """`behind.caller`: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["toestemming"])
    _requests(router, behind)
    _consents(router, behind)
    _cases(router, behind)
    _explaining(router, behind)
    return router


def _requests(router: APIRouter, behind: Behind) -> None:
    Asking = Annotated[Caller, Depends(behind.caller)]

    @router.post(
        "/toestemmingsverzoeken",
        status_code=201,
        summary="Vraag een inwoner om toestemming",
        response_model_exclude_none=True,
    )
    async def request(who: Asking, body: AskConsent) -> Requested:
        asking = _recipient(used_by(who, body.user))
        wanted = ConsentRequest(
            resident=await behind.persons.allowed(who, body.person) if body.person else None,
            activity=body.activity,
            elements=body.elements,
            case=body.case or "",
            valid_until=millis(body.valid_until) if body.valid_until else 0,
            return_url=body.return_url or "",
            limits=body.use.limits() if body.use else Limits(),
        )
        enrol = behind.persons.enrol(who, body.person) if body.person else None
        seen = await behind.consent.request(asking, wanted, enrol)
        return Requested.of(seen, behind.tenants[who.tenant].public_url)

    @router.get(
        "/toestemmingsverzoeken/{id}", summary="Hoe het met een verzoek staat", response_model_exclude_none=True
    )
    async def requested(who: Asking, id: Id) -> Requested:
        return await behind.seen(who, id)


def _consents(router: APIRouter, behind: Behind) -> None:
    Asking = Annotated[Caller, Depends(behind.caller)]

    @router.post("/toestemmingen/_zoek", summary="Uw toestemmingen van een inwoner", response_model_exclude_none=True)
    async def found(who: Asking, body: FindConsents) -> Consents:
        asking = _recipient(used_by(who, body.user))
        wanted = Search(resident=await behind.persons.allowed(who, body.person), activity=body.activity or "")
        listed = await behind.consent.found(asking, wanted)
        address = behind.tenants[who.tenant].public_url
        return Consents(consents=tuple(Requested.of(one, address) for one in listed))

    @router.get("/toestemmingen/{id}", summary="Hoe een toestemming staat", response_model_exclude_none=True)
    async def consent(who: Asking, id: Id) -> Requested:
        return await behind.seen(who, id)

    @router.get("/toestemmingen/{id}/bewijs", summary="Het ondertekende bewijs van een toestemming")
    async def receipt(who: Asking, id: Id) -> Proof:
        return Proof.of(await behind.consent.receipt(_recipient(who), id))

    @router.post("/toestemmingen/{id}/intrekking", status_code=201, summary="Stop met delen")
    async def stop(who: Asking, id: Id, body: Stop) -> Stopped:
        choice = Choice(answer="stop", text_hash=body.text_hash, language=body.language)
        return Stopped.of(await behind.consent.choose(who, id, choice))


def _cases(router: APIRouter, behind: Behind) -> None:
    Asking = Annotated[Caller, Depends(behind.caller)]

    @router.post("/zaken", status_code=201, summary="Meld een zaak van een inwoner")
    async def open_case(who: Asking, body: OpenCase) -> CaseState:
        asking = _recipient(with_user(who, body.user))
        case = Case(
            reference=body.reference,
            recipient=asking.organisation,
            resident=await behind.persons.allowed(who, body.person),
            activity=body.activity,
            since=millis(body.since) if body.since else 0,
            until=millis(body.until) if body.until else 0,
        )
        receipt = await behind.consent.open_case(asking, case, behind.persons.enrol(who, body.person))
        return CaseState(reference=body.reference, status="open", line=Place.of(receipt))

    @router.post("/zaken/{zaak}/sluiting", status_code=201, summary="Sluit een zaak")
    async def close_case(who: Asking, zaak: CaseId) -> CaseState:
        receipt = await behind.consent.close_case(who, _recipient(who).organisation, zaak)
        return CaseState(reference=zaak, status="gesloten", line=Place.of(receipt))


def _explaining(router: APIRouter, behind: Behind) -> None:
    Asking = Annotated[Caller, Depends(behind.caller)]

    @router.post(
        "/toetsingen",
        summary="Vraag wat er besloten zou worden, en waarom; er wordt niets verstrekt",
        response_model_exclude_none=True,
    )
    async def explain(who: Asking, body: Ask) -> Answer:
        asking = _recipient(used_by(who, body.user))
        question = Question(
            resident=await behind.persons.meant(who, body.person),
            activity=body.activity,
            elements=body.elements,
            case=body.case or "",
            by_number=body.person.bsn is not None,
            emergency=Emergency(reason=body.emergency.reason) if body.emergency else None,
        )
        enrol = behind.persons.enrol_at(who, [body.person])
        (explained,) = await behind.consent.explain(asking, [question], enrol)
        if isinstance(explained, BadInput):
            raise explained
        return Answer.of(body.elements, explained)


def _recipient(who: Caller) -> Caller:
    if who.kind not in MACHINES or not who.organisation:
        raise NoSuchThing()
    return who
