"""The field paths of `Persoon` that may be asked for. Source: fields-Persoon.csv of BRP Personen bevragen 2.7.0.

Written as a tree of names, because a date and a code table are one thing: who asks for a part gets the whole.
"""

from collections.abc import Iterator, Mapping
from typing import Final

LEAF: Final = ""
DATE: Final = "langFormaat type datum onbekend jaar maand"
TABLE: Final = "code omschrijving"
TITLE: Final = "code omschrijving soort"

Branch = Mapping[str, "str | Branch"]

NAME: Branch = {
    "adellijkeTitelPredicaat": TITLE, "geslachtsnaam": LEAF, "voorletters": LEAF, "voornamen": LEAF, "voorvoegsel": LEAF
}  # fmt: skip
EVENT: Branch = {"datum": DATE, "land": TABLE, "plaats": TABLE}
RELATIVE: Branch = {"burgerservicenummer": LEAF, "geboorte": EVENT, "naam": NAME}
LETTER: Branch = {
    "adresregel1": LEAF, "adresregel2": LEAF, "aanhef": LEAF, "gebruikInLopendeTekst": LEAF,
    "aanschrijfwijze": {"aanspreekvorm": LEAF, "naam": LEAF},
}  # fmt: skip
DOMESTIC_ADDRESS: Branch = {
    "aanduidingBijHuisnummer": TABLE, "huisletter": LEAF, "huisnummer": LEAF, "huisnummertoevoeging": LEAF,
    "korteStraatnaam": LEAF, "officieleStraatnaam": LEAF, "postcode": LEAF, "woonplaats": LEAF,
    "locatiebeschrijving": LEAF,
}  # fmt: skip
DOMESTIC: Branch = {
    "type": LEAF, "datumIngangGeldigheid": DATE, "datumVan": DATE, "functieAdres": TABLE,
    "adresseerbaarObjectIdentificatie": LEAF, "nummeraanduidingIdentificatie": LEAF,
    "verblijfadres": DOMESTIC_ADDRESS,
}  # fmt: skip
ADDRESS: Branch = {**DOMESTIC_ADDRESS, "land": TABLE, "regel1": LEAF, "regel2": LEAF, "regel3": LEAF}
PERSON: Branch = {
    "aNummer": LEAF, "burgerservicenummer": LEAF, "leeftijd": LEAF, "geslacht": TABLE, "gezag": LEAF,
    "indicatieCurateleRegister": LEAF, "indicatieGezagMinderjarige": TABLE,
    "datumEersteInschrijvingGBA": DATE, "datumInschrijvingInGemeente": DATE, "gemeenteVanInschrijving": TABLE,
    "naam": {**NAME, "volledigeNaam": LEAF, "aanduidingNaamgebruik": TABLE},
    "geboorte": EVENT,
    "overlijden": EVENT,
    "europeesKiesrecht": {"aanduiding": TABLE, "einddatumUitsluiting": DATE},
    "uitsluitingKiesrecht": {"einddatum": DATE, "uitgeslotenVanKiesrecht": LEAF},
    "immigratie": {
        "datumVestigingInNederland": DATE, "indicatieVestigingVanuitBuitenland": LEAF,
        "landVanwaarIngeschreven": TABLE, "vanuitVerblijfplaatsOnbekend": LEAF,
    },
    "nationaliteiten": {"type": LEAF, "redenOpname": TABLE, "datumIngangGeldigheid": DATE, "nationaliteit": TABLE},
    "verblijfstitel": {"aanduiding": TABLE, "datumEinde": DATE, "datumIngang": DATE},
    "kinderen": RELATIVE,
    "ouders": {
        **RELATIVE, "geslacht": TABLE, "ouderAanduiding": LEAF, "datumIngangFamilierechtelijkeBetrekking": DATE,
    },
    "partners": {
        **RELATIVE, "geslacht": TABLE, "soortVerbintenis": TABLE, "aangaanHuwelijkPartnerschap": EVENT,
        "ontbindingHuwelijkPartnerschap": {"datum": DATE},
    },
    "verblijfplaats": {**DOMESTIC, "verblijfadres": ADDRESS},
    "verblijfplaatsBinnenland": DOMESTIC,
    "adressering": {**LETTER, "adresregel3": LEAF, "land": TABLE},
    "adresseringBinnenland": LETTER,
}  # fmt: skip
UNASKED = frozenset({
    "geheimhoudingPersoonsgegevens", "inOnderzoek", "opschortingBijhouding", "rni", "verificatie",
    "indicatieVastgesteldVerblijftNietOpAdres",
})  # fmt: skip


def _walk(branch: Branch, above: str) -> Iterator[tuple[str, str]]:
    for name, below in branch.items():
        path = above + name
        yield path, path
        if isinstance(below, str):
            yield from ((f"{path}.{part}", path) for part in below.split())
        else:
            yield from _walk(below, path + ".")


WHOLE: Mapping[str, str] = dict(_walk(PERSON, ""))
"""Each path that may be asked, with the path of what is then delivered."""


def objection(path: str) -> str | None:
    """Why this path may not be asked, in the words of the BRP; None when it may. Source: fields-fout-cases.feature."""
    if path in WHOLE:
        return None
    if path.startswith("gezag.") or UNASKED & set(path.split(".")):  # gezag: since 2.7 as a whole or not at all
        return "Parameter bevat een niet toegestane veldnaam."
    return "Parameter bevat een niet bestaande veldnaam."
