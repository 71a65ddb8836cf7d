"""What stands behind this way in, and who may come: an application with the role `govstack`, where that is on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request

from audit.contract import Audit
from consent.api import Behind
from consent.drafts.contract import KEEPER
from consent.events.address import Webhook
from consent.govstack.agreements import Agreements
from consent.govstack.individuals import Individuals
from consent.govstack.records import Records
from consent.govstack.stored import DEEP_MAX, PAGE_MAX, Objects, Page
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.errors import NoAccess, NotFound
from kernel.http.hosts import Hosts

LIKE: dict[str, Any] = {"response_model_exclude_none": True}  # of every operation
ROLE, GOVSTACK = "govstack", "/govstack/v1"
ID, SLUG, UUID = r"^[A-Za-z0-9._-]{1,64}$", r"^[a-z0-9]+(-[a-z0-9]+)*$", r"^[0-9a-f-]{36}$"
PolicyId = Annotated[str, Path(alias="policyId", pattern=ID)]
IndividualId = Annotated[str, Path(alias="individualId", pattern=ID)]
WebhookId = Annotated[str, Path(alias="webhookId", pattern=ID)]
AgreementId = Annotated[str, Path(alias="dataAgreementId", pattern=SLUG, max_length=60)]
RecordId = Annotated[str, Path(alias="consentRecordId", pattern=UUID)]
About = Annotated[str, Query(alias="dataAgreementId", pattern=SLUG, max_length=60)]
Whom = Annotated[str, Query(alias="individualId", pattern=ID)]
Wished = Annotated[str, Query(alias="revisionId", max_length=80, pattern=r"^([A-Za-z0-9._-]+\.[0-9]{1,9})?$")]
Person = Annotated[str, Header(alias="X-ConsentBB-IndividualId", pattern=ID)]
Reason = Annotated[str, Header(alias="X-Regie-Reden", max_length=500)]


def paged(
    offset: Annotated[int, Query(ge=0, le=DEEP_MAX - PAGE_MAX)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
) -> Page:
    """A dependency."""
    return Page(offset, limit)


def given_reason(reason: Reason = "") -> str:
    """A dependency. Raises BadInput: who looks into people's records says why."""
    if not reason.strip():
        raise fault("/X-Regie-Reden", "ontbreekt", "Zeg in deze kop waarom u dit opzoekt; het komt in het logboek.")
    no_numbers({"/X-Regie-Reden": reason})
    return reason.strip()


Paged = Annotated[Page, Depends(paged)]
Told = Annotated[str, Depends(given_reason)]


@dataclass(frozen=True)
class Opened:
    """behind: as for the other roots. on: the municipalities where it is switched on."""

    behind: Behind
    on: frozenset[str]
    webhooks: Mapping[str, Webhook]
    agreements: Agreements
    individuals: Individuals
    records: Records

    @classmethod
    def of(
        cls, behind: Behind, audit: Audit, on: tuple[str, ...], webhooks: Mapping[str, Webhook], clock: Clock
    ) -> "Opened":
        """Put together on the register that is behind it."""
        objects = Objects(behind.consent.register, audit, clock)
        houses = {one.id: (one.name, one.public_url) for one in behind.tenants.values()}
        agreements, individuals = (
            Agreements(behind.consent, objects, houses),
            Individuals(objects, behind.persons.residents, behind.consent.may_name_by_number),
        )
        records = Records(behind.consent, audit, agreements, individuals, clock)
        return cls(behind, frozenset(on), webhooks, agreements, individuals, records)

    def keeper(self) -> Callable[..., Awaitable[Caller]]:
        """The same, for what every recipient reads: the role `beheer` as well."""
        asking = self.caller()

        async def keeping(request: Request) -> Caller:
            who = await asking(request)
            if not await self.behind.consent.clients.has_role(who, KEEPER):
                raise NoAccess("Deze toepassing mag het register niet bijhouden: daarvoor is de rol beheer.")
            return who

        return keeping

    def caller(self) -> Callable[..., Awaitable[Caller]]:
        """The dependency that tells who asks. Raises NotFound where it is switched off, NoAccess without the role."""
        hosts = Hosts({tenant.public_url: name for name, tenant in self.behind.tenants.items()})

        async def asking(request: Request) -> Caller:
            place = hosts.at(request)
            if place is None or place[1] not in self.on:
                raise NotFound()
            who = await self.behind.caller(request)
            # behind the others sits somebody, whom the standard has no place to name
            if who.kind != "automatisch" or not await self.behind.consent.clients.has_role(who, ROLE):
                raise NoAccess("Dit is voor toepassingen van de soort automatisch, met de rol govstack.")
            return who

        return asking

    def issuer(self, who: Caller) -> str:
        """The address of the municipality, which signs receipts."""
        return self.behind.tenants[who.tenant].public_url
