"""What is public, described for a catalogue of open data: DCAT 3 in JSON-LD, with the members that DCAT-AP-NL asks for.
Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.opendata.contract import TableBrief
from connectors.opendata.wording import LICENCE
from consent.contract import Words

EU: Final = "http://publications.europa.eu/resource/authority"
CONTEXT: Final[Mapping[str, str]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
MISSING: Final[Mapping[str, Words]] = {
    "nog-niet-gemaakt": Words(nl="Deze tabel is nog niet gemaakt.", en="This table has not been made yet."),
    "niet-gemaakt": Words(nl="Deze tabel is niet gemaakt.", en="This table was not made."),
}


def catalogue(tables: Iterable[TableBrief], municipality: str, root: str) -> dict[str, Any]:
    """root: of the list, with its host; each table stands below it. A table that was not made is listed without files:
    that it is missing is told too."""
    name = f"Open cijfers van {municipality}", f"Open figures of {municipality}"
    told = (
        "Tabellen met aantallen, zonder personen. Zij staan hier vanaf een vaste dag, ook als de uitkomst tegenvalt.",
        "Tables of counts, without persons. They are here from a fixed day, also when the outcome is disappointing.",
    )
    return {
        "@context": dict(CONTEXT),
        "@id": root,
        "@type": "dcat:Catalog",
        "dct:title": _both(*name),
        "dct:description": _both(*told),
        "dct:publisher": _agent(municipality),
        "dct:license": {"@id": LICENCE},
        "dcat:dataset": [_dataset(one, root) for one in tables],
    }


def _dataset(one: TableBrief, root: str) -> dict[str, Any]:
    place, missing = f"{root}/{one.activity}/{one.version}/{one.table}", MISSING.get(one.state)
    nl, en = f"{one.purpose.nl} {one.measure}: {_sides(one)}.", one.purpose.en
    if missing:
        nl, en = f"{nl} {missing.nl}", f"{en} {missing.en}"
    found: dict[str, Any] = {
        "@id": place,
        "@type": "dcat:Dataset",
        "dct:identifier": place,
        "dct:title": _both(f"{one.title.nl}: {one.table}", f"{one.title.en}: {one.table}"),
        "dct:description": _both(nl, en),
        "dct:publisher": _agent(one.controller),
        "dct:creator": _agent(one.controller),
        "dcat:contactPoint": {"@type": "vcard:Kind", "vcard:fn": one.contact},
        "dcat:theme": {"@id": f"{EU}/data-theme/SOCI"},
        "dct:accessRights": {"@id": f"{EU}/access-right/PUBLIC"},
        "dct:language": {"@id": f"{EU}/language/NLD"},
        "dct:available": {"@type": "xsd:date", "@value": one.day},
    }
    if one.state == "gemaakt":
        found["dct:issued"] = {"@type": "xsd:dateTime", "@value": one.made_at}
        found["dcat:distribution"] = [
            _file(place, "JSON", "application/json"),
            _file(f"{place}/csv", "CSV", "text/csv"),
        ]
    return found


def _file(place: str, form: str, media: str) -> dict[str, Any]:
    return {
        "@id": f"{place}#{form.lower()}",
        "@type": "dcat:Distribution",
        "dcat:accessURL": {"@id": place},
        "dcat:downloadURL": {"@id": place},
        "dct:license": {"@id": LICENCE},
        "dct:format": {"@id": f"{EU}/file-type/{form}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media}"},
    }


def _sides(one: TableBrief) -> str:
    return f"{one.rows} x {one.columns}" if one.columns else one.rows


def _agent(name: str) -> dict[str, Any]:
    return {"@type": "foaf:Agent", "foaf:name": name}


def _both(nl: str, en: str) -> list[dict[str, str]]:
    return [{"@language": "nl", "@value": nl}, {"@language": "en", "@value": en}]
