"""The register to take away: JSON-LD with the names of the LDV register draft, and CSV for a spreadsheet. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from consent.contract import ActivityVersion, Recipient, bases_of, data_of, purposes_of
from kernel.clock import moment
from kernel.spreadsheet import safe

COLUMNS: Final = (
    "id", "versie", "titel", "doel", "verantwoordelijke", "contact", "functionaris", "betrokkenen", "gegevens",
    "grondslagen", "ontvangers", "doorgiften", "bewaartermijn", "maatregelen", "algoritmeregister",
    "beoordelingTotEnMet",
)  # fmt: skip
CONTEXT: Final[Mapping[str, str]] = {
    "dpv": "https://w3id.org/dpv#",
    "id": "@id",
    "purpose": "dpv:hasPurpose",
    "legalBasis": "dpv:hasLegalBasis",
    "personalData": "dpv:hasPersonalData",
    "recipients": "dpv:hasRecipient",
    "measures": "dpv:hasTechnicalOrganisationalMeasure",
    "dataSubjects": "dpv:hasDataSubject",
}


def as_json(versions: Iterable[ActivityVersion], recipients: Iterable[Recipient], root: str) -> str:
    """Those in force. root: of the API, so that each id is the address at which it can be read."""
    activities = [_activity(one, root) for one in versions]
    entities = [{"id": f"{root}/ontvangers/{one.slug}", "name": one.name.nl, "oin": one.oin} for one in recipients]
    document = {"@context": CONTEXT, "processingActivities": activities, "entities": entities}
    return json.dumps(document, ensure_ascii=False, indent=1)


def as_csv(versions: Iterable[ActivityVersion]) -> str:
    """The same, flat, in Dutch: AVG art. 30(1). RFC 4180; a byte order mark, for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in versions:
        writer.writerow([safe(cell) for cell in _cells(one)])
    return "\ufeff" + text.getvalue()


def _cells(one: ActivityVersion) -> list[str]:
    return [
        one.slug,
        str(one.number),
        one.title.nl,
        one.purpose.nl,
        one.controller,
        one.contact,
        one.officer,
        "; ".join(each.nl for each in one.residents),
        "; ".join(f"{each.name} ({each.class_})" for each in one.elements),
        "; ".join(dict.fromkeys(f"{each.basis} {each.law}".strip() for each in one.elements)),
        "; ".join(f"{each.recipient} ({each.role})" for each in one.parties),
        "; ".join(f"{each.country}: {each.safeguard}" for each in one.transfers),
        one.retention.nl,
        "; ".join(each.nl for each in one.measures),
        one.automated.algorithm if one.automated else "",
        moment(one.assessment.until).date().isoformat(),
    ]


def _activity(one: ActivityVersion, root: str) -> dict[str, Any]:
    place = f"{root}/verwerkingsactiviteiten/{one.slug}"
    version = {
        "id": f"{place}/versies/{one.number}",
        "name": one.title.nl,
        "description": one.purpose.nl,
        "controller": one.controller,
        "purpose": [{"id": code} for code in purposes_of(one)],
        "legalBasis": [{"id": code} for code in bases_of(one)],
        "dataSubjects": [each.nl for each in one.residents],
        "personalData": [{"id": data_of(each), "name": each.name, "class": each.class_} for each in one.elements],
        "recipients": [{"id": f"{root}/ontvangers/{each.recipient}", "role": each.role} for each in one.parties],
        "measures": [each.nl for each in one.measures],
        "transfers": [{"country": each.country, "safeguard": each.safeguard} for each in one.transfers],
        "processingOptions": {"storagePeriod": one.retention.nl, "days": one.kept_days},
        "algorithm": one.automated.algorithm if one.automated else None,
    }
    return {"id": place, "active": True, "latestVersion": version}
