"""From lines that a search found to the rows the FG reads. Pure; third person, for it is not about the reader."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from audit.contract import Event, Line
from kernel.clock import moment
from web.act_words import WRITTEN_DOWN, sets_safe
from web.appointing_form import LOOK_UP
from web.fg_views import Found
from web.language import N_, format_day
from web.line_views import GONE_BY_DECISION, GONE_BY_TERM
from web.register_words import RegisterWords
from web.safety_views import ENDS, REASONS

NUMBERED: Final = N_("nummer %(nummer)s in de reeks")
WITHHELD: Final = N_("niet te zien voor de inwoner tot en met %(datum)s")
COVERT: Final = N_("heimelijk: de inhoud is verzegeld")
GIVEN, PARTLY = N_("Doorgegeven"), N_("Deels doorgegeven")
WHAT: Final[Mapping[str, str]] = {
    "verstrekking": GIVEN,
    "noodverstrekking": N_("Doorgegeven in nood"),
    "nood-nagekeken": N_("Gebruik in nood nagekeken"),
    "weigering": N_("Niets gegeven"),
    "toetsing": N_("Gevraagd of het mag; niets gegeven"),
    "gemeld": N_("Gemeld door een ander systeem"),
    "statistiek": N_("Tabel met aantallen gemaakt"),
    "meegeteld": N_("Meegeteld in een tabel; niets over deze inwoner gegeven"),
    "afloop": N_("Hoe het afliep"),
    "toestemming-gevraagd": N_("Toestemming gevraagd"),
    "toestemming-gegeven": N_("De inwoner zei ja"),
    "toestemming-hervat": N_("De inwoner liet het weer doorgaan"),
    "toestemming-vernieuwd": N_("De inwoner zei opnieuw ja"),
    "toestemming-geweigerd": N_("De inwoner zei nee"),
    "toestemming-ingetrokken": N_("De inwoner stopte"),
    "toestemming-gepauzeerd": N_("De inwoner zette het stil"),
    "toestemming-verkort": N_("De inwoner koos een eerdere laatste dag"),
    "zaak-geopend": N_("Zaak geopend"),
    "zaak-gesloten": N_("Zaak gesloten"),
    "kluis-geopend": N_("De inwoner opende de kluis"),
    "kluis-bewaard": N_("De inwoner bewaarde iets in de kluis"),
    "kluis-ingezien": N_("De inwoner keek in de kluis"),
    "kluis-vervangen": N_("De inwoner verving iets in de kluis"),
    "kluis-verwijderen": N_("De inwoner haalde iets weg uit de kluis"),
    "kluis-verwijderd": N_("Weg uit de kluis"),
    "wissing-begonnen": N_("De inwoner wiste de kluis"),
    "wissing-voltooid": N_("De kluis is gewist"),
    "vlag": N_("Een bron meldde een beperking"),
    "vlag-einde-gevraagd": N_("Veilig adres: een eerste medewerker wil dat het stopt"),
    "vlag-beeindigd": N_("Veilig adres gestopt door twee medewerkers"),
    "beperking": N_("Gegevens op slot"),
    "beperking-opgeheven": N_("Gegevens van het slot"),
    "opgeschort": N_("Opgeschort na verlies van regels"),
    "zoeking": N_("Gezocht in het logboek"),
    "vraag": N_("De inwoner stelde een vraag"),
    "vraag-beantwoord": N_("Vraag beantwoord"),
    "bezwaar": N_("De inwoner was het niet eens met dit gebruik"),
    "bezwaar-gegrond": N_("De inwoner kreeg gelijk; dit gebruik stopt"),
    "bezwaar-ongegrond": N_("De inwoner kreeg geen gelijk; dit gebruik gaat door"),
    "bezwaar-ingetrokken": N_("De inwoner vindt dit gebruik toch goed"),
    "verzoek": N_("De inwoner deed een verzoek"),
    "verzoek-stap": N_("Verzoek behandeld"),
    "terugmelding": N_("Gemeld dat een gegeven misschien niet klopt"),
    "bericht": N_("Bericht met het bewijs van een keuze gestuurd"),
    "terugmelding-stap": N_("Melding over een gegeven ging een stap verder"),
    "gegevens-verwijderd": N_("Een ontvanger schreef op wat hij verwijderde of bewaart"),
    "bronbestand": N_("Bestand van een bron"),
    "bronbestand-overgenomen": N_("Een nieuw bestand van een bron telt"),
    "bronbestand-verwijderd": N_("Een bestand van een bron is weg"),
    "set-vernietigd": N_("Een ontvanger meldde dat een gegevensset is vernietigd"),
    "set-niet-vernietigd": N_("Een ontvanger meldde niet op tijd dat een gegevensset is vernietigd"),
    "machtiging-aangeboden": N_("De inwoner vroeg iemand om te kijken"),
    "machtiging-vastgelegd": N_("Opgeschreven wie voor de inwoner mag kiezen"),
    "machtiging-gegeven": N_("Iemand mag nu voor de inwoner kijken"),
    "machtiging-beeindigd": N_("Iemand mag niet meer voor de inwoner kijken"),
    "namens-gekeken": N_("Iemand keek voor de inwoner"),
    "balie-gesprek": N_("De balie keek wat de inwoner kan kiezen"),
    "uitvoer": N_("De inwoner haalde bewijzen op"),
    "vernietiging-begonnen": N_("Vernietiging begonnen"),
    "vernietigd": N_("Verklaring van vernietiging"),
    "opheffing-gevraagd": N_("Gevraagd om eerder te laten zien"),
    "opgeheven": N_("Nu te zien voor de inwoner"),
}
# As what somebody acted for the resident.
ACTED_AS: Final[Mapping[str, str]] = {
    "ouder": N_("een ouder"),
    "voogd": N_("een voogd"),
    "machtiging": N_("iemand die de inwoner koos"),
    "curator": N_("de curator"),
    "bewindvoerder": N_("de bewindvoerder"),
    "mentor": N_("de mentor"),
    "executeur": N_("de executeur"),
}
# What became of the file of a source.
FILES: Final[Mapping[str, str]] = {
    "overgenomen": N_("Bestand van bron %(bron)s overgenomen"),
    "verwijderd": N_("Bestand van bron %(bron)s verwijderd"),
    "nagekeken": N_("Bestand voor bron %(bron)s nagekeken, niet overgenomen"),
}
OF_FILES: Final = frozenset(("bronbestand", "bronbestand-overgenomen", "bronbestand-verwijderd"))
SIZE: Final = N_("%(getal)s regels, versie %(versie)s")
SAFE: Final = N_("Veilig adres")
NO_MESSAGES: Final = N_("De inwoner krijgt geen berichten meer")
# Searches that are none of the log.
SEARCHED: Final[Mapping[str, str]] = {
    "vertegenwoordiging": N_("Burgerzaken zocht op wie er is aangewezen"),
    "verwijzing": N_("Een systeem bewaarde een verwijzing naar de inwoner"),
    "veilig-adres": N_("Burgerzaken keek of er een veilig adres is"),
}
IN_PLACE: Final = frozenset({"bezwaar", "verzoek"})  # their words say that the resident did it
SOMEBODY, NOT_SELF = N_("iemand anders"), N_("niet zelf, dat deed %(wie)s")
HOW: Final[Mapping[str, str]] = {
    "geleverd": N_("aangekomen"),
    "mislukt": N_("mislukt"),
    "niet-geopend": N_("niet geopend"),
    "onbekend": N_("afloop onbekend"),
}


def found_rows(lines: Sequence[Line], said: RegisterWords) -> tuple[Found, ...]:
    """One per line, newest first; how a release ended stands with the release itself where that was found too."""
    here = {str(line.position) for line in lines}
    return tuple(_row(line, said) for line in lines if not _told_elsewhere(line.event, here))


def _told_elsewhere(event: Event, here: set[str]) -> bool:
    return event.kind == "afloop" and bool(event.closes) and {str(one) for one in event.closes} <= here


def _row(line: Line, said: RegisterWords) -> Found:
    event = line.event
    return Found(
        moment=moment(line.at),
        client=said.recipient(event.recipient, event.recipient_name),
        activity=said.title(event.activity) or event.name,
        version=f"{event.activity} {event.version}".strip(),
        basis="; ".join(part for part in (event.law, event.basis) if part),
        labels=said.labels(event.elements),
        used=said.labels(event.used),
        decision=_decision(line, said),
        codes=tuple(dict.fromkeys(code for _, code in event.refused)),
        consent=event.details.get("toestemming", ""),
        correlation=event.id,
        index=line.position.index,
        lift=str(line.position) if event.withheld_until and not event.covert else "",
    )


def _decision(line: Line, said: RegisterWords) -> str:
    event = line.event
    if line.gone:
        text = GONE_BY_TERM if line.gone.by_term else GONE_BY_DECISION
        when = said.say(text) % {"datum": format_day(moment(line.gone.at), said.language)}
        return f"{when}, {said.say(NUMBERED) % {'nummer': line.n}}"
    how = HOW.get(line.outcome or event.details.get("uitkomst", ""), "")
    told = [_what(event, said), *([said.say(how)] if how else [])]
    if event.kind.startswith("toestemming-") and (written := WRITTEN_DOWN.get(event.details.get("kanaal", ""))):
        told[0] = said.say(written) % {"wat": told[0]}
    if event.kind in OF_FILES:
        told = _file(event, said)
    if event.on_behalf:
        told.append(_by(event, said))
    if event.covert:
        told.append(said.say(COVERT))
    elif event.withheld_until:
        day = {"datum": format_day(moment(event.withheld_until), said.language)}
        told.append(said.say(WITHHELD) % day)
    return ", ".join(told)


def _what(event: Event, said: RegisterWords) -> str:
    step = event.details.get("stap", "")
    if event.kind == "zoeking" and step in SEARCHED:
        return _because(SEARCHED[step], LOOK_UP.items(), event, said)
    if sets_safe(event):
        return _because(SAFE, REASONS.items(), event, said)
    if event.kind.startswith("vlag-"):
        return _because(WHAT[event.kind], ENDS.items(), event, said)
    if event.kind == "bericht" and step:
        return said.say(NO_MESSAGES)
    return said.say(PARTLY if event.kind == "verstrekking" and event.refused else WHAT.get(event.kind, event.kind))


def _because(what: str, reasons: Iterable[tuple[str, str]], event: Event, said: RegisterWords) -> str:
    """What, and why where the line says so."""
    why = dict(reasons).get(event.details.get("reden", ""), "")
    return ": ".join(said.say(part) for part in (what, why) if part)


def _file(event: Event, said: RegisterWords) -> list[str]:
    """Which file of which source, and what became of it."""
    about = {"bron": event.details.get("bron", "")}
    size = {"getal": event.details.get("regels", ""), "versie": event.details.get("versie", "")}
    what = FILES.get(event.details.get("stap", ""), WHAT["bronbestand"])
    return [said.say(what) % about, said.say(SIZE) % size]


def _by(event: Event, said: RegisterWords) -> str:
    """Who did it in the resident's place."""
    who = said.say(ACTED_AS.get(event.on_behalf, SOMEBODY))
    instead = event.kind.startswith("toestemming-") or event.kind in IN_PLACE
    return said.say(NOT_SELF) % {"wie": who} if instead else who
