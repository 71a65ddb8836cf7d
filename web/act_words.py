"""What happened to a resident that is no use of their data, in their words. Pure."""

from collections.abc import Mapping
from typing import Final

from audit.contract import Event
from web.language import N_

# A kind that is neither here nor a use is not shown.
ACTS: Final[Mapping[str, str]] = {
    "toetsing": N_("Een afdeling vroeg of zij uw gegevens mag krijgen. Zij kreeg nog niets"),
    "toestemming-gevraagd": N_("Een afdeling vroeg of u ja of nee zegt"),
    "toestemming-gegeven": N_("U zei ja"),
    "toestemming-hervat": N_("U liet het delen weer doorgaan"),
    "toestemming-vernieuwd": N_("U zei opnieuw ja"),
    "toestemming-geweigerd": N_("U zei nee"),
    "toestemming-ingetrokken": N_("U stopte met delen"),
    "toestemming-gepauzeerd": N_("U zette het delen stil"),
    "toestemming-verkort": N_("U koos een eerdere laatste dag"),
    "zaak-geopend": N_("Een afdeling schreef op dat u een zaak heeft"),
    "zaak-gesloten": N_("Een zaak van u is klaar"),
    "kluis-geopend": N_("U opende uw kluis"),
    "kluis-bewaard": N_("U bewaarde iets in uw kluis"),
    "kluis-ingezien": N_("U keek wat er in uw kluis staat"),
    "kluis-vervangen": N_("U verving iets in uw kluis"),
    "kluis-verwijderen": N_("U haalde iets weg uit uw kluis"),
    "kluis-verwijderd": N_("Het is weg uit uw kluis"),
    "wissing-begonnen": N_("U wiste uw kluis"),
    "wissing-voltooid": N_("Uw kluis is leeg"),
    "vlag": N_("Een systeem meldde dat wij extra moeten opletten"),
    "beperking": N_("Uw gegevens gingen op slot"),
    "beperking-opgeheven": N_("Uw gegevens gingen van het slot"),
    "opgeschort": N_("Wij zetten het delen stil, omdat een deel van ons logboek verloren ging"),
    "vlag-einde-gevraagd": N_("Een medewerker wil dat uw adres geen veilig adres meer is. Er is nog een collega nodig"),
    "vlag-beeindigd": N_("Uw adres is geen veilig adres meer. Twee medewerkers besloten dat"),
    "zoeking": N_("De privacy-toezichthouder keek wie uw gegevens gebruikte"),
    "machtiging-aangeboden": N_("U vroeg iemand om voor u te kijken"),
    "machtiging-vastgelegd": N_("Een medewerker schreef op wie voor u mag kiezen"),
    "machtiging-gegeven": N_("Iemand mag nu voor u kijken"),
    "machtiging-beeindigd": N_("Iemand mag niet meer voor u kijken"),
    "namens-gekeken": N_("Iemand keek voor u naar uw keuzes"),
    "balie-gesprek": N_("Een medewerker van de balie keek wat u kunt kiezen"),
    "vraag": N_("U stelde een vraag"),
    "vraag-beantwoord": N_("U kreeg antwoord op uw vraag"),
    "bezwaar": N_("U was het ergens niet mee eens. Dat gebruik staat nu stil"),
    "bezwaar-gegrond": N_("U kreeg gelijk. Dat gebruik stopt"),
    "bezwaar-ongegrond": N_("Wij keken opnieuw. Dat gebruik gaat door"),
    "bezwaar-ingetrokken": N_("U vindt het toch goed. Dat gebruik gaat door"),
    "verzoek": N_("U deed een verzoek"),
    "verzoek-stap": N_("Uw verzoek ging een stap verder"),
    "terugmelding": N_("Een afdeling denkt dat een gegeven van u niet klopt"),
    "bericht": N_("Wij stuurden u een bericht met het bewijs van uw keuze"),
    "terugmelding-stap": N_("Wij keken naar een gegeven van u dat misschien niet klopt"),
    "gegevens-verwijderd": N_("Een afdeling verwijderde gegevens van u"),
    "uitvoer": N_("U haalde bewijzen op"),
    "vernietigd": N_("Wij vernietigden oude regels over u"),
    "opgeheven": N_("Wij laten nu iets zien dat eerder niet mocht"),
    "nood-nagekeken": N_("De privacy-toezichthouder keek na of dit gebruik echt nood was"),
    "meegeteld": N_("U telde mee in een tabel met aantallen. Niemand kreeg uw gegevens"),
}
AT_THE_DESK: Final[Mapping[str, str]] = {
    "gezien": N_("Een medewerker van de balie opende deze keuze"),
    "brief": N_("Een medewerker van de balie maakte een brief voor u"),
}
# A choice that was not made at the portal: somebody wrote it down for the resident.
WRITTEN_DOWN: Final[Mapping[str, str]] = {
    "balie": N_("%(wat)s, aan de balie"),
    "telefoon": N_("%(wat)s, aan de telefoon"),
    "papier": N_("%(wat)s, op papier"),
}
WEIGHED: Final = N_("U was het ergens niet mee eens. Wij kijken ernaar")
SAFE: Final = N_("Uw adres is nu een veilig adres. Alleen wie uw gegevens van de wet krijgt, krijgt ze nog")
LOOKED: Final = N_("Een afdeling keek welke keuzes u maakte")
# Searches that say what they were for.
SEARCHES: Final[Mapping[str, str]] = {
    "verwijzing": N_("Een systeem bewaarde een verwijzing naar u"),
    "vertegenwoordiging": N_("Een medewerker keek wie er voor u is aangewezen"),
    "veilig-adres": N_("Een medewerker keek of u een veilig adres heeft"),
}
BY_STEP: Final[Mapping[str, Mapping[str, str]]] = {
    "balie-gesprek": AT_THE_DESK,
    "kluis-ingezien": {"meegenomen": N_("U nam mee wat er in uw kluis staat")},
    "bericht": {"gestopt": N_("Wij sturen u geen berichten meer over uw keuzes")},
}
REPORTED: Final = N_("U meldde dat een gegeven niet klopt")
KEPT: Final = N_("Een afdeling bewaart gegevens van u, omdat het moet van de wet")
# How a report that a value is wrong goes on, by what its line says.
STEPS: Final[Mapping[str, str]] = {
    "doorgestuurd": N_("Wij stuurden de melding over uw gegeven door"),
    "ingezien": N_("Iemand las de melding over uw gegeven"),
    "in-onderzoek": N_("Een gegeven van u wordt nu nagekeken"),
    "gecorrigeerd": N_("Een gegeven van u is verbeterd"),
    "doorgegeven": N_("Wij vertelden dat een gegeven van u is verbeterd"),
    "geen-wijziging": N_("Een gegeven van u is nagekeken en blijft zoals het is"),
    "verlopen": N_("Niemand keek op tijd naar de melding over uw gegeven"),
}


def sets_safe(event: Event) -> bool:
    """Whether a line made somebody's address a safe one, beside whatever else it says."""
    return event.kind == "vlag" and "veilig-adres" in event.details.get("vlaggen", "").split()


def act_of(event: Event) -> str:
    """The marked text; "" for what is not shown."""
    if event.kind == "bezwaar" and event.details.get("gebruik") == "gaat door":
        return WEIGHED
    if event.kind == "terugmelding" and not event.recipient:
        return REPORTED
    if sets_safe(event):
        return SAFE
    if event.kind in BY_STEP:
        return BY_STEP[event.kind].get(event.details.get("stap", ""), ACTS[event.kind])
    if event.kind != "zoeking":
        kept = event.kind == "gegevens-verwijderd" and not event.elements
        return KEPT if kept else STEPS.get(event.details.get("stap", ""), "") or ACTS.get(event.kind, "")
    return SEARCHES.get(event.details.get("stap", "")) or (LOOKED if event.recipient else ACTS["zoeking"])
