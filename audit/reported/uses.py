"""What a report says, whichever standard it came in: one use of one resident's data. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from audit.event import Trace
from audit.leaf import STATUS
from audit.reported.bodies import LdvRecord, ReportedUse, VngAction, holds_number
from audit.reported.problems import CannotKeepSecret, NotTheirs, UnknownActivity
from kernel.clock import millis
from kernel.errors import BadInput
from kernel.hidden import Hidden
from kernel.ids import derived_id

EARLIEST_MS = 3_660 * 86_400_000  # ten years: what is older has left the systems that could have reported it
AHEAD_MS = 300_000  # clocks of others
BSN_TYPE = "BSN"
SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PLACE = re.compile(rf"/toestemming/v1/verwerkingsactiviteiten/({SLUG})(?:/versies/([0-9]{{1,8}}))?")
_SLUG = re.compile(SLUG)


@dataclass(frozen=True)
class Use:
    """reference: the reporting system's own id of it. activity: slug, or the UUID by which the VNG knows it. kinds: of
    data, as the system named them. details: what else it said. secret: may not be shown yet, it said. Times in ms."""

    reference: str
    bsn: Hidden
    activity: str
    name: str
    trace: Trace
    kinds: tuple[str, ...]
    case: str
    user: str
    details: Mapping[str, str]
    secret: bool = False


@dataclass(frozen=True)
class Here:
    """Where reports come in. at: now, ms. oin: of the recipient that reports; issuer: our public address."""

    recipient: str
    oin: str
    issuer: str
    at: int


def use_of(told: ReportedUse, here: Here) -> Use:
    """Raises BadInput with all faults, NotTheirs, CannotKeepSecret, UnknownActivity."""
    if told.recipient != here.recipient:
        raise NotTheirs("De melding noemt een andere ontvanger dan die van het token.")
    if (told.record is None) == (told.action is None):
        raise wrong(("", "een-van-twee", "Stuur een `logregel` (LDV) of een `verwerkingsactie` (VNG)."))
    return _of_record(told, told.record, here) if told.record else _of_action(told, told.action, here)


def wrong(*faults: tuple[str, str, str]) -> BadInput:
    """(field as a JSON pointer, code, sentence) each."""
    fouten = [{"veld": field, "code": code, "detail": detail} for field, code, detail in faults]
    return BadInput("In `fouten` staat wat er niet klopt.", fouten=fouten)


def _of_record(told: ReportedUse, record: LdvRecord, here: Here) -> Use:
    said, faults = record.attributes, _times(record.start_time, record.end_time, here.at, "/logregel")
    if record.end_time < record.start_time:
        faults.append(("/logregel/end_time", "te-vroeg", "Het einde ligt voor het begin."))
    named = said.subject if said.subject_type == BSN_TYPE else None
    if (told.resident is None) == (named is None):
        faults.append(("/inwoner", "een-van-twee", "Noem het BSN een keer: in `inwoner`, of in de logregel."))
    if told.reference is not None:
        faults.append(("/kenmerk", "past-niet", "Het kenmerk van een logregel is zijn trace_id met zijn span_id."))
    if faults:
        raise wrong(*faults)
    bsn = told.resident.bsn if told.resident else named
    if bsn is None:
        raise AssertionError("it is said once")
    trace = Trace(trace_id=record.trace_id, span_id=record.span_id, parent_span_id=record.parent_span_id,
                  start=record.start_time, end=record.end_time)  # fmt: skip
    system = record.resource.attributes if record.resource else {}
    details = {
        "vorm": "ldv",
        STATUS: record.status,
        "systeem": _text(system.get("service.name")),
        "systeemVersie": _text(system.get("service.version")),
        "aangeroepenDoor": said.processor or "",
        "leesApi": said.read_api or "",
    }
    return Use(
        reference=record.trace_id + record.span_id,
        bsn=bsn,
        activity=activity_named(said.activity, here.issuer)[0],
        name=record.name,
        trace=trace,
        kinds=told.elements,
        case=told.case,
        user=told.user or "",
        details=_said(details),
    )


def _of_action(told: ReportedUse, action: VngAction | None, here: Here) -> Use:
    if action is None:
        raise AssertionError("one of the two was sent")
    if action.secrecy == "opgeheven":
        raise CannotKeepSecret("Wat nog niet bestaat, kan niet zijn opgeheven.")
    if action.by not in (None, here.oin):
        raise NotTheirs("De uitvoerder is een andere organisatie dan die van het token.")
    at, (person,) = millis(action.at), action.objects
    faults = _times(at, at, here.at, "/verwerkingsactie", ("tijdstip", "tijdstip"))
    if told.reference is None:
        faults.append(("/kenmerk", "ontbreekt", "Een verwerkingsactie heeft een kenmerk van uw systeem nodig."))
    if told.resident is not None:
        faults.append(("/inwoner", "past-niet", "Het BSN staat in `verwerkteObjecten`."))
    if action.activity_url is None and action.activity_id is None:
        faults.append(("/verwerkingsactie/verwerkingsactiviteitUrl", "ontbreekt", "Noem de verwerkingsactiviteit."))
    if faults:
        raise wrong(*faults)
    reference = told.reference or ""
    span = derived_id(f"{here.recipient}/{reference}", "span")
    trace_id = action.processing_id.hex if action.processing_id else span
    return Use(
        reference=reference,
        bsn=person.bsn,
        activity=activity_named(action.activity_url, here.issuer)[0]
        if action.activity_url
        else str(action.activity_id),
        name=action.action or action.handling or action.processing or "Verwerking",
        trace=Trace(trace_id=trace_id, span_id=span[:16], start=at, end=at),
        kinds=(*told.elements, *(kind.name for kind in person.kinds)),
        case=told.case,
        user=action.user or told.user or "",
        secret=action.secrecy == "vertrouwelijk",
        details=_said({"vorm": "vng", "kenmerk": reference, "betrokkenheid": person.role} | _of_vng(action)),
    )


def _of_vng(action: VngAction) -> dict[str, str]:
    return {
        "systeem": action.system,
        "handelingNaam": action.handling,
        "verwerkingNaam": action.processing,
        "verwerkingId": str(action.processing_id or ""),
        "bewaartermijn": action.retention,
        "gegevensbron": action.source,
        "soortAfnemerId": action.receiver_type or "",
        "afnemerId": action.receiver or "",
        "verwerkingsactiviteitIdAfnemer": str(action.receiver_activity_id or ""),
        "verwerkingsactiviteitUrlAfnemer": action.receiver_activity_url or "",
        "verwerkingIdAfnemer": str(action.receiver_processing_id or ""),
    }


def _times(
    start: int, end: int, now: int, place: str, names: tuple[str, str] = ("start_time", "end_time")
) -> list[tuple[str, str, str]]:
    found = []
    if start < now - EARLIEST_MS:
        found.append((f"{place}/{names[0]}", "te-vroeg", "Langer dan tien jaar geleden wordt niet meer gemeld."))
    if end > now + AHEAD_MS:
        found.append((f"{place}/{names[1]}", "te-laat", "Dit moet nog gebeuren."))
    return found


def activity_named(named: str, issuer: str) -> tuple[str, str]:
    """Slug and version ("" for none): the slug by itself, or its address in our register. Raises UnknownActivity."""
    if _SLUG.fullmatch(named):
        return named, ""
    place = _PLACE.fullmatch(named.removeprefix(issuer)) if named.startswith(issuer) else None
    if place is None:
        raise UnknownActivity("Noem een activiteit uit het register van deze gemeente.")
    return place[1], place[2] or ""


def _text(value: object) -> str:
    """A name among attributes that may hold anything. Raises BadInput."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable() or holds_number(value):
        raise wrong(("/logregel/resource/attributes", "ongeldige-waarde", "Deze naam van een systeem kan niet."))
    return value


def _said(details: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in details.items() if value}
