"""Where somebody lives: an address, a described location, abroad, or unknown; and the lines on an envelope.

Source: BRP Personen bevragen 2.7.0, verblijfplaats/overzicht.feature, adres-regels/overzicht.feature (NEN 5825).
"""

from collections.abc import Mapping
from typing import Any

from assembly.demo.brp import investigation
from assembly.demo.brp.dates import datum
from assembly.demo.brp.investigation import found_absent, marks
from assembly.demo.brp.values import Json, group, identification, number, present, table, text

DOMESTIC = ("Adres", "Locatie")


def kind(place: Mapping[str, Any]) -> str | None:
    """The type of a place, or None when neither street, description nor country is written."""
    if place.get("straat"):
        return "Adres"
    if place.get("locatiebeschrijving"):
        return "Locatie"
    country = (group(place.get("land")) or {}).get("code")
    if country is None:
        return None
    return "VerblijfplaatsOnbekend" if country == "0000" else "VerblijfplaatsBuitenland"


def residence(gba: Mapping[str, Any]) -> Json | None:
    """`verblijfplaats` of the type that fits what is written."""
    place = group(gba.get("verblijfplaats")) or {}
    type_ = kind(place)
    if type_ is None:
        return None
    valid_from = datum(place.get("datumIngangGeldigheid"))
    if type_ not in DOMESTIC:
        since = datum(place.get("datumAanvangAdresBuitenland"))
        doubt = marks(place, investigation.ABROAD) or None
        lines = _abroad(place) if type_ == "VerblijfplaatsBuitenland" else None
        return present(
            type=type_, datumVan=since, datumIngangGeldigheid=valid_from, verblijfadres=lines, inOnderzoek=doubt
        )
    shared = present(
        type=type_,
        datumVan=datum(place.get("datumAanvangAdreshouding")),
        datumIngangGeldigheid=valid_from,
        functieAdres=table(place.get("functieAdres")),
        indicatieVastgesteldVerblijftNietOpAdres=found_absent(place),
    )
    return shared | (_address(place) if type_ == "Adres" else _location(place))


def _abroad(place: Mapping[str, Any]) -> Json:
    doubt = marks(place, investigation.ABROAD_PARTS) or None
    lines = {name: text(place.get(name)) for name in ("regel1", "regel2", "regel3")}
    return present(**lines, land=table(place.get("land")), inOnderzoek=doubt)


def _location(place: Mapping[str, Any]) -> Json:
    inner = marks(place, investigation.LOCATION_PARTS) or None
    described = present(locatiebeschrijving=text(place.get("locatiebeschrijving")), inOnderzoek=inner)
    return present(verblijfadres=described, inOnderzoek=marks(place, investigation.LOCATION) or None)


def _address(place: Mapping[str, Any]) -> Json:
    parts = present(
        korteStraatnaam=text(place.get("straat")),
        officieleStraatnaam=text(place.get("naamOpenbareRuimte")),
        huisnummer=number(place.get("huisnummer")),
        huisletter=text(place.get("huisletter")),
        huisnummertoevoeging=text(place.get("huisnummertoevoeging")),
        aanduidingBijHuisnummer=table(place.get("aanduidingBijHuisnummer")),
        postcode=text(place.get("postcode")),
        woonplaats=text(place.get("woonplaats")),
        inOnderzoek=marks(place, investigation.ADDRESS_PARTS) or None,
    )
    return present(
        verblijfadres=parts,
        adresseerbaarObjectIdentificatie=identification(place.get("adresseerbaarObjectIdentificatie")),
        nummeraanduidingIdentificatie=identification(place.get("nummeraanduidingIdentificatie")),
        inOnderzoek=marks(place, investigation.ADDRESS) or None,
    )


def address_lines(gba: Mapping[str, Any]) -> Json:
    """The lines for an envelope, and the country when it is not the Netherlands; empty when the place is unknown."""
    place = group(gba.get("verblijfplaats")) or {}
    type_ = kind(place)
    if type_ == "VerblijfplaatsBuitenland":
        lines = {f"adresregel{line}": text(place.get(f"regel{line}")) for line in (1, 2, 3)}
        return present(**lines, land=table(place.get("land")))
    if type_ not in DOMESTIC:
        return {}
    first = street_line(place) if type_ == "Adres" else text(place.get("locatiebeschrijving"))
    return present(
        adresregel1=first,
        adresregel2=_town_line(place, gba) if first else None,
        indicatieVastgesteldVerblijftNietOpAdres=found_absent(place),
    )


def street_line(place: Mapping[str, Any]) -> str | None:
    """Street and number, 40 characters at most; a number added after a number is joined by a hyphen."""
    street, house = text(place.get("straat")), number(place.get("huisnummer"))
    if street is None or house is None:
        return None
    near = {"by": "bij ", "to": "t/o "}.get((table(place.get("aanduidingBijHuisnummer")) or {}).get("code", ""), "")
    letter, addition = text(place.get("huisletter")), text(place.get("huisnummertoevoeging")) or ""
    gap = "" if letter or not addition else "-" if addition[0].isdecimal() else " "
    return f"{street} {near}{house}{f' {letter}' if letter else ''}{gap}{addition}"[:40]


def _town_line(place: Mapping[str, Any], gba: Mapping[str, Any]) -> str | None:
    town = text(place.get("woonplaats")) or (table(gba.get("gemeenteVanInschrijving")) or {}).get("omschrijving")
    postcode = text(place.get("postcode"))
    if not town:
        return None
    return f"{postcode[:4]} {postcode[-2:]}  {town.upper()}"[:50] if postcode else town.upper()[:50]
