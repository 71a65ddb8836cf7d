"""HTTP in: `/govstack/v1`, the parts `config` and `audit`. Paths, names and ids of operations are the standard's."""

from typing import Annotated

from fastapi import APIRouter, Depends

from consent.contract import NoSuchThing
from consent.govstack.contract import NotThisWay
from consent.govstack.door import (
    LIKE,
    AgreementId,
    IndividualId,
    Opened,
    Paged,
    PolicyId,
    RecordId,
    Told,
    WebhookId,
    Wished,
)
from consent.govstack.messages import AgreementBody, Answer, Given, IndividualBody, PolicyBody, Webhook
from consent.govstack.recording_api import recording_routes
from kernel.caller import Caller

SETTINGS = "Waar gebeurtenissen heen gaan, staat in de instellingen van de gemeente. Vraag het de beheerder."
OWN = "eigen"  # the id of a recipient's only webhook


def govstack_routes(opened: Opened) -> APIRouter:
    """All 42 operations."""
    router = APIRouter(tags=["govstack"])
    for part in (_policies, _agreements, _individuals, _webhooks, _audit):
        part(router, opened)
    router.include_router(recording_routes(opened))
    return router


def _policies(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    held = opened.agreements
    Keeping = Annotated[Caller, Depends(opened.keeper())]

    @router.post("/config/policy/", operation_id="configPolicyCreate", **LIKE)
    async def create(who: Keeping, body: PolicyBody) -> Answer:
        return await held.keep_policy(who, body.policy)

    @router.get("/config/policy/{policyId}/", operation_id="configPolicyRead", **LIKE)
    async def read(who: Asking, name: PolicyId, revision: Wished = "") -> Answer:
        return await held.policy(who, name, revision)

    @router.put("/config/policy/{policyId}/", operation_id="configPolicyUpdate", **LIKE)
    async def update(who: Keeping, name: PolicyId, body: PolicyBody) -> Answer:
        return await held.keep_policy(who, body.policy, name)

    @router.delete("/config/policy/{policyId}/", operation_id="configPolicyDelete", **LIKE)
    async def end(who: Keeping, name: PolicyId) -> Answer:
        return await held.end_policy(who, name)

    @router.get("/config/policy/{policyId}/revisions/", operation_id="configPolicyRevisionsList", **LIKE)
    async def current(who: Asking, name: PolicyId, page: Paged) -> Answer:
        return Answer(policy=(await held.policy(who, name)).policy)

    @router.get("/config/policies/", operation_id="configPolicyList", **LIKE)
    async def listed(who: Asking, page: Paged, revision: Wished = "") -> Answer:
        return await held.policies(who, page)


def _agreements(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    held = opened.agreements
    Keeping = Annotated[Caller, Depends(opened.keeper())]

    @router.post("/config/data-agreement/", operation_id="configDataAgreementCreate", **LIKE)
    async def create(who: Keeping, body: AgreementBody) -> Answer:
        return await held.keep(who, body.data_agreement)

    @router.get("/config/data-agreement/{dataAgreementId}/", operation_id="configDataAgreementRead", **LIKE)
    async def read(who: Asking, name: AgreementId) -> Answer:
        known = await held.one(who, name)
        return Answer(data_agreement=known.agreement, revision=known.revision)

    @router.put("/config/data-agreement/{dataAgreementId}/", operation_id="configDataAgreementUpdate", **LIKE)
    async def update(who: Keeping, name: AgreementId, body: AgreementBody) -> Answer:
        return await held.keep(who, body.data_agreement, name)

    @router.delete("/config/data-agreement/{dataAgreementId}/", operation_id="configDataAgreementDelete", **LIKE)
    async def end(who: Keeping, name: AgreementId) -> Answer:
        return await held.end(who, name)

    @router.get("/config/data-agreements/", operation_id="configDataAgreementList", **LIKE)
    async def listed(who: Asking, page: Paged) -> Answer:
        return Answer(data_agreement=tuple(page.of(await held.listed(who))))


def _individuals(router: APIRouter, opened: Opened) -> None:
    Asking = Annotated[Caller, Depends(opened.caller())]
    held = opened.individuals

    @router.post("/config/individual/", operation_id="configIndividualCreate", **LIKE)
    async def create(who: Asking, body: IndividualBody) -> Answer:
        return await held.create(who, body.individual)

    @router.get("/config/individual/{individualId}/", operation_id="configIndividualRead", **LIKE)
    async def read(who: Asking, name: IndividualId) -> Answer:
        return await held.one(who, name)

    @router.get("/config/individuals/", operation_id="configIndividualList", **LIKE)
    async def listed(who: Asking, page: Paged) -> Answer:
        return await held.listed(who, page)


def _webhooks(router: APIRouter, opened: Opened) -> None:
    """One per recipient, and only read here."""
    Asking = Annotated[Caller, Depends(opened.caller())]

    @router.post("/config/webhook/", operation_id="configWebhookCreate", **LIKE)
    async def create(who: Asking, body: Given) -> Answer:
        raise NotThisWay(SETTINGS)

    @router.get("/config/webhook/{webhookId}/", operation_id="configWebhookRead", **LIKE)
    async def read(who: Asking, name: WebhookId, revision: Wished = "") -> Answer:
        return Answer(webhook=_webhook(opened, who, name))

    @router.put("/config/webhook/{webhookId}/", operation_id="configWebhookUpdate", **LIKE)
    async def update(who: Asking, name: WebhookId, body: Given) -> Answer:
        raise NotThisWay(SETTINGS)

    @router.delete("/config/webhook/{webhookId}/", operation_id="configWebhookDelete", **LIKE)
    async def end(who: Asking, name: WebhookId) -> Answer:
        raise NotThisWay(SETTINGS)

    @router.get("/config/webhooks/", operation_id="configWebhookList", **LIKE)
    async def listed(who: Asking, page: Paged, revision: Wished = "") -> Answer:
        return Answer(webhooks=tuple(page.of(_own(opened, who))))


def _own(opened: Opened, who: Caller) -> list[Webhook]:
    found = opened.webhooks.get(f"{who.tenant}/{who.organisation}")
    kind = "application/cloudevents+json"
    return [Webhook(id=OWN, payload_url=found.url, content_type=kind, disabled=False)] if found else []


def _webhook(opened: Opened, who: Caller, name: str) -> Webhook:
    for one in _own(opened, who):
        if one.id == name:
            return one
    raise NoSuchThing()


def _audit(router: APIRouter, opened: Opened) -> None:
    """A recipient audits what is its own; the reason stands in the log of everybody shown."""
    Asking = Annotated[Caller, Depends(opened.caller())]
    held = opened.agreements

    @router.get("/audit/consent-records/", operation_id="auditConsentRecordList", **LIKE)
    async def records(who: Asking, page: Paged, reason: Told) -> Answer:
        return Answer(consent_records=tuple(await opened.records.searched(who, page, reason)))

    @router.get("/audit/consent-record/{consentRecordId}/", operation_id="auditConsentRecordRead", **LIKE)
    async def record(who: Asking, name: RecordId, reason: Told) -> Answer:
        return await opened.records.audited(who, name, opened.issuer(who), reason)

    @router.get("/audit/data-agreements/", operation_id="auditDataAgreementList", **LIKE)
    async def agreements(who: Asking, page: Paged) -> Answer:
        return Answer(data_agreements=tuple(page.of(await held.listed(who))))

    @router.get("/audit/data-agreement/{dataAgreementId}/", operation_id="auditDataAgreementRead", **LIKE)
    async def agreement(who: Asking, name: AgreementId) -> Answer:
        return Answer(data_agreement=(await held.one(who, name)).agreement)
