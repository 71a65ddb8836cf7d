"""What the register's acts say in the log: names and reasons of the version they are about, never a value. Pure."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from audit.contract import Entry, Event, FenceAt, Kind
from consent.activity import ActivityVersion, Application, Recipient
from consent.decision import ResidentRef
from consent.terms import destruction_year

Row = Mapping[str, Any]
_NAMES: dict[str, str] = {
    "toestemming-gevraagd": "Toestemming gevraagd",
    "toestemming-gegeven": "Toestemming gegeven",
    "toestemming-geweigerd": "Toestemming geweigerd",
    "toestemming-ingetrokken": "Toestemming ingetrokken",
    "toestemming-gepauzeerd": "Toestemming gepauzeerd",
    "toestemming-hervat": "Toestemming hervat",
    "toestemming-verkort": "Toestemming verkort",
    "toestemming-vernieuwd": "Toestemming vernieuwd",
    "zaak-geopend": "Zaak geopend",
    "zaak-gesloten": "Zaak gesloten",
    "vlag": "Bijzonderheid vastgelegd",
    "vlag-einde-gevraagd": "Einde van bijzonderheid gevraagd",
    "vlag-beeindigd": "Bijzonderheid beëindigd",
    "bezwaar": "Bezwaar gemaakt",
    "bezwaar-gegrond": "Bezwaar gegrond",
    "bezwaar-ongegrond": "Bezwaar ongegrond",
    "bezwaar-ingetrokken": "Bezwaar ingetrokken",
    "beperking": "Gegevens op slot",
    "beperking-opgeheven": "Gegevens van het slot",
    "verzoek": "Verzoek ingediend",
    "verzoek-stap": "Verzoek behandeld",
    "vraag": "Vraag gesteld",
    "vraag-beantwoord": "Vraag beantwoord",
    "activiteit-concept": "Verwerkingsactiviteit voorbereid",
    "activiteit-gepubliceerd": "Verwerkingsactiviteit gepubliceerd",
    "activiteit-beeindigd": "Verwerkingsactiviteit beëindigd",
    "ontvanger-concept": "Ontvanger voorbereid",
    "sleutel-beeindigd": "Sleutel beëindigd",
    "toepassing-vervangen": "Toepassing vervangen",
    "ontvanger-toegelaten": "Ontvanger toegelaten",
    "ontvanger-geschorst": "Ontvanger geschorst",
    "machtiging-aangeboden": "Machtiging aangeboden",
    "machtiging-vastgelegd": "Vertegenwoordiging opgeschreven",
    "machtiging-gegeven": "Machtiging gegeven",
    "machtiging-beeindigd": "Machtiging beëindigd",
    "namens-gekeken": "Gekeken voor iemand anders",
    "bericht": "Bericht met het bewijs gestuurd",
    "balie-gesprek": "Geholpen aan de balie",
    "nood-nagekeken": "Gebruik in nood nagekeken",
    "vervallen": "Vervallen",
}


def names(text: str) -> tuple[str, ...]:
    """A stored list of names."""
    return _names(text)


def stored(listed: tuple[str, ...]) -> str:
    """The inverse of `names`."""
    return json.dumps(listed, ensure_ascii=False)


def document(version: ActivityVersion) -> str:
    """A version as it is stored; immutable."""
    return version.model_dump_json(exclude_defaults=True)


def version_of(row: Row) -> ActivityVersion:
    """The inverse of `document`."""
    return _version(row["document"])


def recipient_of(row: Row) -> Recipient:
    """A recipient without its applications."""
    return _recipient(row["document"])


def application_of(row: Row) -> Application:
    """An application as it was registered; which of its keys still count is another question."""
    return _application(row["document"])


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


# Read once for each text, however often the row comes by: what comes out is frozen, and of nobody who lives here.
_version = lru_cache(maxsize=1024)(ActivityVersion.model_validate_json)
_recipient = lru_cache(maxsize=1024)(Recipient.model_validate_json)
_application = lru_cache(maxsize=1024)(Application.model_validate_json)


def resident_of(consent: Row) -> ResidentRef:
    """Whose consent it is."""
    return ResidentRef(id=consent["resident"], subject=consent["subject"], fence=consent["resident_fence"])


def event(kind: Kind, event_id: str, subject: str, **said: Any) -> Event:
    """A line of the register. Without a term of an activity the log says how long it is kept: a year of ours would
    make the same act another one after New Year."""
    return Event(id=event_id, kind=kind, subject=subject, name=_NAMES.get(kind, ""), **said)


def about_consent(kind: Kind, event_id: str, consent: Row, version: ActivityVersion, at: int, **more: Any) -> Event:
    """A line in the resident's own series. Says the same whoever writes it, so that a repeated act is one line."""
    used = [found for name in names(consent["elements"]) if (found := version.element(name))]
    more["details"] = {"toestemming": consent["id"], **more.get("details", {})}
    return event(
        kind,
        event_id,
        consent["subject"],
        activity=consent["activity"],
        version=str(consent["version"]),
        purpose=version.purpose.nl,
        class_="C",
        basis=used[0].basis if used else "",
        recipient=consent["recipient"],
        case=consent["reference"],
        elements=names(consent["elements"]),
        keep_until=destruction_year(at, version.keep_lines),
        **more,
    )


def permit(said: Event, *requires: tuple[str, int]) -> Entry:
    """Requires fences where the facts left them, moves none."""
    return Entry(event=said, requires=tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch in requires))


def restriction(said: Event, fence: str) -> Entry:
    """Moves a fence and requires nothing: it succeeds whenever the log can write."""
    return Entry(event=said, advances=(fence,))
