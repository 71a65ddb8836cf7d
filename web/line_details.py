"""What only some lines say: a use that another system told of, numbers that were destroyed. Pure."""

from audit.contract import Event, Line
from kernel.clock import moment
from web.views import Reported


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


def numbers_gone(event: Event) -> tuple[str, ...]:
    """The numbers of their own series that a line says are gone, as stretches."""
    return tuple(str(first) if first == last else f"{first}-{last}" for first, last in event.gone)
