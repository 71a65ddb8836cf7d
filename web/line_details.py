"""What only some lines say: a use that another system told of, numbers that were destroyed. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from audit.contract import Event, Line
from kernel.clock import moment
from web.language import N_, Language
from web.views import Lifted, Reported

T = TypeVar("T")
# What somebody did for a resident, and on what ground: who it was is not in a line that residents read.
ACTED_FOR: Final[Mapping[str, str]] = {
    "namens-gekeken": N_("%(wie)s keek voor u naar uw keuzes"),
    "machtiging-vastgelegd": N_("%(wie)s kijkt straks voor u. Een medewerker schreef dit op, een collega kijkt het na"),
    "machtiging-gegeven": N_("%(wie)s mag nu voor u kijken. Twee medewerkers keken dit na"),
    "machtiging-beeindigd": N_("%(wie)s mag niet meer voor u kijken"),
    "toestemming-gegeven": N_("%(wie)s zei ja voor u"),
    "toestemming-vernieuwd": N_("%(wie)s zei opnieuw ja voor u"),
    "toestemming-geweigerd": N_("%(wie)s zei nee voor u"),
    "toestemming-ingetrokken": N_("%(wie)s stopte voor u met delen"),
    "toestemming-verkort": N_("%(wie)s koos voor u een eerdere laatste dag"),
    "bezwaar": N_("%(wie)s was het voor u ergens niet mee eens. Dat gebruik staat nu stil"),
    "beperking": N_("%(wie)s zette voor u gegevens op slot"),
    "verzoek": N_("%(wie)s deed een verzoek voor u"),
    "verzoek-stap": N_("%(wie)s nam een verzoek voor u terug"),
}
LOOKED_AT_USES: Final = N_("%(wie)s keek voor u wie uw gegevens gebruikte")
WEIGHED_FOR: Final = N_("%(wie)s was het voor u ergens niet mee eens. Wij kijken ernaar")
WHO: Final[Mapping[str, str]] = {
    "ouder": N_("Een ouder met gezag"),
    "voogd": N_("Een voogd"),
    "machtiging": N_("Iemand die u dat liet doen"),
    "curator": N_("Uw curator"),
    "bewindvoerder": N_("Wie uw geld regelt"),
    "mentor": N_("Wie uw zorg regelt"),
    "executeur": N_("Wie de erfenis regelt"),
    "": N_("Iemand anders"),
}


def acted_for(event: Event) -> str:
    """The marked text, with %(wie)s; "" for what nobody did for a resident."""
    if not event.on_behalf:
        return ""
    if event.kind == "namens-gekeken" and event.details.get("wat") == "gebruik":
        return LOOKED_AT_USES
    if event.kind == "bezwaar" and event.details.get("gebruik") == "gaat door":
        return WEIGHED_FOR
    return ACTED_FOR.get(event.kind, "")


def reported_of(line: Line) -> Reported | None:
    """Who told of a use outside Regie; None for what Regie did itself, and where nobody can say it any more."""
    event = line.event
    if event.kind != "gemeld" or line.gone:
        return None
    begin = event.details.get("gebruikt", "").partition("-")[0]
    used = int(begin) if begin.isdigit() else line.at
    return Reported(
        system=event.details.get("systeem", ""), used=moment(used), told=moment(line.at), kinds=said_kinds(event)
    )


def need_of(event: Event, language: Language) -> str:
    """Why it was an emergency, as the line says it; "" for what was none."""
    nl = event.details.get("noodReden", "")
    return event.details.get("noodRedenEn", nl) if language == "en" else nl


def said_kinds(event: Event) -> tuple[str, ...]:
    """Kinds of data that the activity does not name, in the words of the system that used them."""
    return tuple(kind for kind in event.details.get("soortenGegevens", "").split("; ") if kind)


def lifted_of(line: Line) -> Lifted | None:
    """What was hidden before and may be read from this line on."""
    event = line.event
    if event.kind != "opgeheven" or line.gone:
        return None
    since = event.details.get("sinds", "")
    return Lifted(
        numbers=tuple(place.index for place in event.closes),
        since=moment(int(since)) if since.isdigit() else None,
        reason=event.details.get("reden", "") if event.shows else "",
    )


def once_each(found: Iterable[T]) -> tuple[T, ...]:
    """Without what came before, in the order in which they came."""
    return tuple(dict.fromkeys(found))


def told_kind(event: Event) -> str:
    """What the line is about; of one that opens another, what that was: how a use ended goes with the use."""
    return event.details.get("soort", event.kind) if event.kind == "opgeheven" else event.kind


def numbers_gone(event: Event) -> tuple[str, ...]:
    """The numbers of their own series that a line says are gone, as stretches."""
    return tuple(str(first) if first == last else f"{first}-{last}" for first, last in event.gone)
