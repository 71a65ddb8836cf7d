"""The closed table of acts (trust.md 2.1): what each is, which room may record it, what it must require and move.

A permit requires fences and moves none, a restriction moves one and requires nothing, a fact does neither. A
replacement moves only fences that it requires: what was there before no longer stands. What is not in this table is
refused.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from audit.event import Entry, Kind, Outcome

Nature = Literal["permit", "restriction", "replacement", "fact"]
REQUIRING: frozenset[Nature] = frozenset(("permit", "replacement"))
MOVING: frozenset[Nature] = frozenset(("restriction", "replacement"))
UNKNOWN = "onbekend"  # the outcome that the sweeper writes
OUTCOME = "uitkomst"  # the member of `details` in which an `afloop` says how a release ended
COUNTED_BY = "geteld"  # the member in which a release names whose number it takes one of: fences, with a space between
ENDED: Kind = "afloop"
RELEASE: Kind = "verstrekking"
EMERGENCY: Kind = "noodverstrekking"  # a release with the same steps, that somebody has to review
REVIEWED: Kind = "nood-nagekeken"
RELEASES: frozenset[Kind] = frozenset((RELEASE, EMERGENCY))
RUN: Kind = "statistiek"  # a table was asked for; of everybody in it a line of their own follows
COUNTED: Kind = "meegeteld"
OPENING: frozenset[Kind] = RELEASES | {RUN, COUNTED}  # rest on a decision, and let a source be asked
BEGUN: Kind = "vernietiging-begonnen"
DESTROYED: Kind = "vernietigd"
LIFTED: Kind = "opgeheven"  # what its resident might not see before, they may see from this line on
LIFT_ASKED: Kind = "opheffing-gevraagd"
DECIDED: Kind = "datalek-besluit"  # of the FG: whether residents read of a breach beside their lines
REPORTED: Kind = "gemeld"  # a use outside Regie, told by whoever made it: nobody decided about it here
REMOVED: Kind = "gegevens-verwijderd"  # a recipient says what it no longer holds of a release, and what it keeps
CLOSING: frozenset[Kind] = frozenset((ENDED, LIFTED, LIFT_ASKED, REVIEWED, REMOVED))  # name the lines they are about
FLAGGED: frozenset[Kind] = frozenset(("vlag", "vlag-einde-gevraagd", "vlag-beeindigd"))  # of who hides, among others
OUTCOMES: tuple[str, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    nature: Nature
    rooms: frozenset[str]


def _rule(nature: Nature, *rooms: str) -> Rule:
    return Rule(nature, frozenset(rooms))


KINDS: dict[Kind, Rule] = {
    RELEASE: _rule("permit", "connectors"),
    EMERGENCY: _rule("permit", "connectors"),
    "toestemming-gegeven": _rule("permit", "consent"),
    "toestemming-hervat": _rule("permit", "consent"),
    "toestemming-vernieuwd": _rule("permit", "consent"),
    "activiteit-gepubliceerd": _rule("permit", "consent"),
    "ontvanger-toegelaten": _rule("permit", "consent"),
    "zaak-geopend": _rule("permit", "consent"),
    "kluis-geopend": _rule("permit", "vault"),
    "kluis-bewaard": _rule("permit", "vault"),
    "kluis-ingezien": _rule("permit", "vault"),
    "bezwaar-ongegrond": _rule("permit", "consent"),
    "bezwaar-ingetrokken": _rule("permit", "consent"),
    "machtiging-gegeven": _rule("permit", "consent"),
    RUN: _rule("permit", "connectors"),
    COUNTED: _rule("permit", "connectors"),
    "beperking-opgeheven": _rule("permit", "consent"),
    "vlag-beeindigd": _rule("permit", "consent"),
    "toestemming-geweigerd": _rule("restriction", "consent"),
    "toestemming-ingetrokken": _rule("restriction", "consent"),
    "toestemming-gepauzeerd": _rule("restriction", "consent"),
    "toestemming-verkort": _rule("restriction", "consent"),
    "vlag": _rule("restriction", "consent", "vault"),
    "beperking": _rule("restriction", "consent"),
    "bezwaar": _rule("restriction", "consent"),
    "bezwaar-gegrond": _rule("restriction", "consent"),
    "activiteit-beeindigd": _rule("restriction", "consent"),
    "ontvanger-geschorst": _rule("restriction", "consent"),
    "zaak-gesloten": _rule("restriction", "consent"),
    "opgeschort": _rule("restriction", "consent"),
    "machtiging-beeindigd": _rule("restriction", "consent"),
    "sleutel-beeindigd": _rule("restriction", "consent"),
    "wissing-begonnen": _rule("restriction", "vault"),
    "kluis-verwijderen": _rule("restriction", "vault"),
    "kluis-verwijderd": _rule("fact", "vault"),
    "kluis-vervangen": _rule("replacement", "vault"),
    "toepassing-vervangen": _rule("replacement", "consent"),
    "bronbestand-overgenomen": _rule("replacement", "connectors"),
    "bronbestand-verwijderd": _rule("restriction", "connectors"),
    "wissing-voltooid": _rule("fact", "vault"),
    "weigering": _rule("fact", "connectors", "consent", "vault"),
    "toetsing": _rule("fact", "consent"),
    "afloop": _rule("fact", "connectors", "audit"),
    "toestemming-gevraagd": _rule("fact", "consent"),
    "zoeking": _rule("fact", "audit", "consent", "vault", "web"),
    "vraag": _rule("fact", "consent", "web"),
    "vraag-beantwoord": _rule("fact", "consent", "web"),
    "verzoek": _rule("fact", "consent"),
    "verzoek-stap": _rule("fact", "consent"),
    "terugmelding": _rule("fact", "connectors"),
    "terugmelding-stap": _rule("fact", "connectors"),
    "bericht": _rule("fact", "consent"),
    "set-vernietigd": _rule("fact", "connectors"),
    "set-niet-vernietigd": _rule("fact", "connectors"),
    "machtiging-aangeboden": _rule("fact", "consent"),
    "machtiging-vastgelegd": _rule("fact", "consent"),
    "vlag-einde-gevraagd": _rule("fact", "consent"),
    "namens-gekeken": _rule("fact", "consent"),
    "balie-gesprek": _rule("fact", "consent"),
    "activiteit-concept": _rule("fact", "consent"),
    "ontvanger-concept": _rule("fact", "consent"),
    "bronbestand": _rule("fact", "connectors"),
    REMOVED: _rule("fact", "connectors"),
    "uitvoer": _rule("fact", "web"),
    "gemeld": _rule("fact", "audit", "connectors"),
    "sleutel-gewisseld": _rule("fact", "audit", "consent", "vault", "connectors", "web"),
    "termijn-begonnen": _rule("fact"),  # by nobody who asks: `audit.turning` writes it
    "regels-teruggezet": _rule("fact"),  # nor for this: `audit.recovering` does
    "vervallen": _rule("fact", "consent", "vault", "connectors", "web"),
    "zegel-verbroken": _rule("fact", "audit"),
    "vernietiging-begonnen": _rule("fact", "audit"),
    "vernietigd": _rule("fact", "audit"),
    "opheffing-gevraagd": _rule("fact", "audit"),
    "opgeheven": _rule("fact", "audit"),
    REVIEWED: _rule("fact", "consent"),
    DECIDED: _rule("fact", "audit"),
    "vertrouwelijk": _rule("fact"),  # nobody records it
}


def restricts(entry: Entry) -> bool:
    """Whether it only takes power away."""
    return KINDS[entry.event.kind].nature == "restriction"


def misfit(entry: Entry, room: str) -> str:
    """Why this entry may not be recorded by this room; "" when it may."""
    event, rule = entry.event, KINDS[entry.event.kind]
    if room not in rule.rooms:
        return f"{event.kind} wordt niet vastgelegd door {room or 'onbekend'}"
    if (bool(entry.requires), bool(entry.advances)) != (rule.nature in REQUIRING, rule.nature in MOVING):
        return f"{event.kind} vereist of verzet iets anders"
    if not _placed(entry, rule.nature):
        return "een hek staat er twee keer"
    closing = event.kind == ENDED
    if (event.kind in CLOSING) != bool(event.closes) or (closing and event.details.get(OUTCOME) not in OUTCOMES):
        return "een afloop sluit regels en zegt hoe; iets anders sluit niets"
    if event.kind in OPENING and not (event.decision and event.decided_at):
        return "wat een bron opent, noemt zijn besluit"
    destroys = (event.kind in (BEGUN, DESTROYED), event.kind == DESTROYED)
    return "" if (bool(event.destroys), bool(event.gone)) == destroys else "een vernietiging noemt jaar en nummers"


def _placed(entry: Entry, nature: Nature) -> bool:
    """Each fence once; a replacement requires what it moves, so that of two at one moment one is overtaken."""
    required, moved = [each.fence for each in entry.requires], entry.advances
    if len({*required}) != len(required) or len({*moved}) != len(moved):
        return False
    return {*moved} <= {*required} if nature == "replacement" else not {*moved} & {*required}
