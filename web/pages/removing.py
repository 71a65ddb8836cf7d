"""What several pages ask about data that should be gone; nothing while the desk that knows it does not answer."""

from audit.contract import RELEASES, Line
from connectors.removals.contract import Overdue
from kernel.errors import NeighbourUnavailable
from kernel.logs import logger
from web.register_words import RegisterWords
from web.removal_views import Removed, StillThere, removed_of, still_there
from web.site import Visit

_log = logger("web")


async def late_of(visit: Visit, said: RegisterWords) -> tuple[StillThere, ...]:
    """Of the resident."""
    if visit.site.removals is None:
        return ()
    try:
        found = await visit.site.removals.open_of(visit.caller, visit.resident().subject)
    except NeighbourUnavailable:
        _log.warning("removals_not_shown")
        return ()
    return still_there(found.found, said)


async def told_of(visit: Visit, said: RegisterWords, line: Line) -> tuple[Removed, ...]:
    """What its recipient said of a release; of a line that says so itself, that."""
    if line.event.kind not in RELEASES or line.gone:
        return removed_of([line], said)
    return removed_of(await visit.site.audit.about(visit.caller, [line.position]), said)


async def overdue(visit: Visit) -> Overdue | None:
    """Of everybody, for the FG; for an owner of their own departments. None when nobody can say it now."""
    if visit.site.removals is None:
        return None
    try:
        return await visit.site.removals.overdue(visit.caller)
    except NeighbourUnavailable:
        _log.warning("removals_not_shown")
        return None
