"""What a line does not say to everybody who may read it. Pure.

A resident is told of a line that may not be shown yet its number, its place, and the day of review.
Class and end belong to the activity, and stand sealed in the line since it was written: nobody can withhold a line
afterwards, and nobody has to remember to show it. The service enforces it; the key of the body is the usual one.

An application is not told who was refused because they hide: what it collects is a list that can be stolen.
"""

import json
from dataclasses import replace

from audit.contract import Line
from audit.event import Event
from audit.kinds import FLAGGED
from kernel.canonical import canonical
from kernel.clock import millis, moment
from kernel.proof.tlogproof import TlogProof

HIDDEN = "0" * 32  # in place of the event's own id
SECRET, NO_CONSENT = "geheimhouding", "geen-toestemming"  # codes of the register
SHELTERING = "regie-veilig-adres"  # the activity under which a parent is looked up whose address was just made safe
LOOKED_UP = ("stap", "veilig-adres")  # in a line: Burgerzaken looked whether there is one


def as_told(line: Line, now: int) -> Line:
    """The line as its resident may see it at a moment in ms: without anything until its day of review. Its hour is then
    the end of that month, or now: later than it was, so that a page of a period leaves none out. A covert line is in
    nobody's series: who asks for it by its place learns what they learn of anybody else's."""
    event = line.event
    if event.withheld_until <= now and not event.covert:
        return line
    bare = Event(id=HIDDEN, kind="vertrouwelijk", subject=event.subject, withheld_until=event.withheld_until)
    return Line(position=line.position, at=min(_end_of_month(line.at), now), n=line.n, event=bare)


def unrevealing(line: Line, *, named: bool) -> Line:
    """The line for an application: secrecy is a no like any other, as who asked without a ground was told, and what
    Burgerzaken looked for is not said. named: it asked for this resident; of others it gets no number in their series,
    for one that is missing is a line that it may not find."""
    said = line.event
    refused = tuple((element, NO_CONSENT if code == SECRET else code) for element, code in said.refused)
    details = {name: text for name, text in said.details.items() if (name, text) != LOOKED_UP}
    event = said.model_copy(update={"refused": refused, "details": details})
    return line.model_copy(update={"event": event, "n": line.n if named else 0})


def tells_who_hides(event: Event) -> bool:
    """Whether such a line is about nobody else: its act names a fence of theirs, as each of their lines does."""
    return event.kind in FLAGGED or event.activity == SHELTERING


def opaque(proof: str) -> str:
    """For everybody: the leaf alone. The act holds fences that come back in every line about the same resident, so
    anybody could count lines per person; who the line was written for, and auditors, get it with their token."""
    read = TlogProof.parse(proof)
    leaf = json.loads(read.extra or b"{}").get("blad", "")
    return replace(read, extra=canonical({"blad": leaf}).encode()).encode()


def _end_of_month(at: int) -> int:
    day = moment(at)
    following = day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1, day=1)
    return millis(following.replace(hour=0, minute=0, second=0, microsecond=0)) - 1
