"""What an answer says that is no refusal: per code what happened, what that means, and what to do next.

Every code that a `Problem` can carry is here or in `web.words`; a test walks them all. Who reads this is a developer,
an employee or a resident: plain words, and nothing about anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from web.language import N_


@dataclass(frozen=True, slots=True)
class Trouble:
    """Three sentences about one code."""

    what: str
    means: str
    next_step: str


_NOTHING: Final = N_("Er is niets gedaan en niets doorgegeven.")
_MAYBE: Final = N_("Misschien is het toch gedaan. Dat weten wij nog niet.")
_HIDDEN: Final = N_("Het is er niet, of het is niet van u. Wij zeggen niet welk van de twee.")
_AWAY: Final = N_("Een deel van onze systemen werkt even niet. Er is niets doorgegeven.")
_STOOD: Final = N_("Wat er al stond, is niet veranderd.")
_ENDED: Final = N_("Het was er wel, en is nu voorbij.")
_MEND: Final = N_("Kijk in het antwoord wat er niet klopt. Verbeter dat en stuur het opnieuw.")
_LATER: Final = N_("Probeer het straks opnieuw. Blijft het zo? Bel de beheerder.")
_CHECK: Final = N_("Kijk of het nummer klopt, en of u met de goede toepassing vraagt.")
_SAME: Final = N_("Stuur precies hetzelfde nog een keer, met hetzelfde nummer. Het gebeurt nooit twee keer.")
_WAIT: Final = N_("Wacht zo lang als het antwoord zegt.")
_CALL: Final = N_("Bel de beheerder.")
_LOOK: Final = N_("Lees opnieuw wat er nu staat, en kies dan.")
_ASK: Final = N_("Vraag de beheerder wie dit wel mag.")
_SMALLER: Final = N_("Stuur minder in een keer.")
_OWNER: Final = N_("Bel de eigenaar van het doel.")

_ANYWHERE: Final = {
    "interne-fout": Trouble(N_("Er ging iets mis bij ons."), _MAYBE, _LATER),
    "ongeldige-invoer": Trouble(N_("De vraag klopt niet."), _NOTHING, _MEND),
    "niet-ingelogd": Trouble(
        N_("U bent niet ingelogd, of uw toegang is voorbij."),
        _NOTHING,
        N_("Log opnieuw in. Een toepassing vraagt een nieuw token."),
    ),
    "geen-toegang": Trouble(N_("U mag dit niet doen."), _NOTHING, _ASK),
    "niet-gevonden": Trouble(N_("Dit vinden wij niet."), _HIDDEN, N_("Kijk of het adres klopt.")),
    "te-veel-verzoeken": Trouble(N_("U vroeg dit te vaak."), _NOTHING, _WAIT),
    "onderdeel-niet-bereikbaar": Trouble(N_("Een deel van Regie gaf geen antwoord."), _AWAY, _LATER),
    "methode-niet-toegestaan": Trouble(
        N_("Dit adres kent deze opdracht niet."), _NOTHING, N_("Kijk in openapi.json wat hier wel kan.")
    ),
    "te-langzaam": Trouble(N_("De vraag kwam te langzaam binnen."), _NOTHING, N_("Stuur hem opnieuw, en sneller.")),
    "te-groot": Trouble(N_("De vraag is te groot."), _NOTHING, _SMALLER),
    "kop-te-groot": Trouble(N_("De kop van de vraag is te groot."), _NOTHING, N_("Stuur minder of kortere koppen.")),
    "verkeerd-mediatype": Trouble(
        N_("Dit soort inhoud lezen wij hier niet."), _NOTHING, N_("Kijk in openapi.json welk soort wel kan.")
    ),
    "verzegeld": Trouble(N_("Regie is dicht."), N_("Wij doen niets tot mensen hebben gekeken of alles klopt."), _CALL),
    "bestaat-niet": Trouble(N_("Dit is er niet."), _HIDDEN, _CHECK),
}
_LOG: Final = {
    "logboek-niet-beschikbaar": Trouble(
        N_("Het logboek kan nu niet schrijven."), N_("Zonder regel in het logboek gebeurt er niets."), _LATER
    ),
    "logboek-zonder-getuigen": Trouble(
        N_("De getuigen hebben het logboek te lang niet gezien."),
        N_("Tot zij het zien, geven wij niets door. Stoppen kan wel."),
        _LATER,
    ),
    "uitkomst-onbekend": Trouble(N_("Wij weten nog niet of dit is opgeschreven."), _MAYBE, _SAME),
    "ingehaald": Trouble(N_("Er is net iets veranderd."), _NOTHING, _LOOK),
    "net-besloten": Trouble(
        N_("Iemand anders schreef net in dit dossier."), _STOOD, N_("Kijk opnieuw, en besluit dan.")
    ),
    "gebeurtenis-bestaat": Trouble(N_("Met dit nummer staat er al iets anders."), _STOOD, N_("Kies een nieuw nummer.")),
    "soort-past-niet": Trouble(N_("Dit kan zo niet worden opgeschreven."), _NOTHING, _CALL),
    "logregel-onbekend": Trouble(N_("Deze regel van het logboek is er niet."), _HIDDEN, _CHECK),
    "ongeldige-vrijgave": Trouble(
        N_("Het besluit bij deze vraag klopt niet of is te oud."), _NOTHING, N_("Vraag het opnieuw.")
    ),
    "melding-bestaat-anders": Trouble(
        N_("Deze melding is er al, met een andere inhoud."),
        _STOOD,
        N_("Kies een nieuw nummer voor een nieuwe melding."),
    ),
    "activiteit-onbekend": Trouble(N_("Dit doel staat niet in het register."), _NOTHING, _OWNER),
    "ontvanger-past-niet": Trouble(
        N_("Deze toepassing hoort bij een andere afdeling."), _NOTHING, N_("Meld alleen voor uw eigen afdeling.")
    ),
    "vertrouwelijk-kan-niet": Trouble(
        N_("Dit geheime gebruik kan hier niet worden gemeld."),
        N_("De inwoner zou het meteen lezen."),
        N_("Bewaar het zelf tot het verteld mag worden."),
    ),
}
_REGISTER: Final = {
    "register-niet-beschikbaar": Trouble(N_("Wij weten nu niet of dit mag."), _AWAY, _LATER),
    "versie-klopt-niet": Trouble(N_("Deze versie van een doel klopt nog niet."), _STOOD, _MEND),
    "verzoek-voorbij": Trouble(N_("Deze vraag is voorbij."), _ENDED, N_("Vraag een nieuwe aan.")),
    "keuze-past-niet": Trouble(N_("Dit kan nu niet."), _STOOD, _LOOK),
    "doel-blijft": Trouble(
        N_("Dit doel kan niet stoppen."),
        N_("Hiermee zien inwoners wie hun gegevens gebruikte. Dat moet blijven werken."),
        N_("Schors de toepassing waar het om gaat."),
    ),
    "geen-bsn": Trouble(
        N_("Deze afdeling mag niemand bij het burgerservicenummer noemen."),
        N_("Er is niemand opgezocht."),
        N_("Noem de inwoner met uw eigen naam voor hem, of met zijn keuze."),
    ),
    "te-veel-gesprekken": Trouble(
        N_("U had vandaag te veel gesprekken aan de balie."), _NOTHING, N_("Vraag een collega om te helpen.")
    ),
    "gesprek-voorbij": Trouble(N_("Dit gesprek is voorbij."), _NOTHING, N_("Begin een nieuw gesprek.")),
    "niet-namens": Trouble(
        N_("U mag dit niet voor iemand anders doen."),
        _NOTHING,
        N_("Kijk bij Namens wat u wel mag, of vraag het de ander."),
    ),
    "alleen-de-inwoner": Trouble(
        N_("Alleen de inwoner zelf kan dit kiezen."), _STOOD, N_("Vraag de inwoner om het zelf te doen.")
    ),
    "niet-langs-deze-weg": Trouble(
        N_("Dit staat in het register en verandert daar."), _STOOD, N_("Doe het bij Doelen, met twee personen.")
    ),
    "wordt-niet-gewist": Trouble(
        N_("Dit wordt niet gewist."), N_("Er kan nog iets op rusten. Het blijft te lezen."), _OWNER
    ),
    "individu-niet-gekoppeld": Trouble(
        N_("Wij weten nog niet wie dit is."), _NOTHING, N_("Stuur een keer mee wie het is, in de inhoud van de vraag.")
    ),
    "nog-geen-doel": Trouble(N_("Hiervoor is nog geen doel in het register."), _NOTHING, _OWNER),
}
_VAULT: Final = {
    "geen-kluis": Trouble(N_("Deze kluis is nog niet open."), _NOTHING, N_("De inwoner opent hem bij Gegevens.")),
    "al-bewaard": Trouble(N_("Hier staat al een andere waarde."), _STOOD, _LOOK),
    "niet-bewaard": Trouble(N_("Dit staat niet in deze kluis."), _STOOD, _LOOK),
    "geen-nummer": Trouble(N_("Wij hebben uw nummer nu niet."), _NOTHING, N_("Log opnieuw in.")),
    "kluis-niet-beschikbaar": Trouble(N_("De kluis is nu niet bereikbaar."), _AWAY, _LATER),
}
_DESK: Final = {
    "geweigerd": Trouble(
        N_("Dit mag niet."),
        N_("Er is niets doorgegeven. De inwoner ziet dat het werd gevraagd."),
        N_("In het antwoord staat per gegeven waarom."),
    ),
    "sleutel-andere-vraag": Trouble(
        N_("Deze Idempotency-Key hoort bij een andere vraag."), _NOTHING, N_("Kies een nieuwe voor een nieuwe vraag.")
    ),
    "sleutel-bezig": Trouble(N_("Aan deze vraag werken wij al."), _MAYBE, N_("Wacht even en stuur precies hetzelfde.")),
    "bron-te-laat": Trouble(N_("Het systeem met de gegevens antwoordde te laat."), _AWAY, _LATER),
    "bron-stuk": Trouble(N_("Het systeem met de gegevens gaf geen antwoord."), _AWAY, _LATER),
    "bron-mislukt": Trouble(N_("Het systeem met de gegevens gaf een antwoord dat niet klopt."), _AWAY, _LATER),
    "stilgezet": Trouble(N_("Regie is stilgezet."), N_("Niemand krijgt nu gegevens."), _CALL),
    "antwoord-te-oud": Trouble(N_("Het duurde te lang."), _NOTHING, N_("Vraag het opnieuw.")),
    "gezag-onbekend": Trouble(N_("Wij weten nu niet voor wie u mag kijken."), _NOTHING, _LATER),
    "opdracht-onbekend": Trouble(N_("Deze opdracht is er niet."), _HIDDEN, _CHECK),
    "opdracht-voorbij": Trouble(N_("Deze opdracht is voorbij."), _ENDED, N_("Geef een nieuwe opdracht.")),
    "nog-niet-klaar": Trouble(N_("Deze opdracht is nog niet klaar."), N_("Wij werken eraan."), _WAIT),
    "geen-sleutel": Trouble(
        N_("Wij hebben geen sleutel om het antwoord voor u op slot te doen."),
        _NOTHING,
        N_("Laat eerst zo'n sleutel toe, bij Ontvangers."),
    ),
    "te-veel-opdrachten": Trouble(
        N_("Er staan te veel opdrachten open."), _NOTHING, N_("Haal er eerst een op, of gooi er een weg.")
    ),
    "te-groot-voor-bulk": Trouble(
        N_("Dit antwoord is te groot voor veel mensen tegelijk."), _NOTHING, N_("Vraag deze inwoner alleen.")
    ),
    "verstrekking-onbekend": Trouble(N_("Dit gebruik is er niet."), _HIDDEN, _CHECK),
    "bron-onbekend": Trouble(N_("Deze bron is er niet."), _HIDDEN, _CHECK),
    "bron-bezig": Trouble(N_("Er wordt al een bestand ingelezen."), _STOOD, _WAIT),
    "gegevensset-onbekend": Trouble(N_("Deze set met gegevens is er niet."), _HIDDEN, _CHECK),
    "telling-kan-niet": Trouble(N_("Tellen kan hier nu niet."), _NOTHING, _LATER),
    "telling-mislukt": Trouble(
        N_("Deze telling is mislukt."), N_("Er is niets gegeven. Wat de telling kostte, is wel op."), _LATER
    ),
    "telling-bestaat-niet": Trouble(N_("Deze telling is er niet."), _HIDDEN, _CHECK),
    "terugmelding-onbekend": Trouble(N_("Deze melding van een fout is er niet."), _HIDDEN, _CHECK),
    "correctie-onbekend": Trouble(N_("Dit bericht over een verbetering is er niet."), _HIDDEN, _CHECK),
    "geen-bronhouder": Trouble(
        N_("Bij deze bron kijkt niemand naar meldingen van fouten."), _NOTHING, N_("Bel wie de gegevens bijhoudt.")
    ),
    "terugmelding-verder": Trouble(N_("Deze melding van een fout is al verder."), _STOOD, _LOOK),
    "terugmelding-herhaald": Trouble(
        N_("Dit meldde u al."), N_("De eerste melding telt."), N_("Wacht op antwoord op die melding.")
    ),
    "te-veel-terugmeldingen": Trouble(
        N_("Er staan te veel meldingen van fouten open."), _NOTHING, N_("Wacht op antwoord op de eerste.")
    ),
}
_PORTAL: Final = {
    "formulier-niet-van-ons": Trouble(
        N_("Dit formulier kwam niet van onze website."), _NOTHING, N_("Open de pagina opnieuw en vul het daar in.")
    ),
    "kijkt-voor-ander": Trouble(
        N_("U kijkt nu voor iemand anders."), _NOTHING, N_("Stop eerst met kijken voor de ander.")
    ),
    "namens-voorbij": Trouble(N_("U mag niet meer voor deze persoon kijken."), _ENDED, N_("Vraag het opnieuw aan.")),
    "inloggen-mislukt": Trouble(N_("Inloggen is niet gelukt."), _NOTHING, N_("Probeer het nog een keer.")),
}

TROUBLES: Final[Mapping[str, Trouble]] = {**_ANYWHERE, **_LOG, **_REGISTER, **_VAULT, **_DESK, **_PORTAL}
