"""The schemas of the standard (GovStack Consent Building Block, API of 2023, schema.csv). Pure.

Unlike in our own bodies unknown members are ignored: the published schemas are open. Every text has a limit.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from consent.activity import Slug
from consent.bodies import Number
from kernel.message import Sentence, Short, Text

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
NewId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")]  # "": we make one
Url = Annotated[str, Field(pattern=r"^(https?://[^\s<>\"]{1,480})?$")]
Bsn = Literal["bsn", "burgerservicenummer"]


class Standard(BaseModel):
    """camelCase on the wire, as the standard has it."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class Controller(Standard):
    """Who is responsible."""

    id: Short
    name: Sentence
    url: Sentence


class Policy(Standard):
    """A text of the municipality that agreements refer to."""

    id: NewId
    name: Annotated[Sentence, Field(min_length=1)]
    version: Annotated[Short, Field(min_length=1)]
    url: Url
    jurisdiction: Short | None = None
    industry_sector: Short | None = None
    data_retention_period_days: Annotated[int, Field(ge=0, le=36_600)] | None = None
    geographic_restriction: Short | None = None
    storage_location: Short | None = None


class Lifecycle(Standard):
    """DataAgreementLifecycle: draft or complete."""

    id: Short
    name: Short


class Agreement(Standard):
    """DataAgreement. id: the name of the activity, also of one to come."""

    id: Slug
    version: Annotated[Short, Field(min_length=1)]
    controller: Controller | None = None
    policy: Policy | None = None
    purpose: Annotated[Sentence, Field(min_length=1)]
    lawful_basis: Literal["consent"]
    data_use: Short | None = None
    dpia: Sentence
    active: bool | None = None
    forgettable: bool | None = None
    compatible_with_version: dict[str, Any] | None = None
    lifecycle: Lifecycle | None = None


class Individual(Standard):
    """A reference to a resident, as it is answered and kept: without `externalId`."""

    id: NewId
    external_id_type: Short | None = None
    identity_provider_id: Short | None = None


class IndividualIn(Standard):
    """The same as it comes in. external_id: nine digits or nothing, read once and never kept; "" is nothing."""

    id: NewId
    external_id: Number | Literal[""] | None = Field(default=None, repr=False)
    external_id_type: Bsn | Literal[""] | None = None
    identity_provider_id: Short | None = None

    def kept(self) -> Individual:
        """Without the number."""
        return Individual(
            id=self.id,
            external_id_type=self.external_id_type or None,
            identity_provider_id=self.identity_provider_id or None,
        )


class Revision(Standard):
    """What an object was at a moment. serialized_hash: SHA-256 of the snapshot, in hex."""

    id: Short
    schema_name: Short
    object_id: Short
    signed_without_object_id: bool = False
    serialized_snapshot: Text
    serialized_hash: Short
    timestamp: Short
    authorized_by_other: Sentence | None = None
    predecessor_hash: Short | None = None


class Signature(Standard):
    """Our receipt, in the standard's words. signature: the SD-JWT."""

    id: Short
    payload: Text
    signature: Text
    verification_method: Short
    verification_payload: Text
    verification_payload_hash: Short
    verification_signed_by: Sentence
    timestamp: Short
    object_type: Short | None = None
    object_reference: Short | None = None


class Record(Standard):
    """ConsentRecord. state: unsigned until the resident chose."""

    id: Short
    data_agreement: Agreement | None = None
    data_agreement_revision: Revision | None = None
    data_agreement_revision_hash: Short
    individual: Individual | None = None
    opt_in: bool
    state: Short
    signature: Signature | None = None


class RecordIn(Standard):
    """What may be said about a record from outside; the rest of it is ours."""

    id: NewId
    opt_in: bool | None = None


class Webhook(Standard):
    """Where events go. secret_key: always empty, for ours are signed with a key pair."""

    id: Short
    payload_url: Sentence
    content_type: Short
    disabled: bool
    secret_key: Literal[""] = ""


class Given(Standard):
    """Anything that is refused whatever it holds."""

    model_config = ConfigDict(extra="ignore")


class PolicyBody(Standard):
    """One policy."""

    policy: Policy


class AgreementBody(Standard):
    """One agreement."""

    data_agreement: Agreement


class IndividualBody(Standard):
    """One individual."""

    individual: IndividualIn


class RecordBody(Standard):
    """One record."""

    consent_record: RecordIn


class Answer(Standard):
    """Whatever an operation answers; what does not belong to it is left out."""

    policy: Policy | None = None
    policies: tuple[Policy, ...] | None = None
    data_agreement: Agreement | tuple[Agreement, ...] | None = None  # the standard's list has the singular name once
    data_agreements: tuple[Agreement, ...] | None = None
    individual: Individual | None = None
    individuals: tuple[Individual, ...] | None = None
    webhook: Webhook | None = None
    webhooks: tuple[Webhook, ...] | None = None
    consent_record: Record | None = None
    consent_records: tuple[Record, ...] | None = None
    revision: Revision | None = None
    signature: Signature | None = None
