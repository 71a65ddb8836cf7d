"""Whose yes takes the place of the resident's own: who was appointed for what an activity is about (UAVG 5(2)), and a
parent or guardian of somebody under sixteen (5(1)), but for help that is offered to a child itself (5(4)).

That somebody is under sixteen is known here once a parent said yes for them: their yes says until when. Of a child for
whom nobody acted it is not known.
"""

from consent.activity import ActivityVersion
from consent.contract import NotNow
from consent.limits import pause_of
from consent.mandates.appointed import appointed_of
from consent.mandates.rules import AFTER_DEATH, APPOINTED, BY_AUTHORITY, Authority, sees
from consent.mandates.tables import mandates
from consent.permits import IN_FORCE
from consent.rows import Rows
from consent.tables import consents
from kernel.caller import Caller

PARENT = "ouder"
OWN = "Hierover kiest iemand anders voor u. U kunt wel nee zeggen, en altijd stoppen."
INSTEAD = "Hierover kiest wie daarvoor is benoemd. U kunt wel nee zeggen, en altijd stoppen."


async def instead_of(rows: Rows, resident: str, activity: ActivityVersion, at: int) -> str:
    """As what somebody decides about this activity in the resident's place; "" when the resident does."""
    theirs = (mandates.c.resident == resident, mandates.c.appointed.is_not(None), mandates.c.valid_until > at)
    for row in await rows.find(mandates, *theirs, mandates.c.status == IN_FORCE["mandates"]):
        known = appointed_of(row)
        if known is None or known.relation in AFTER_DEATH:
            continue
        if sees(Authority(known.relation, row["valid_until"], matters=known.matters), activity):
            return known.relation
    return PARENT if not activity.child_help and await _child(rows, resident, at) else ""


async def _child(rows: Rows, resident: str, at: int) -> bool:
    """Whether a parent's yes, however it ended, says that this resident chooses alone later than at a moment in ms."""
    said = (consents.c.resident == resident, consents.c.terms.contains('"pauses_at"'))
    return any(pause_of(row) > at for row in await rows.find(consents, *said))


async def demand_own(rows: Rows, caller: Caller, activity: ActivityVersion, at: int, relation: str = "") -> None:
    """For a yes at the portal, and of a parent anywhere; else the desk looks at people and papers. relation: as what
    somebody says it for the resident, "" for themselves. Raises NotNow: it is somebody else's to say.

    Nor do parents and guardians say it for a child where somebody was appointed. A bewind that protects adults (BW
    1:431) ends no parent's authority, and one over what a child was given or inherited does (BW 1:253i, 4:153);
    which of the two an order is, nobody here can read. So nobody's yes but theirs counts, and everybody's no and stop.
    """
    at_desk = caller.kind == "medewerker" and bool(relation)
    if relation in APPOINTED or not (caller.kind == "inwoner" or at_desk):
        return
    found = await instead_of(rows, caller.acting_for if at_desk else caller.user, activity, at)
    if found and not (found == PARENT and relation in BY_AUTHORITY):
        raise NotNow(INSTEAD if relation else OWN)
