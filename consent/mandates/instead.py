"""Whose yes takes the place of the resident's own: who was appointed for what an activity is about (UAVG 5(2))."""

from consent.activity import ActivityVersion
from consent.contract import NotNow
from consent.mandates.appointed import appointed_of
from consent.mandates.rules import AFTER_DEATH, Authority, sees
from consent.mandates.tables import mandates
from consent.permits import IN_FORCE
from consent.rows import Rows
from kernel.caller import Caller


async def instead_of(rows: Rows, resident: str, activity: ActivityVersion, at: int) -> str:
    """As what somebody decides about this activity in the resident's place; "" when the resident does."""
    theirs = (mandates.c.resident == resident, mandates.c.appointed.is_not(None), mandates.c.valid_until > at)
    for row in await rows.find(mandates, *theirs, mandates.c.status == IN_FORCE["mandates"]):
        known = appointed_of(row)
        if known is None or known.relation in AFTER_DEATH:
            continue
        if sees(Authority(known.relation, row["valid_until"], matters=known.matters), activity):
            return known.relation
    return ""


async def demand_own(rows: Rows, caller: Caller, activity: ActivityVersion, at: int) -> None:
    """For a yes at the portal; the desk looks at people and papers. Raises NotNow: it is somebody else's to say."""
    if caller.kind == "inwoner" and await instead_of(rows, caller.user, activity, at):
        raise NotNow("Hierover kiest iemand anders voor u. U kunt wel nee zeggen, en altijd stoppen.")
