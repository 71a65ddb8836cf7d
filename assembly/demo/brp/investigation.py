"""Which values are under investigation. Source: Logisch Ontwerp BRP, element 83.10, `CCGGEE`; in-onderzoek.feature.

`CC0000` covers a category, `CCGG00` a group, `CCGGEE` one element. The tables name, per value that we answer with, the
elements (`GGEE`) that it is made of. `089999` is not an investigation but a finding: the person does not live there.
"""

from collections.abc import Mapping
from typing import Any

from assembly.demo.brp.dates import datum
from assembly.demo.brp.values import Json

Elements = Mapping[str, tuple[str, ...]]
FOUND_ABSENT = "089999"

PERSON: Elements = {"burgerservicenummer": ("0120",), "geslacht": ("0410",), "leeftijd": ("0310",)}
MUNICIPALITY: Elements = {"gemeenteVanInschrijving": ("0910",), "datumInschrijvingInGemeente": ("0920",)}
AUTHORITY: Elements = {"indicatieCurateleRegister": ("3310",), "indicatieGezagMinderjarige": ("3210",)}
NAME: Elements = {
    "voornamen": ("0210",), "voorletters": ("0210",), "adellijkeTitelPredicaat": ("0220",),
    "voorvoegsel": ("0230",), "geslachtsnaam": ("0240",),
}  # fmt: skip
OWN_NAME: Elements = {
    **NAME, "volledigeNaam": ("0210", "0220", "0230", "0240", "0410"), "aanduidingNaamgebruik": ("6110",),
}  # fmt: skip
BIRTH: Elements = {"datum": ("0310",), "plaats": ("0320",), "land": ("0330",)}
DEATH: Elements = {"datum": ("0810",), "plaats": ("0820",), "land": ("0830",)}
NATIONALITY: Elements = {"type": ("0510",), "redenOpname": ("6310",)}
KNOWN_NATIONALITY: Elements = {**NATIONALITY, "nationaliteit": ("0510",)}
CHILD: Elements = {"burgerservicenummer": ("0120",)}
PARENT: Elements = {**CHILD, "geslacht": ("0410",), "datumIngangFamilierechtelijkeBetrekking": ("6210",)}
PARTNER: Elements = {**CHILD, "geslacht": ("0410",), "soortVerbintenis": ("1510",)}
BOND: Elements = {"datum": ("0610",), "plaats": ("0620",), "land": ("0630",)}
BOND_ENDED: Elements = {"datum": ("0710",)}
RESIDENCE_PERMIT: Elements = {"aanduiding": ("3910",), "datumEinde": ("3920",), "datumIngang": ("3930",)}
IMMIGRATION: Elements = {
    "landVanwaarIngeschreven": ("1410",), "datumVestigingInNederland": ("1420",),
    "vanuitVerblijfplaatsOnbekend": ("1410",), "indicatieVestigingVanuitBuitenland": ("1420",),
}  # fmt: skip
ADDRESS: Elements = {
    "type": ("1110",), "datumVan": ("1030",), "datumIngangGeldigheid": ("8510",), "functieAdres": ("1010",),
    "adresseerbaarObjectIdentificatie": ("1180",), "nummeraanduidingIdentificatie": ("1190",),
}  # fmt: skip
ADDRESS_PARTS: Elements = {
    "korteStraatnaam": ("1110",), "officieleStraatnaam": ("1115",), "huisnummer": ("1120",), "huisletter": ("1130",),
    "huisnummertoevoeging": ("1140",), "aanduidingBijHuisnummer": ("1150",), "postcode": ("1160",),
    "woonplaats": ("1170",),
}  # fmt: skip
LOCATION: Elements = {
    "type": ("1210",), "datumVan": ("1030",), "datumIngangGeldigheid": ("8510",), "functieAdres": ("1010",),
}  # fmt: skip
LOCATION_PARTS: Elements = {"locatiebeschrijving": ("1210",)}
ABROAD: Elements = {"type": ("1310",), "datumVan": ("1320",), "datumIngangGeldigheid": ("8510",)}
ABROAD_PARTS: Elements = {"land": ("1310",), "regel1": ("1330",), "regel2": ("1340",), "regel3": ("1350",)}
ADDRESS_LINES: Elements = {
    "adresregel1": ("1110", "1120", "1130", "1140", "1150", "1210", "1330"),
    "adresregel2": ("0910", "1160", "1170", "1340"), "adresregel3": ("1350",), "land": ("1310",),
}  # fmt: skip
LETTER_NAMES: Elements = dict.fromkeys(
    ("aanhef", "aanschrijfwijze", "gebruikInLopendeTekst"), ("0210", "0220", "0230", "0240", "0410", "6110")
)
PARTNER_NAMES: Elements = dict.fromkeys(LETTER_NAMES, ("0220", "0230", "0240"))


def _covers(mark: str, element: str) -> bool:
    within = mark[2:]
    return within in ("0000", element) or (within.endswith("00") and within[:2] == element[:2])


def marks(source: object, elements: Elements, since: str = "datumIngangOnderzoek") -> Json:
    """`inOnderzoek` of one group: true per value under investigation, and since when. Empty when there is none."""
    found: Any = source.get("inOnderzoek") if isinstance(source, Mapping) else None
    mark = found.get("aanduidingGegevensInOnderzoek") if isinstance(found, Mapping) else None
    if not isinstance(mark, str) or len(mark) != 6:
        return {}
    doubted: Json = {name: True for name, made_of in elements.items() if any(_covers(mark, one) for one in made_of)}
    started = datum(found.get("datumIngangOnderzoek"))
    return {**doubted, since: started} if doubted and started else doubted


def found_absent(source: Mapping[str, Any]) -> bool | None:
    """True when it has been established that the person does not live at the registered address."""
    found = source.get("inOnderzoek")
    return True if isinstance(found, Mapping) and found.get("aanduidingGegevensInOnderzoek") == FOUND_ABSENT else None
