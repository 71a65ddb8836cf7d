"""What several pages read: a resident's own lines, the words of the registers."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from audit.contract import Line, LogUnavailable, NoSuchLine, Position, System
from consent.contract import ConsentView, Published
from kernel.caller import room_of
from kernel.clock import millis
from kernel.errors import NotFound
from web.frame import Coverage, Pager, ReportingSystem
from web.language import path_in
from web.line_views import LineViews, handlings, is_use, local_day, shown, stops
from web.register_words import RegisterWords
from web.site import Visit

SPANS: Final = {"week": 7, "maand": 30, "jaar": 365, "alles": None}  # days
FIRST: Final = "maand"
SYSTEMS_MAX: Final = 200
BATCH, LINES_MAX = 200, 2000  # a year of a busy resident; beyond it the page says that there is more


async def own_lines(visit: Visit, since: datetime | None, handled: int = 0) -> tuple[list[Line], bool]:
    """The lines that a resident reads as cards, of this period, newest first, and whether there are more of these than
    LINES_MAX. handled: go on before the period until so many handlings of data were found. Raises what the log
    raises."""
    lines, more = await all_lines(visit, since, handled)
    return [line for line in lines if shown(line)], more


async def all_lines(
    visit: Visit, since: datetime | None, handled: int = 0, before: Position | None = None
) -> tuple[list[Line], bool]:
    """The same with lines that are no card, such as how a release ended: they have a number too. before: go on from
    there, back in time."""
    subject, found = visit.resident().subject, list[Line]()
    start = millis(since) if since else 0
    while len(found) < LINES_MAX:
        page = await visit.site.audit.lines(visit.caller, subject, before, BATCH)
        found += page.lines
        before = page.before
        # one handling more than asked: the last may have more lines on the next page
        if before is None or (_before(start, found) and (not handled or _handled(found) > handled)):
            return [line for line in found if handled or line.at >= start], False
    return found, not _before(start, found)


def begin_of(visit: Visit, period: str) -> datetime | None:
    """When a period of SPANS begins; None for all of it."""
    days = SPANS[period]
    return visit.site.clock() - timedelta(days=days) if days else None


def _before(start: int, lines: list[Line]) -> bool:
    return bool(lines) and lines[-1].at < start


def _handled(lines: list[Line]) -> int:
    return len(handlings([line for line in lines if is_use(line)]))


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


async def ended_by(visit: Visit, one: Published) -> Line | None:
    """The line that ended a version of a purpose; None where the log cannot tell now."""
    with suppress(ValueError, LogUnavailable, NoSuchLine):
        return await visit.site.audit.line(room_of(visit.tenant.id, "web"), Position.parse(one.ended_by))
    return None


async def coverage(visit: Visit) -> Coverage:
    """How many systems tell their uses: those that go through Regie, which the settings count, and those that have
    reported here. A system that may report and never did does not count."""
    parties = await visit.site.registers.reporters(visit.caller)
    known = [(party, one) for party in parties for one in party.applications][:SYSTEMS_MAX]
    asked = [System(recipient=party.slug, application=one.client_id) for party, one in known]
    heard = await visit.site.audit.heard(visit.caller, asked)
    systems = tuple(
        ReportingSystem(
            name=one.name or one.client_id,
            department=party.name.en if visit.language == "en" else party.name.nl,
            since=local_day(each.since),
            last=local_day(each.last),
        )
        for (party, one), each in zip(known, heard, strict=True)
        if each.last
    )
    settings = visit.site.settings
    reporting = settings.reporting + len(systems)
    return Coverage(reporting=reporting, total=max(settings.total, reporting), systems=systems)


def line_views(visit: Visit, said: RegisterWords, consents: list[ConsentView]) -> LineViews:
    """Lines as this visit reads them, now."""
    return LineViews(said, visit.site.clock(), visit.tenant.name, stops(consents))


def pager(visit: Visit, place: str, filters: Mapping[str, str], pages: int) -> Pager:
    """Around the page that was asked for, of so many; the first where there are none."""
    asked = visit.request.query_params.get("bladzijde", "1")
    pages = max(1, pages)
    page = max(1, min(int(asked), pages) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1)

    def leaf(number: int) -> str | None:
        query = urlencode({**filters, "bladzijde": str(number)})
        return f"{path_in(place, visit.language)}?{query}" if 1 <= number <= pages else None

    return Pager(page=page, pages=pages, previous=leaf(page - 1), next=leaf(page + 1))
