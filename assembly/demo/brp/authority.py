"""Who has authority over a minor (`gezag`), under the names of version 2.7.

Source: OpenAPI 2.7.0, Gezagsrelatie; bevragen/gezag/*.feature. Older sources say TweehoofdigOuderlijkGezag.
Names and ages are filled in from the persons that this stand-in knows; a person it does not know has a number only.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from assembly.demo.brp.dates import age
from assembly.demo.brp.names import full_name
from assembly.demo.brp.values import GbaPerson, Json, group, present, text

RENAMED = {"TweehoofdigOuderlijkGezag": "GezamenlijkOuderlijkGezag"}
UNEXPLAINED = {  # the official test file gives no explanation, the OpenAPI demands one
    "TijdelijkGeenGezag": "Niemand heeft nu het gezag. De reden is niet meegegeven.",
    "GezagNietTeBepalen": "Het gezag is niet te bepalen. De reden is niet meegegeven.",
}


def relations(gba: GbaPerson, persons: Mapping[str, GbaPerson], today: date) -> list[Json]:
    """All relations of authority on the list; one that names no minor is about the person, when still a minor."""
    return [
        _relation(one, minor, persons, today)
        for one in gba.get("gezag") or ()
        if (minor := _minor(one, gba, today)) is not None
    ]


def _minor(relation: Mapping[str, Any], gba: GbaPerson, today: date) -> str | None:
    named = text((group(relation.get("minderjarige")) or {}).get("burgerservicenummer"))
    years = age((group(gba.get("geboorte")) or {}).get("datum"), today)
    return named or (str(gba["burgerservicenummer"]) if years is not None and years < 18 else None)


def _relation(source: Mapping[str, Any], minor: str, persons: Mapping[str, GbaPerson], today: date) -> Json:
    type_ = RENAMED.get(source["type"], source["type"])
    child = persons.get(minor, {})
    years = age((group(child.get("geboorte")) or {}).get("datum"), today)
    answer = {"type": type_, "minderjarige": _named(minor, persons) | present(leeftijd=years)}
    if type_ in UNEXPLAINED:
        answer["toelichting"] = text(source.get("toelichting")) or UNEXPLAINED[type_]
    if source.get("inOnderzoek"):
        answer["inOnderzoek"] = True
    return answer | _holders(source, persons)


def _holders(source: Mapping[str, Any], persons: Mapping[str, GbaPerson]) -> Json:
    holders: Json = {}
    if "ouders" in source:
        holders["ouders"] = [_parent(one, persons) for one in source["ouders"]]
    if "ouder" in source:
        holders["ouder"] = _parent(source["ouder"], persons)
    if "derde" in source:
        holders["derde"] = _third(source["derde"], persons)
    if "derden" in source:
        holders["derden"] = [_third(one, persons) for one in source["derden"]]
    return holders


def _named(bsn: str, persons: Mapping[str, GbaPerson]) -> Json:
    name = full_name(persons[bsn]) if bsn in persons else None
    return {"burgerservicenummer": bsn} | ({"naam": {"volledigeNaam": name}} if name else {})


def _parent(source: Mapping[str, Any], persons: Mapping[str, GbaPerson]) -> Json:
    bsn = text(source.get("burgerservicenummer"))
    return {"naam": dict(source.get("naam") or {})} | (_named(bsn, persons) if bsn else {})


def _third(source: Mapping[str, Any] | None, persons: Mapping[str, GbaPerson]) -> Json:
    bsn = text((source or {}).get("burgerservicenummer"))
    return {"type": "BekendeDerde", **_named(bsn, persons)} if bsn else {"type": "OnbekendeDerde"}
