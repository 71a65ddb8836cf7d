"""The fixed words of the portal (portal.md chapter 3): one text per code, Dutch here, English in the catalogue.

Residents read the first layer only: B1, without legal words; a test watches that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from web.language import N_, Language, format_day, translations

ClassLetter = Literal["A", "B", "C"]
Result = Literal["gelukt", "deels", "niets", "mislukt", "misschien"]
State = Literal[
    "gevraagd", "gegeven", "geweigerd", "vervallen", "gepauzeerd", "ingetrokken", "verlopen", "vernieuwd", "ongeldig"
]
ErrorId = Literal["E3", "E4", "E5", "E6"]

CLASSES: Final[Mapping[ClassLetter, str]] = {
    "A": N_("Moet van de wet"),
    "B": N_("Hoort bij ons werk"),
    "C": N_("U kiest zelf"),
}

RESULTS: Final[Mapping[Result, str]] = {
    "gelukt": N_("Gelukt"),
    "deels": N_("Deels gelukt"),
    "niets": N_("Kreeg niets"),
    "mislukt": N_("Niet gelukt"),
    "misschien": N_("Misschien doorgegeven"),
}

STATES: Final[Mapping[State, str]] = {
    "gevraagd": N_("Wacht op u"),
    "gegeven": N_("U zei ja"),
    "geweigerd": N_("U zei nee"),
    "vervallen": N_("U koos niet op tijd"),
    "gepauzeerd": N_("Staat stil"),
    "ingetrokken": N_("Gestopt"),
    "verlopen": N_("Voorbij"),
    "vernieuwd": N_("U zei opnieuw ja"),
    "ongeldig": N_("Telt niet meer"),
}

ACTIVE: Final[frozenset[State]] = frozenset({"gegeven", "vernieuwd"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a resident reads at a refusal code, who can solve it, and what the case worker does next."""

    reader: str
    solver: str
    next_step: str


_OWNER: Final = N_("De eigenaar van het doel")
_OPERATOR: Final = N_("De beheerder")
_WORKER: Final = N_("De medewerker die het vroeg")
_RESIDENT: Final = N_("Alleen de inwoner zelf")
_NOBODY: Final = N_("Niemand: wachten helpt")

REFUSALS: Final[Mapping[str, Refusal]] = {
    "geen-toestemming": Refusal(N_("U gaf hiervoor geen toestemming."), _RESIDENT, N_("Vraag papieren")),
    "toestemming-ingetrokken": Refusal(N_("U stopte dit."), _RESIDENT, N_("Vraag papieren")),
    "toestemming-verlopen": Refusal(N_("Uw toestemming was voorbij."), _RESIDENT, N_("Vraag opnieuw")),
    "buiten-doel": Refusal(N_("De afdeling vroeg te veel."), _WORKER, N_("Vraag minder")),
    "onbekende-activiteit": Refusal(N_("Wij kennen dit doel niet."), _OWNER, N_("Bel de eigenaar")),
    "activiteit-niet-actief": Refusal(N_("Dit doel geldt nu niet."), _OWNER, N_("Bel de eigenaar")),
    "beoordeling-verlopen": Refusal(N_("Wij moeten dit doel eerst nakijken."), _OWNER, N_("Bel de eigenaar")),
    "ontvanger-niet-bevoegd": Refusal(N_("Deze afdeling mag dit niet vragen."), _OPERATOR, N_("Bel de beheerder")),
    "bezwaar": Refusal(N_("U was het hier niet mee eens. De afdeling kreeg niets."), _NOBODY, N_("Wacht op besluit")),
    "beperking": Refusal(N_("Uw gegevens staan op slot om uw verzoek."), _NOBODY, N_("Wacht op besluit")),
    "geheimhouding": Refusal(N_("Uw gegevens zijn geheim voor deze afdeling."), _RESIDENT, N_("Vraag de inwoner")),
    "te-vaak": Refusal(N_("De afdeling vroeg dit te vaak."), _NOBODY, N_("Wacht tot de datum in het antwoord")),
    "buiten-periode": Refusal(N_("De afdeling vroeg een verkeerde periode."), _WORKER, N_("Pas de periode aan")),
    "vertegenwoordiging-ongeldig": Refusal(
        N_("Iemand vroeg dit voor u, maar mocht dat niet."), _WORKER, N_("Controleer de machtiging")
    ),
    "gepauzeerd": Refusal(
        N_("U zette dit op pauze. De afdeling kreeg niets."), _RESIDENT, N_("Wacht, of vraag papieren")
    ),
    "zaak-vereist": Refusal(N_("De afdeling noemde geen zaak van u."), _WORKER, N_("Noem de zaak")),
    "vooraf-informeren": Refusal(
        N_("Wij moesten u dit eerst vertellen."), _NOBODY, N_("Wacht tot de datum in het antwoord")
    ),
}

# No refusals: nothing was decided against the caller. They have a page all the same, for they are in answers too.
OTHER_CODES: Final[Mapping[str, Refusal]] = {
    "bron-niet-bereikbaar": Refusal(
        N_("Het systeem met dit gegeven werkte even niet."), _OPERATOR, N_("Probeer het straks opnieuw")
    ),
    "niet-leesbaar": Refusal(
        N_("Het systeem gaf dit in een vorm die wij niet kunnen lezen."), _OPERATOR, N_("Vraag de inwoner")
    ),
    "niet-bekend": Refusal(N_("Wij weten dit niet van u."), _RESIDENT, N_("Vraag de inwoner")),
    "niet-opnieuw-vragen": Refusal(
        N_("De afdeling vroeg dit te snel opnieuw."), _NOBODY, N_("Wacht tot de datum in het antwoord")
    ),
}

ERRORS: Final[Mapping[ErrorId, str]] = {
    "E3": N_("Er gaat iets mis bij ons"),
    "E4": N_("Deze pagina is er niet"),
    "E5": N_("Deze vraag is voorbij"),
    "E6": N_("U probeerde dit te vaak"),
}

TABS: Final[Mapping[str, str]] = {
    "wacht": N_("Wacht op u"),
    "actief": N_("Nu actief"),
    "voorbij": N_("Gestopt of voorbij"),
    "nee": N_("U zei nee"),
}

PERIODS: Final[Mapping[str, str]] = {
    "maand": N_("30 dagen"),
    "week": N_("7 dagen"),
    "jaar": N_("1 jaar"),
    "alles": N_("Alles"),
}

SEARCH_REASONS: Final[Mapping[str, str]] = {
    "klacht": N_("Klacht van een inwoner"),
    "inzage": N_("Een inwoner wil weten wie keek"),
    "datalek": N_("Mogelijk datalek"),
    "controle": N_("Gewone controle"),
}

LIFT_REASONS: Final[Mapping[str, str]] = {
    "klaar": N_("Het onderzoek is klaar"),
    "niet-nodig": N_("Het hoeft niet meer geheim te zijn"),
    "besluit": N_("Een besluit of uitspraak"),
}

WRONG: Final[Mapping[str, str]] = {
    "keuze": N_("Kies ja of nee."),
    "tot": N_("Kies een laatste dag."),
    "opnieuw": N_("Dit wordt nu niet meer gevraagd. U hoeft niets te doen."),
    "vraag": N_("Schrijf uw vraag op."),
    "bsn-in-tekst": N_("Haal het burgerservicenummer uit uw tekst."),
    "antwoord": N_("Schrijf een antwoord op."),
    "te-lang": N_("Deze tekst is te lang. Maak hem korter."),
    "doel": N_("Kies een gebruik."),
    "verzoek": N_("Kies wat u wilt."),
    "grond": N_("Vertel ons waarom."),
    "waarde": N_("Vul in wat er moet staan."),
    "vorm": N_("Dit kan hier niet staan. Kijk naar het voorbeeld."),
    "loopt-nog": N_("Wij zijn nog bezig met wat u eerder invulde. Probeer het over een paar minuten opnieuw."),
    "gegeven": N_("Kies het gegeven dat niet klopt."),
    "wat-klopt-niet": N_("Vertel ons wat er niet klopt."),
    "lek-besluit": N_("Kies ja of nee: of inwoners dit lezen."),
    "lek-dag": N_("Vul ook in op welke dag u meldde."),
    "lek-net": N_("Iemand anders besliste net over dit datalek. Kijk opnieuw, en besluit dan."),
    "lek-nieuwer": N_("Er is intussen een nieuwere versie. Lees het dossier opnieuw en besluit dan."),
    "reden": N_("Kies een reden."),
    "hoe-weet": N_("Schrijf op hoe u dit weet."),
    "aanleiding": N_("Dit kan pas als u het niet eens bent met dit gebruik. Vertel ons dat eerst."),
    "zaak": N_("Vul het nummer van de zaak in."),
    "soort": N_("Kies waarop u zoekt."),
    "welk-doel": N_("Kies een doel uit de lijst."),
    "welk-gegeven": N_("Kies een gegeven uit de lijst."),
    "maand": N_("Kies een tijd van hoogstens 31 dagen."),
    "bsn": N_("Vul een goed burgerservicenummer in."),
    "ontvanger": N_("Kies een ontvanger."),
    "datum": N_("Vul een goede datum in."),
    "weg": N_("Kies hoe u de inwoner spreekt."),
    "wie": N_("Kies wie u spreekt."),
    "niet-ouder": N_("Dit kon niet. Er is net iets anders gekozen, of een ouder of voogd mag dit niet kiezen."),
    "eigen-werk": N_("Dit gaat over het werk van uw eigen afdeling. Laat een ander hierover beslissen."),
    "niet-hier": N_(
        "Dit kan hier niet. Wil de inwoner het toch? Vul het papieren formulier in. Stuur dat naar de toezichthouder."
    ),
    "controle": N_("Kies hoe u zag wie het is. Aan de telefoon belt u terug. Anders kijkt u op een document."),
    "gesprekken": N_("U had vandaag te veel gesprekken. Vraag een collega om te helpen."),
    "oordeel": N_("Kies ja of nee."),
    "waarom": N_("Schrijf op waarom u dat vindt."),
    "stopt": N_("Schrijf op waarom het stopt."),
    "regel": N_("Deze regel is er niet, of is al te zien voor de inwoner."),
    "namens-wie": N_("Kies een persoon uit de lijst."),
    "namens-code": N_("Deze code werkt niet. Vraag een nieuwe."),
    "namens-naam": N_("Vul in hoe u deze persoon noemt, in hoogstens 80 tekens."),
    "namens-mag": N_("Kies wat die persoon mag."),
    "namens-hoelang": N_("Kies hoe lang."),
    "al-gevraagd": N_("Iemand anders vroeg dit al. U hoeft niets te doen."),
    "andere-woorden": N_("Dit is al gevraagd. Het staat in uw lijst. Deze woorden bewaarden wij niet."),
    "namens-veel": N_("U liet al 20 mensen voor u kijken. Stop er eerst een."),
    "stuk-soort": N_("Kies wat het stuk zegt."),
    "stuk-leeg": N_("Vul dit in, zoals het in het stuk staat."),
    "stuk-past-niet": N_("Dit past niet bij zo'n stuk. Kijk nog eens."),
    "stuk-anders": N_("Niet alles is gelijk aan wat uw collega opschreef. Kijk in het stuk, of begin opnieuw."),
    "stuk-veel": N_("Er wachten te veel stukken op een collega. Laat die eerst nakijken."),
    "stuk-niet-gevonden": N_("Bij deze inwoner is er niets met dit nummer."),
    "veilig-kind": N_("Kies een kind, of kies Geen van deze kinderen."),
    "veilig-niet-hier": N_("Bij dit nummer staat geen veilig adres."),
    "veilig-anders": N_("Er is net iets veranderd bij deze inwoner. Probeer het opnieuw."),
    "lek-wie": N_("Noem een ontvanger, een toepassing, een medewerker of een sleutel."),
    "toepassing": N_("Kies een toepassing uit de lijst."),
    "moment": N_("Vul een goede dag en tijd in."),
    "nog-niet": N_("Dit moment moet nog komen."),
    "einde-voor-begin": N_("Het einde ligt voor het begin."),
    "publieke-sleutel": N_("Plak hier een goede publieke sleutel. Die is 44 tekens lang."),
    "volgorde": N_("De laatste dag ligt voor de eerste dag."),
}


def reason_for(code: str, language: Language, on: date | None = None) -> str:
    """The resident's sentence for a code; with the day of stopping where that is known.

    An unknown code gives a sentence that claims nothing, for an old line may carry a code that has left the list."""
    gettext = translations(language).gettext
    if code == "toestemming-ingetrokken" and on is not None:
        return gettext(N_("U stopte dit op {datum}.")).format(datum=format_day(on, language))
    known = REFUSALS.get(code) or OTHER_CODES.get(code)
    return gettext(known.reader) if known else gettext(N_("Wij zoeken dit uit."))
