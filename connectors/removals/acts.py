"""The line of a removal: what its recipient no longer has, and what it keeps under which article. Pure."""

from audit.contract import Entry, Event, Line
from connectors.removals.contract import Removal
from connectors.removals.rules import DAY, Saying, keeping
from kernel.caller import Caller
from kernel.canonical import canonical
from kernel.ids import derived_id

NAME = "Gegevens verwijderd"


def removed(about: tuple[Line, int], told: Saying, said: Removal, caller: Caller) -> Entry:
    """In the series of the resident, and as hidden as the release. about: the release, and how many lines say something
    of it. The same words after the same lines are the same act; after others they say something new again."""
    release, before = about
    event, details = release.event, {DAY: said.day, **keeping(told.kept, said.keeps)}
    words = canonical({"weg": list(told.gone), **details})
    return Entry(
        event=Event(
            id=derived_id(event.id, f"verwijderd/{before}/{words}"),
            kind="gegevens-verwijderd",
            subject=event.subject,
            name=NAME,
            closes=(release.position,),
            activity=event.activity,
            version=event.version,
            recipient=event.recipient,
            recipient_name=event.recipient_name,
            application=caller.application,
            key=caller.key,
            case=event.case,
            elements=told.gone,
            keep_until=event.keep_until,
            withheld_until=event.withheld_until,
            details=details,
        )
    )
