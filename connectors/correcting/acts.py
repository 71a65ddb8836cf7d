"""What the log is told of a report: who doubts which element and how it goes on; never a value, or why. Pure."""

from dataclasses import dataclass

from audit.contract import NOBODY, Entry, Event
from connectors.correcting.contract import RESIDENT
from connectors.correcting.passing import Told
from consent.contract import Refused
from kernel.caller import Caller
from kernel.ids import derived_id
from vault.contract import ResidentRef

FORWARDED, LOOKED, PASSED = "doorgestuurd", "ingezien", "doorgegeven"
NAME = "Terugmelding"


@dataclass(frozen=True)
class About:
    """One report as its lines name it. line: of the release in which the value came."""

    id: str
    subject: str
    element: str
    source: str
    line: str
    keep_until: int

    @property
    def details(self) -> dict[str, str]:
        """In each of its lines."""
        return {"terugmelding": self.id, "bron": self.source, "regel": self.line}


def filed(about: About, reporter: str, release: Event, caller: Caller) -> Entry:
    """Somebody doubts a value. A recipient is named; of an employee nothing is said."""
    event = Event(
        id=derived_id(about.id, "terugmelding"),
        kind="terugmelding",
        subject=about.subject,
        name=NAME,
        activity=release.activity,
        version=release.version,
        elements=(about.element,),
        keep_until=about.keep_until,
        details=about.details,
    )
    if reporter == RESIDENT:
        return Entry(event=event)
    by = {"recipient": release.recipient, "recipient_name": release.recipient_name, "case": release.case}
    return Entry(event=event.model_copy(update={**by, "application": caller.application, "key": caller.key}))


def refused(resident: ResidentRef, caller: Caller, told: Refused, event_id: str) -> Entry:
    """Somebody named a number and a release that do not belong together."""
    event = Event(
        id=event_id,
        kind="weigering",
        subject=resident.subject,
        name=NAME,
        recipient=caller.organisation,
        application=caller.application,
        key=caller.key,
        refused=((told.element, told.code),),
    )
    return Entry(event=event)


def step(about: About, word: str, owner: str, unlike: str = "") -> Entry:
    """word: what happens now. owner: of the source. unlike: what makes it another act than the same word before."""
    event = Event(
        id=derived_id(about.id, f"{word}/{unlike}"),
        kind="terugmelding-stap",
        subject=about.subject,
        name=NAME,
        recipient=owner,
        elements=(about.element,),
        keep_until=about.keep_until,
        details={**about.details, "stap": word},
    )
    return Entry(event=event)


def passed(about: About, told: Told, now: int) -> Entry:
    """Who had the value hears that it was corrected. While its resident may not know that they had it, the line stands
    in nobody's series: its number, right behind the correction, would say what the use was about."""
    event = step(about, PASSED, told.recipient, told.recipient).event
    subject = NOBODY if told.withheld_until > now else about.subject
    return Entry(event=event.model_copy(update={"recipient_name": told.name, "subject": subject}))
