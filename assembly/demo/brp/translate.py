"""One person: from the GBA form to `Persoon` of Haal Centraal BRP Personen bevragen 2.7.0, everything included.

`fields.select` cuts it down afterwards, so this module need not know what was asked.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from assembly.demo.brp import investigation
from assembly.demo.brp.addresses import address_lines, residence
from assembly.demo.brp.authority import relations
from assembly.demo.brp.dates import age, datum
from assembly.demo.brp.investigation import marks
from assembly.demo.brp.names import last_partner, letter_names, own_name, uses_partner_name
from assembly.demo.brp.relatives import children, event, parents, partners
from assembly.demo.brp.values import GbaPerson, Json, group, present, table, text

NATIONALITY_KIND = {
    "0000": "NationaliteitOnbekend",
    "0002": "BehandeldAlsNederlander",
    "0499": "Staatloos",
    "0500": "VastgesteldNietNederlander",
}  # nationaliteit/overzicht.feature


def person(gba: GbaPerson, persons: Mapping[str, GbaPerson], today: date) -> Json:
    """The whole `Persoon`; `persons` gives the names in relations of authority, `today` the ages."""
    return {
        **_identity(gba, today),
        **_life(gba),
        **_place(gba),
        "kinderen": children(gba),
        "ouders": parents(gba),
        "partners": partners(gba),
        "gezag": relations(gba, persons, today),
        **_unasked(gba),
    }


def secret(gba: GbaPerson) -> bool:
    """True for each secrecy indication 1..7: data may not go to third parties. Source: LO BRP, element 70.10."""
    return str(gba.get("geheimhoudingPersoonsgegevens") or "0") in set("1234567")


def living_age(gba: GbaPerson, today: date) -> int | None:
    """The age of somebody alive; the register gives no age of the dead."""
    if group(gba.get("overlijden")):
        return None
    return age((group(gba.get("geboorte")) or {}).get("datum"), today)


def _identity(gba: GbaPerson, today: date) -> Json:
    since = "datumIngangOnderzoekPersoon"
    doubt: Json = {
        **marks({"inOnderzoek": gba.get("persoonInOnderzoek")}, investigation.PERSON, since),
        **marks(gba.get("verblijfplaats"), investigation.MUNICIPALITY, "datumIngangOnderzoekGemeente"),
        **marks({"inOnderzoek": gba.get("gezagInOnderzoek")}, investigation.AUTHORITY, "datumIngangOnderzoekGezag"),
    }
    return present(
        aNummer=text(gba.get("aNummer")),
        burgerservicenummer=text(gba.get("burgerservicenummer")),
        geslacht=table(gba.get("geslacht")),
        leeftijd=living_age(gba, today),
        naam=own_name(gba, {"inOnderzoek": gba.get("persoonInOnderzoek")}),
        datumEersteInschrijvingGBA=datum(gba.get("datumEersteInschrijvingGBA")),
        indicatieCurateleRegister=gba.get("indicatieCurateleRegister") or None,
        indicatieGezagMinderjarige=table(gba.get("indicatieGezagMinderjarige")),
        inOnderzoek=doubt or None,
    )


def _life(gba: GbaPerson) -> Json:
    of_person = {"inOnderzoek": gba.get("persoonInOnderzoek")}
    permit, vote, europe = (
        group(gba.get(name)) for name in ("verblijfstitel", "uitsluitingKiesrecht", "europeesKiesrecht")
    )
    return present(
        geboorte=event(gba.get("geboorte"), investigation.BIRTH, of_person),
        overlijden=event(gba.get("overlijden"), investigation.DEATH, gba.get("overlijden")),
        nationaliteiten=[_nationality(one) for one in gba.get("nationaliteiten") or ()],
        verblijfstitel=_permit(permit) if permit else None,
        uitsluitingKiesrecht=present(
            uitgeslotenVanKiesrecht=vote.get("uitgeslotenVanKiesrecht"), einddatum=datum(vote.get("einddatum"))
        )
        if vote
        else None,
        europeesKiesrecht=present(
            aanduiding=table(europe.get("aanduiding")), einddatumUitsluiting=datum(europe.get("einddatumUitsluiting"))
        )
        if europe
        else None,
    )


def _permit(permit: Mapping[str, Any]) -> Json:
    return present(
        aanduiding=table(permit.get("aanduiding")),
        datumIngang=datum(permit.get("datumIngang")),
        datumEinde=datum(permit.get("datumEinde")),
        inOnderzoek=marks(permit, investigation.RESIDENCE_PERMIT) or None,
    )


def _nationality(source: Mapping[str, Any]) -> Json:
    code = (source.get("nationaliteit") or {}).get("code")
    kind = NATIONALITY_KIND.get(str(code), "Nationaliteit")
    known = kind == "Nationaliteit"
    elements = investigation.KNOWN_NATIONALITY if known else investigation.NATIONALITY
    return present(
        type=kind,
        nationaliteit=table(source.get("nationaliteit")) if known else None,
        redenOpname=table(source.get("redenOpname")),
        datumIngangGeldigheid=datum(source.get("datumIngangGeldigheid")),
        inOnderzoek=marks(source, elements) or None,
    )


def _place(gba: GbaPerson) -> Json:
    return present(
        gemeenteVanInschrijving=table(gba.get("gemeenteVanInschrijving")),
        datumInschrijvingInGemeente=datum(gba.get("datumInschrijvingInGemeente")),
        verblijfplaats=residence(gba),
        adressering=_addressing(gba) or None,
        immigratie=_immigration(gba),
    )


def _addressing(gba: GbaPerson) -> Json:
    partner = last_partner(gba.get("partners") or ()) if uses_partner_name(gba) else None
    doubt: Json = {
        **marks(partner, investigation.PARTNER_NAMES, "datumIngangOnderzoekPartner"),
        **marks(
            {"inOnderzoek": gba.get("persoonInOnderzoek")}, investigation.LETTER_NAMES, "datumIngangOnderzoekPersoon"
        ),
        **marks(gba.get("verblijfplaats"), investigation.ADDRESS_LINES, "datumIngangOnderzoekVerblijfplaats"),
    }
    return letter_names(gba) | address_lines(gba) | ({"inOnderzoek": doubt} if doubt else {})


def _immigration(gba: GbaPerson) -> Json | None:
    source = group(gba.get("immigratie"))
    if source is None:
        return None
    code = (group(source.get("landVanwaarIngeschreven")) or {}).get("code")
    return present(
        datumVestigingInNederland=datum(source.get("datumVestigingInNederland")),
        landVanwaarIngeschreven=table(source.get("landVanwaarIngeschreven")),
        vanuitVerblijfplaatsOnbekend=True if code == "0000" else None,
        indicatieVestigingVanuitBuitenland=True if source.get("datumVestigingInNederland") else None,
        inOnderzoek=marks(gba.get("verblijfplaats"), investigation.IMMIGRATION) or None,
    )


def _unasked(gba: GbaPerson) -> Json:
    suspended, checked = group(gba.get("opschortingBijhouding")), group(gba.get("verificatie"))
    rni = [
        present(
            deelnemer=table(one.get("deelnemer")),
            omschrijvingVerdrag=text(one.get("omschrijvingVerdrag")),
            categorie=text(one.get("categorie")),
        )
        for one in gba.get("rni") or ()
    ]
    return present(
        geheimhoudingPersoonsgegevens=secret(gba) or None,
        opschortingBijhouding=_dated(suspended, reden=table(suspended.get("reden"))) if suspended else None,
        verificatie=_dated(checked, omschrijving=text(checked.get("omschrijving"))) if checked else None,
        rni=rni or None,
    )


def _dated(source: Mapping[str, Any], **values: object) -> Json:
    return present(datum=datum(source.get("datum")), **values)
