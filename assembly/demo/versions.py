"""What the versions of the demo's activities have in common."""

from datetime import UTC, datetime

from consent.contract import ActivityVersion, Party, UsedElement
from kernel.clock import millis

_ASSESSED = {
    "dpia": "Model-DPIA Regie, docs/dpia.md",
    "door": "Team Privacy, Gemeente Spaarnewoude",
    "totEnMet": millis(datetime(2031, 6, 1, tzinfo=UTC)),
    "waarden": {
        "privacy": "Alleen wat nodig is; ja of nee waar dat genoeg is.",
        "veiligheid": "Versleuteld; elke stap staat in het logboek.",
        "autonomie": "De inwoner ziet elk gebruik en kiest waar kiezen kan.",
        "controle": "Een mens beslist; de inwoner kan een vraag stellen.",
        "menselijke waardigheid": "Een nee heeft geen gevolg voor de behandeling.",
        "rechtvaardigheid": "Voor iedereen dezelfde regels; hulp aan de balie.",
        "machtsverhoudingen": "Er is altijd een gelijke andere weg.",
    },
    "stappen": {
        "wet": "De artikelen staan bij elk gegeven; de FG kijkt ze na.",
        "kwaliteit": "Uit de bron, op het moment zelf.",
        "waarden": "Zie de zeven waarden.",
        "ontwerp": "Zo min mogelijk gegevens, en elk gebruik is te zien.",
    },
}
_FREE = {"gelijkeWeg": "Zelf een bewijs sturen.", "druk": "Nee.", "zonder": "Nee."}
_CONTACT = "privacy@spaarnewoude.example, 14 0XX"


def element(name: str, klasse: str, why: tuple[str, str], basis: str, law: str = "", giver: str = "") -> UsedElement:
    """why: in Dutch and English. giver: the ground on which the source may give it."""
    said = {"gegevenselement": name, "klasse": klasse, "grondslag": basis, "wet": law, "verstrekkingsgrond": giver}
    return UsedElement.model_validate({**said, "reden": {"nl": why[0], "en": why[1]}})


def activity(
    named: tuple[str, str], parties: tuple[str, ...], elements: tuple[UsedElement, ...], **more: object
) -> ActivityVersion:
    """named: its slug, and what it is for in DPV. more: by the names of the wire."""
    slug, purpose = named
    return ActivityVersion.model_validate(
        {
            "slug": slug,
            "verwerkingsverantwoordelijke": "College van burgemeester en wethouders van Spaarnewoude",
            "contact": _CONTACT,
            "functionarisGegevensbescherming": "FG van Spaarnewoude, fg@spaarnewoude.example",
            "categorieenBetrokkenen": [{"nl": "Inwoners", "en": "Residents"}],
            "dpvDoelen": [f"https://w3id.org/dpv#{purpose}"],
            "maatregelen": [
                {"nl": "Versleuteld; elk gebruik staat in een logboek.", "en": "Encrypted; each use is logged."}
            ],
            "vrijeKeuze": _FREE if any(element.class_ == "C" for element in elements) else None,
            "ontvangers": [Party(recipient=party).model_dump() for party in parties],
            "gegevenselementen": [element.model_dump() for element in elements],
            "beoordeling": _ASSESSED,
            "naIntrekking": {
                "nl": "Wat zij al kregen, wissen zij binnen 7 dagen.",
                "en": "They delete it within 7 days.",
            },
            "nietOpnieuwVragen": 0,  # the demo may be played again and again
            "regelsBewaren": 20,
            **more,
        }
    )
