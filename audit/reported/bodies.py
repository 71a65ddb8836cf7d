"""How a use is reported: an LDV record (core 0.8) or a verwerkingsactie of the VNG (0.9.0), in an envelope of ours.

The envelope says what the records cannot: whose number it is, which recipient, which elements of the register.
"""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, SkipValidation

from audit.answers import ByNumber, Moment
from audit.contract import Plain
from kernel.hidden import Hidden
from kernel.message import Body, Millis, Short, wire

MOST = 1_000  # in one call
NAME_MAX, URI_MAX = 242, 2_000  # the VNG has 242 and 2042; a sentence in a line has 2000
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:[!-~]+")


def _not_zero(text: str) -> str:
    if not text.strip("0"):
        raise ValueError("all zeros mean none")  # W3C Trace Context sections 3.2.2.3 and 3.2.2.4
    return text


def _own_id(text: str) -> str:
    """A UUID may have nine digits in a row; any other name may not, for it could be somebody's number."""
    if holds_number(text) and not _UUID.fullmatch(text):
        raise ValueError("nine digits in a row")
    return text


def holds_number(text: str) -> bool:
    """Nine digits in a row, no more and no less: it could be a BSN."""
    return any(len(run) == 9 for run in "".join(each if each.isdigit() else " " for each in text).split())


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a line break, or a sign that turns text around")
    return text


def _uri(text: str) -> str:
    """Syntax of RFC 3986 section 3: a scheme and what follows it, without spaces."""
    if not _URI.fullmatch(text):
        raise ValueError("no absolute URI")
    return text


Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$"), AfterValidator(_not_zero)]
Hex16 = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$"), AfterValidator(_not_zero)]
Name = Annotated[Plain, Field(max_length=NAME_MAX), AfterValidator(_printable)]
Uri = Annotated[Plain, Field(max_length=URI_MAX), AfterValidator(_uri)]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$"), AfterValidator(_own_id)]
User = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Oin = Annotated[str, Field(pattern=r"^[0-9]{20}$")]


class Resource(Body):
    """Which system. Of the attributes only `service.name` and `service.version` are kept."""

    attributes: Annotated[dict[Short, JsonValue], Field(max_length=64)] = Field(default_factory=dict)


class Attributes(Body):
    """Those of LDV core and its read extension. Others are not kept: we do not know what may stand in them, and what
    `exception.*` quotes least of all."""

    model_config = ConfigDict(extra="ignore")

    activity: Annotated[Annotated[Plain, Field(min_length=1, max_length=URI_MAX)],
                        wire("dpl.core.processing_activity_id")]  # fmt: skip
    subject: Annotated[Hidden | None, wire("dpl.core.data_subject_id")] = None
    subject_type: Annotated[Short, wire("dpl.core.data_subject_id_type")] = ""
    processor: Annotated[Uri | None, wire("dpl.core.foreign_operation.processor")] = None
    read_api: Annotated[Uri | None, wire("dpl.read.externalReadAPI_id")] = None


class LdvRecord(Body):
    """A record of the Logboek Dataverwerkingen. Times in ms since 1970."""

    trace_id: Hex32
    span_id: Hex16
    parent_span_id: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""
    status: Literal["Unset", "Ok", "Error"]
    name: Annotated[Name, Field(min_length=1)]
    start_time: Annotated[Millis, Field(ge=1)]
    end_time: Annotated[Millis, Field(ge=1)]
    resource: Resource | None = None
    attributes: Attributes


class KindOfData(Body):
    """A kind of data, in the words of the system that used it."""

    name: Annotated[Annotated[Name, Field(min_length=1)], wire("soortGegeven")]


class Processed(Body):
    """Whose data: of persons, by BSN."""

    object_type: Annotated[Literal["persoon"], wire("objecttype")]
    id_type: Annotated[Literal["BSN"], wire("soortObjectId")]
    bsn: Annotated[Hidden, wire("objectId")]
    role: Annotated[Name, wire("betrokkenheid")] = ""
    kinds: Annotated[Annotated[tuple[KindOfData, ...], Field(max_length=100)], wire("verwerkteSoortenGegevens")] = ()


class VngAction(Body):
    """A verwerkingsactie. What the log itself makes (url, actieId, tijdstipRegistratie) cannot be sent."""

    action: Annotated[Name, wire("actieNaam")] = ""
    handling: Annotated[Name, wire("handelingNaam")] = ""
    processing: Annotated[Name, wire("verwerkingNaam")] = ""
    processing_id: Annotated[UUID | None, wire("verwerkingId")] = None
    activity_id: Annotated[UUID | None, wire("verwerkingsactiviteitId")] = None
    activity_url: Annotated[Uri | None, wire("verwerkingsactiviteitUrl")] = None
    secrecy: Annotated[Literal["normaal", "vertrouwelijk", "opgeheven"], wire("vertrouwelijkheid")] = "normaal"
    retention: Annotated[str, Field(pattern=r"^(P[0-9YMWD]{1,20}(T[0-9HMS]{1,20})?)?$"), wire("bewaartermijn")] = ""
    by: Annotated[Oin | None, wire("uitvoerder")] = None
    system: Annotated[Name, wire("systeem")] = ""
    user: Annotated[Annotated[User, Field(max_length=40)] | None, wire("gebruiker")] = None
    source: Annotated[Name, wire("gegevensbron")] = ""
    receiver_type: Annotated[Literal["OIN"] | None, wire("soortAfnemerId")] = None
    receiver: Annotated[Oin | None, wire("afnemerId")] = None
    receiver_activity_id: Annotated[UUID | None, wire("verwerkingsactiviteitIdAfnemer")] = None
    receiver_activity_url: Annotated[Uri | None, wire("verwerkingsactiviteitUrlAfnemer")] = None
    receiver_processing_id: Annotated[UUID | None, wire("verwerkingIdAfnemer")] = None
    at: Annotated[Moment, wire("tijdstip")]
    objects: Annotated[Annotated[tuple[Processed, ...], Field(min_length=1, max_length=1)], wire("verwerkteObjecten")]


class ReportedUse(Body):
    """One use: an LDV record or a verwerkingsactie, and what neither can say. A record names its person in itself
    (data_subject_id_type BSN, or verwerkteObjecten) or in `inwoner`. reference: the system's own id of a
    verwerkingsactie; a record has its trace and span."""

    recipient: Annotated[Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)], wire("ontvanger")]
    reference: Annotated[Reference | None, wire("kenmerk")] = None
    resident: Annotated[ByNumber | None, wire("inwoner")] = None
    elements: Annotated[
        Annotated[tuple[Annotated[Name, Field(min_length=1)], ...], Field(max_length=100)], wire("gegevenselementen")
    ] = ()
    case: Annotated[Annotated[Plain, Field(max_length=64), AfterValidator(_printable)], wire("zaak")] = ""
    user: Annotated[User | None, wire("gebruiker")] = None
    record: Annotated[LdvRecord | None, wire("logregel")] = None
    action: Annotated[VngAction | None, wire("verwerkingsactie")] = None


class ReportedUses(Body):
    """One call. Each is read by itself later, so that one that is wrong does not stop the others."""

    uses: Annotated[
        Annotated[tuple[SkipValidation[ReportedUse], ...], Field(min_length=1, max_length=MOST)], wire("meldingen")
    ]
