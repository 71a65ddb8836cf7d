"""What several pages read: a resident's own lines, the words of the registers."""

from datetime import datetime

from audit.contract import Line, Position
from consent.contract import ConsentView
from kernel.clock import millis
from kernel.errors import NotFound
from web.line_views import LineViews, handlings, is_use, shown, stops
from web.register_words import RegisterWords
from web.site import Visit

BATCH, LINES_MAX = 200, 2000  # a year of a busy resident; beyond it the page says that there is more


async def own_lines(visit: Visit, since: datetime | None, handled: int = 0) -> tuple[list[Line], bool]:
    """The resident's own lines of this period, newest first, and whether there are more of these than LINES_MAX.
    handled: go on before the period until so many handlings of data were found. Raises what the log raises."""
    subject, found, before = visit.resident().subject, list[Line](), None
    start = millis(since) if since else 0
    while len(found) < LINES_MAX:
        page = await visit.site.audit.lines(visit.caller, subject, before, BATCH)
        found += page.lines
        before = page.before
        # one handling more than asked: the last may have more lines on the next page
        if before is None or (_before(start, found) and (not handled or _handled(found) > handled)):
            return [line for line in found if shown(line) and (handled or line.at >= start)], False
    return [line for line in found if shown(line)], not _before(start, found)


def _before(start: int, lines: list[Line]) -> bool:
    return bool(lines) and lines[-1].at < start


def _handled(lines: list[Line]) -> int:
    return len(handlings([line for line in lines if is_use(line)]))


async def own_line(visit: Visit) -> Line:
    """The line in the address. Raises NotFound for one that is not there and for one of somebody else: one answer."""
    subject = visit.resident().subject
    try:
        position = Position.parse(str(visit.request.path_params["id"]))
    except ValueError:
        raise NotFound from None
    line = await visit.site.audit.line(visit.caller, position)
    if line.event.subject != subject or not shown(line):
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
