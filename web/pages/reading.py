"""What several pages read: a resident's own lines, the words of the registers."""

from datetime import timedelta
from typing import Final

from audit.contract import Line, Position
from consent.contract import ConsentView
from kernel.clock import millis
from kernel.errors import NotFound
from web.line_views import LineViews, shown, stops
from web.register_words import RegisterWords
from web.site import Visit

SPANS: Final = {"week": 7, "maand": 30, "jaar": 365, "alles": None}  # days
FIRST: Final = "maand"
BATCH, LINES_MAX = 200, 2000  # a year of a busy resident; beyond it the page says that there is more


async def own_lines(visit: Visit, start: int = 0, most: int = LINES_MAX) -> tuple[list[Line], bool]:
    """The resident's own lines since `start` (ms), newest first, and whether there are older ones than those. Also the
    lines that are no card, such as how a release ended: they have a number too. Raises what the log raises."""
    subject, found, before = visit.resident().subject, list[Line](), None
    while len(found) < most:
        page = await visit.site.audit.lines(visit.caller, subject, before, min(BATCH, most))
        found += [line for line in page.lines if line.at >= start]
        before = page.before
        if before is None or (page.lines and page.lines[-1].at < start):
            return found, False
    return found[:most], True


def since(visit: Visit, period: str) -> int:
    """Where a period of SPANS begins, in ms; 0 for all of it."""
    days = SPANS[period]
    return millis(visit.site.clock() - timedelta(days=days)) if days else 0


async def own_line(visit: Visit) -> Line:
    """The line in the address. Raises NotFound for one that is not there and for one of somebody else: one answer."""
    line = await line_at(visit, str(visit.request.path_params["id"]))
    if not shown(line):
        raise NotFound
    return line


async def line_at(visit: Visit, place: str) -> Line:
    """A line of the resident, also one that is no card. Raises NotFound, NoSuchLine."""
    subject = visit.resident().subject
    try:
        position = Position.parse(place)
    except ValueError:
        raise NotFound from None
    line = await visit.site.audit.line(visit.caller, position)
    if line.event.subject != subject:
        raise NotFound
    return line


async def words(visit: Visit) -> RegisterWords:
    """The registers' words in the language of the visit."""
    activities = await visit.site.registers.activities(visit.caller)
    recipients = await visit.site.registers.recipients(visit.caller)
    return RegisterWords.of(visit.language, visit.site.catalogue, activities, recipients)


def line_views(visit: Visit, said: RegisterWords, consents: list[ConsentView]) -> LineViews:
    """Lines as this visit reads them, now."""
    return LineViews(said, visit.site.clock(), visit.tenant.name, stops(consents))
