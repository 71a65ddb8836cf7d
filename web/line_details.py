"""What only some lines say: a use that another system told of, numbers that were destroyed. Pure."""

from audit.contract import Event, Line
from kernel.clock import moment
from web.views import Lifted, Reported


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


def told_kind(event: Event) -> str:
    """What the line is about; of one that opens another, what that was: how a use ended goes with the use."""
    return event.details.get("soort", event.kind) if event.kind == "opgeheven" else event.kind


def numbers_gone(event: Event) -> tuple[str, ...]:
    """The numbers of their own series that a line says are gone, as stretches."""
    return tuple(str(first) if first == last else f"{first}-{last}" for first, last in event.gone)
