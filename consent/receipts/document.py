"""A consent as ISO/IEC TS 27560 has it, written with DPV 2.3 as JSON-LD. Pure.

Profiles: https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr around one #record-eu-gdpr. Words of the register are
Dutch and English, tagged as such; codes are those of DPV and of EU-GDPR.
"""

from collections.abc import Mapping
from typing import Any, Final

from consent.contract import ActivityVersion, ConsentDetail, ConsentView, State, Words
from kernel.clock import moment

Document = dict[str, Any]
CONTEXT: Final[Mapping[str, str]] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "regie": "urn:regie:",
}
SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#"
STATUS: Final[Mapping[State, str]] = {
    "gevraagd": "dpv:ConsentRequested",
    "gegeven": "dpv:ConsentGiven",
    "vernieuwd": "dpv:RenewedConsentGiven",
    "geweigerd": "dpv:ConsentRefused",
    "ingetrokken": "dpv:ConsentWithdrawn",
    "verlopen": "dpv:ConsentExpired",
    "vervallen": "dpv:ConsentExpired",
    "ongeldig": "dpv:ConsentInvalidated",
    "gepauzeerd": "dpv:ConsentStatusInvalidForProcessing",
}
BY_CLOCK: Final = frozenset({"verlopen", "vervallen", "ongeldig"})  # nobody chose these


def receipt(detail: ConsentDetail, receipt_id: str, house: tuple[str, str], at: int) -> Document:
    """house: name and public address of the municipality. at: when the receipt is made, ms."""
    name, address = house
    return {
        "@context": dict(CONTEXT),
        "@id": f"urn:uuid:{receipt_id}",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": receipt_id,
        "dct:conformsTo": f"{SCHEMA}receipt-eu-gdpr",
        "dct:created": _time(at),
        "dct:publisher": {"@id": address, "@type": "dpv:DataController", "dct:title": name},
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": _record(detail, name, address),
    }


def _record(detail: ConsentDetail, name: str, address: str) -> Document:
    view, activity = detail.consent, detail.activity
    page = f"{address}/toestemmingen/{view.id}"
    return {
        "@id": f"urn:uuid:{view.id}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": view.id,
        "dct:conformsTo": f"{SCHEMA}record-eu-gdpr",
        "dpv:hasDataSubject": {"@id": f"urn:uuid:{view.id}#inwoner", "skos:broader": "dpv:Citizen"},
        "dpv:hasDataController": {
            "@id": address,
            "dct:title": name,
            "schema:legalName": activity.controller,
            "schema:contactPoint": activity.contact,
        },
        "dpv:hasJurisdiction": "loc:NL",
        "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
        "dpv:hasLegalBasis": [f"eu-gdpr:{code}" for code in _bases(detail)],
        "dpv:hasProcess": _process(detail),
        "dpv:hasConsentControl": {
            "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"],
            "dpv:isExercisedAt": page,
        },
        "dpv:hasRight": {
            "@type": ["dpv:DataSubjectRight", "eu-gdpr:A7-3"],
            "dct:title": _words(Words(nl="U kunt altijd stoppen.", en="You can always stop.")),
            "dpv:isExercisedAt": page,
        },
        "dpv:hasNotice": {
            "@id": f"urn:sha256:{view.text_hash}" if view.text_hash else f"{page}#tekst",
            "@type": "dpv:ConsentNotice",
            "dct:identifier": f"{view.activity} {view.version}",
            "dct:language": view.language,
        },
        "dpv:hasConsentStatus": _events(view),
    }


def _process(detail: ConsentDetail) -> Document:
    view, activity = detail.consent, detail.activity
    labels = {one.name: one.words for one in detail.catalogue}
    return {
        "@type": "dpv:Process",
        "dct:identifier": activity.slug,
        "dpv:hasPurpose": {"@type": "dpv:Purpose", "dct:title": _words(activity.purpose)},
        "dpv:hasProcessing": ["dpv:Retrieve", "dpv:Use"],
        "dpv:hasPersonalData": [
            {
                "@type": "dpv:PersonalData",
                "dct:identifier": element,
                "dct:title": _words(labels[element]) if element in labels else [],
                "dpv:hasNecessity": "dpv:Optional",
                "dct:description": _words(reason) if (reason := _reason(activity, element)) else [],
            }
            for element in view.elements
        ],
        "dpv:hasRecipient": {"@type": "dpv:Recipient", "dct:title": _words(view.recipient_name)},
        "dpv:hasDuration": {"dct:valid": _time(view.valid_until)} if view.valid_until else "dpv:UntilEventDuration",
        **({"dpv:hasFrequency": {"@type": "dpv:Frequency", **said}} if (said := _limits(view)) else {}),
        "dpv:hasStorageCondition": _storage(view, activity),
        "dpv:hasConsequence": {"@type": "dpv:Consequence", "dct:title": _words(activity.consequence)},
    }


def _storage(view: ConsentView, activity: ActivityVersion) -> list[Document]:
    days = view.limits.kept or activity.kept_days
    duration: Document = {"@type": "dpv:StorageDuration", "dct:title": _words(activity.retention)}
    return [
        duration | ({"dpv:hasDuration": f"P{days}D"} if days else {}),
        {"@type": "dpv:StorageDeletion", "dct:title": _words(activity.after_withdrawal)},
        {"@type": "dpv:StorageLocation", "dct:title": _words(Words(nl="Bij de ontvanger", en="At the recipient"))},
    ]


def _limits(view: ConsentView) -> Document:
    said = view.limits.model_dump(mode="json", exclude_defaults=True)
    return {f"regie:{name}": value for name, value in said.items()}


def _bases(detail: ConsentDetail) -> list[str]:
    found = (detail.activity.element(name) for name in detail.consent.elements)
    codes = [one.basis.replace("(", "-").replace(")", "") for one in found if one]
    return sorted({f"A{code}" for code in codes})


def _reason(activity: ActivityVersion, element: str) -> Words | None:
    found = activity.element(element)
    return found.reason if found else None


def _events(view: ConsentView) -> list[Document]:
    """What the row remembers, oldest first: asked, chosen, how it stands. The log holds every act in between."""
    told = [_event("gevraagd", view, view.requested_at)]
    if view.decided_at and view.state != "geweigerd":
        told.append(_event("vernieuwd" if view.state == "vernieuwd" else "gegeven", view, view.decided_at))
    if view.state not in ("gevraagd", "gegeven", "vernieuwd"):
        told.append(_event(view.state, view, view.ended_at))
    return told


def _event(state: State, view: ConsentView, at: int) -> Document:
    asked, chosen = state == "gevraagd", state not in BY_CLOCK
    kinds = [STATUS[state], *(["dpv:ExpressedConsent"] if state in ("gegeven", "vernieuwd") else [])]
    by = "dpv:Recipient" if asked else "dpv:DataSubject" if chosen else "dpv:DataController"
    said: Document = {"@type": kinds, "dpv:isIndicatedBy": by, "regie:status": state}
    if chosen and not asked and view.channel:
        said["dpv:hasIndicationMethod"] = view.channel
    return said | ({"dpv:isIndicatedAtTime": _time(at)} if at else {})


def _words(words: Words) -> list[Document]:
    return [{"@language": "nl", "@value": words.nl}, {"@language": "en", "@value": words.en}]


def _time(milliseconds: int) -> str:
    return moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")
