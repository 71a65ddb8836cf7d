"""HTTP in: `/govstack/v1/service`: individuals, verification, and asking for consent."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from consent.contract import NoSuchThing
from consent.facts import in_scope
from consent.govstack.contract import PORTAL, NotBound, NotErased, OnlyResident
from consent.govstack.door import (
    LIKE,
    About,
    AgreementId,
    IndividualId,
    Opened,
    Paged,
    Person,
    PolicyId,
    RecordId,
    Whom,
    Wished,
)
from consent.govstack.messages import Answer, Given, IndividualBody, RecordBody
from consent.govstack.records import Wanted
from kernel.caller import Caller

KEPT = (
    "Wat gevraagd en gekozen is, blijft bewaard tot het jaar van vernietiging: de inwoner kan het altijd nalezen. "
    "Stoppen met delen kan de inwoner zelf, in het portaal of aan de balie."
)
# of one individual, who may be nobody's reference yet
OF_ONE: dict[str, Any] = {**LIKE, "responses": {409: {"description": NotBound.title}}}
VERIFYING = "verificatie van toestemmingen"


def recording_routes(opened: Opened) -> APIRouter:
    """The part `service`."""
    router = APIRouter()
    for part in (_individuals, _reading, _verifying, _asking, _recorded, _of_one):
        part(router, opened)
    return router


def _individuals(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    held = opened.individuals

    @router.post("/service/individual/", operation_id="serviceIndividualCreate", **LIKE)
    async def create(who: Asking, body: IndividualBody) -> Answer:
        return await held.create(who, body.individual)

    @router.get("/service/individual/{individualId}/", operation_id="serviceIndividualRead", **LIKE)
    async def read(who: Asking, name: IndividualId) -> Answer:
        return await held.one(who, name)

    @router.put("/service/individual/{individualId}/", operation_id="serviceIndividualUpdate", **LIKE)
    async def update(who: Asking, name: IndividualId, body: IndividualBody) -> Answer:
        return await held.update(who, name, body.individual)

    @router.get("/service/individuals/", operation_id="serviceIndividualList", **LIKE)
    async def listed(who: Asking, page: Paged) -> Answer:
        return await held.listed(who, page)


def _reading(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    held = opened.agreements

    @router.get("/service/data-agreement/{dataAgreementId}/", operation_id="serviceDataAgreementRead", **LIKE)
    async def agreement(who: Asking, name: AgreementId) -> Answer:
        known = await held.one(who, name)
        return Answer(data_agreement=known.agreement, revision=known.revision)

    @router.get("/service/policy/{policyId}/", operation_id="servicePolicyRead", **LIKE)
    async def policy(who: Asking, name: PolicyId, revision: Wished = "") -> Answer:
        return await held.policy(who, name, revision)


def _verifying(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    records = opened.records

    @router.get("/service/verification/data-agreements/", operation_id="serviceVerificationDataAgreementList", **LIKE)
    async def agreements(who: Asking, page: Paged) -> Answer:
        found = [one for one in await opened.agreements.listed(who) if one.active and in_scope(who, one.id)]
        return Answer(data_agreements=tuple(page.of(found)))

    @router.get("/service/verification/consent-records/", operation_id="serviceVerificationConsentRecordList", **LIKE)
    async def listed(who: Asking, page: Paged) -> Answer:
        return Answer(consent_records=tuple(await records.searched(who, page, VERIFYING)))

    @router.get(
        "/service/verification/consent-record/{consentRecordId}/",
        operation_id="serviceVerificationConsentRecordRead",
        **LIKE,
    )
    async def one(who: Asking, name: RecordId) -> Answer:
        answer = await records.one(who, name, opened.issuer(who))
        return answer.model_copy(update={"signature": None})


def _asking(router: APIRouter, opened: Opened) -> None:
    """What an application can do: ask. The rest is the resident's."""
    Asking = Annotated[Caller, Depends(opened.caller())]
    records = opened.records

    @router.post(
        "/service/individual/record/data-agreement/{dataAgreementId}/",
        operation_id="serviceIndividualConsentRecordCreate",
        **LIKE,
    )
    async def ask(who: Asking, name: AgreementId, person: Whom, revision: Wished = "") -> Answer:
        return await records.ask(who, Wanted(person, name, revision))

    @router.post(
        "/service/individual/record/consent-record/draft/",
        operation_id="serviceIndividualConsentRecordDraftCreate",
        **LIKE,
    )
    async def draft(who: Asking, person: Whom, name: About, revision: Wished = "") -> Answer:
        return await records.draft(who, Wanted(person, name, revision), opened.issuer(who))

    @router.post(
        "/service/individual/record/consent-record/",
        operation_id="serviceIndividualConsentRecordSignatureCreate",
        **LIKE,
    )
    async def signed(who: Asking, body: Given) -> Answer:
        raise OnlyResident(PORTAL)


def _recorded(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    records = opened.records

    @router.put(
        "/service/individual/record/consent-record/{consentRecordId}/",
        operation_id="serviceIndividualConsentRecordUpdate",
        **LIKE,
    )
    async def update(who: Asking, name: RecordId, body: RecordBody) -> Answer:
        return await records.update(who, name, body.consent_record, opened.issuer(who))

    @router.post(
        "/service/individual/record/consent-record/{consentRecordId}/signature/",
        operation_id="serviceIndividualSignatureCreate",
        **LIKE,
    )
    async def sign(who: Asking, name: RecordId, body: Given) -> Answer:
        raise OnlyResident(PORTAL)

    @router.put(
        "/service/individual/record/consent-record/{consentRecordId}/signature/",
        operation_id="serviceIndividualSignatureUpdate",
        **LIKE,
    )
    async def sign_anew(who: Asking, name: RecordId, body: Given) -> Answer:
        raise OnlyResident(PORTAL)


def _of_one(router: APIRouter, opened: Opened) -> None:
    """Of one individual, whom a header names: what stands in an address ends up in logs."""
    Asking = Annotated[Caller, Depends(opened.caller())]
    records = opened.records

    @router.get(
        "/service/individual/record/consent-record/", operation_id="serviceIndividualConsentRecordList", **OF_ONE
    )
    async def current(who: Asking, person: Person, page: Paged) -> Answer:
        return Answer(consent_records=tuple(page.of(await records.of(who, person, every=False))))

    @router.get(
        "/service/individual/record/data-agreement/{dataAgreementId}/",
        operation_id="serviceIndividualConsentRecordRead",
        **OF_ONE,
    )
    async def newest(who: Asking, name: AgreementId, person: Person) -> Answer:
        found = await records.of(who, person, name)
        if not found:
            raise NoSuchThing()
        return Answer(consent_record=found[0])

    @router.get(
        "/service/individual/record/data-agreement/{dataAgreementId}/all/",
        operation_id="serviceIndividualDataAgreementConsentRecordList",
        **OF_ONE,
    )
    async def every(who: Asking, name: AgreementId, person: Person, page: Paged) -> Answer:
        return Answer(consent_records=tuple(page.of(await records.of(who, person, name))))

    @router.delete("/service/individual/record/", operation_id="serviceIndividualConsentRecordDeleteAll", **LIKE)
    async def forget(who: Asking, person: Person) -> Answer:
        raise NotErased(KEPT)
