"""A line of the log as somebody reads it who acts for the resident: who used which data, for what and when. Pure.

Only what is listed here is told. Left out are refusals, for a reason such as secrecy tells what it must not; uses in an
emergency, which may be about the very one who looks; what others looked at or asked; what the resident may not see
themselves, or saw later than it happened; and words of a system that no activity names. Not the case, the employee, the
proof: these open more than the line.
"""

from collections.abc import Mapping
from typing import Final

from audit.contract import Event, Kind, Line
from consent.activity import ActivityVersion
from consent.mandates.rules import BY_AUTHORITY, Authority, reads

USED: Final[frozenset[Kind]] = frozenset({"verstrekking", "gemeld"})
CHOSEN: Final = "C"
TOLD: Final = ("gebruikt", "status", "systeem", "verwerker", "verwerkerNaam")  # of `details`
NO_ID: Final = "0" * 32

Versions = Mapping[str, Mapping[str, ActivityVersion]]
"""By activity and number; the number "" is the newest."""


def used(authority: Authority, line: Line, known: Versions) -> Line | None:
    """None for what is not theirs to know. An activity is judged by its newest version and by that of the line."""
    said, versions = line.event, known.get(line.event.activity, {})
    if said.kind not in USED or line.gone or said.withheld_until or said.covert:
        return None
    both = versions.get(""), versions.get(said.version)
    if not all(one is not None and reads(authority, one) for one in both):
        return None
    classes, refused = dict(said.classes), dict(said.refused)
    letters = {name: classes.get(name, said.class_) for name in said.elements if name not in refused}
    if authority.relation in BY_AUTHORITY:
        letters = {name: letter for name, letter in letters.items() if letter == CHOSEN}
    if not letters:
        return None
    event = Event(
        id=NO_ID,
        kind=said.kind,
        activity=said.activity,
        version=said.version,
        purpose=said.purpose,
        class_=min(letters.values()),
        classes=tuple(letters.items()),
        basis=said.basis if len(letters) == len(said.elements) else "",
        law=said.law if len(letters) == len(said.elements) else "",
        recipient=said.recipient,
        recipient_name=said.recipient_name,
        elements=tuple(letters),
        details={name: said.details[name] for name in TOLD if name in said.details},
    )
    return Line(position=line.position, at=line.at, n=0, event=event, outcome=line.outcome)
