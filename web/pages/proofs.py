"""What a resident takes home to check without us: the proof of one line, or of all lines of a period.

In two forms: JSON for `regie verify`, and a page that checks itself. A file's name says numbers in the log, no names.
"""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from audit.contract import Bundle, Entry, Event, Line, Position, record_one
from kernel.clock import millis, moment
from kernel.errors import NotFound
from kernel.ids import random_id
from web.frame import Option
from web.language import N_, Language, format_day, translations
from web.pages.reading import FIRST, SPANS, begin_of, line_at, own_line
from web.routing import Page
from web.site import Visit
from web.verifier import checking_page

A_FILE: Final = 200  # lines: a page of the log, about a megabyte of proofs
PAGE: Final = "pagina"


async def one(visit: Visit) -> Response:
    """The bundle of one line, as JSON, or as a page for `?vorm=pagina`."""
    line = await own_line(visit)
    bundle = await visit.site.audit.bundle(visit.caller, line.position)
    name = f"bewijs-{line.position}"
    if visit.request.query_params.get("vorm") == PAGE:
        return await _page(visit, name, [bundle])
    return visit.file(f"{name}.json", bundle.text(), "application/json")


async def period(visit: Visit) -> Response:
    """All lines of a period down from `tot`, none left out: those that the list does not show belong to the numbers.

    Taking them away is an act: its own line is written first. Raises NotFound, LogUnavailable."""
    person, form = visit.resident(), await visit.form()
    newest = await line_at(visit, form.get("tot", ""))
    chosen = form.get("periode", "") if form.get("periode") in SPANS else FIRST
    begin = begin_of(visit, chosen)
    start = millis(begin) if begin else 0
    if newest.at < start:
        raise NotFound
    await record_one(visit.site.audit, visit.caller, Entry(event=_export(person.subject, chosen, newest.position)))
    older = await visit.site.audit.lines(visit.caller, person.subject, newest.position, A_FILE - 1)
    within = [line for line in (newest, *older.lines) if line.at >= start]
    # what says that some of them were destroyed comes along, whenever it was written
    told = {line.gone.declared for line in within if line.gone and line.gone.declared}
    places = sorted({*(line.position for line in within), *told}, key=_in_order)
    bundles = [await visit.site.audit.bundle(visit.caller, place) for place in places]
    name = f"bewijzen-{places[0]}-tot-{places[-1]}"
    if form.get("vorm") == PAGE:
        return await _page(visit, name, bundles)
    text = f"[{','.join(bundle.text() for bundle in bundles)}]"
    return visit.file(f"{name}.json", text, "application/json")


async def back(visit: Visit) -> Response:
    """Who comes here without a form, such as after login, goes to the list."""
    visit.resident()
    return visit.to("/gebruik")


def parts(lines: Sequence[Line], language: Language) -> tuple[Option, ...]:
    """The files that these lines make, newest first as given: where each begins, its days, and of several the numbers
    too, for one day may fill more than one."""
    pieces = [lines[at : at + A_FILE] for at in range(0, len(lines), A_FILE)]
    days = N_("{eerste} tot en met {laatste}")
    text = translations(language).gettext(
        days if len(pieces) < 2 else N_("{eerste} tot en met {laatste} (nummer {van} tot en met {tot})")
    )
    return tuple(
        Option(
            value=str(newest.position),
            text=text.format(eerste=_day(oldest, language), laatste=_day(newest, language), van=oldest.n, tot=newest.n),
        )
        for newest, oldest in ((piece[0], piece[-1]) for piece in pieces)
    )


def _in_order(place: Position) -> tuple[str, int]:
    return place.term, place.index


def _day(line: Line, language: Language) -> str:
    return format_day(moment(line.at), language)


def _export(subject: str, chosen: str, newest: Position) -> Event:
    details = {"periode": chosen, "tot": str(newest)}
    return Event(id=random_id(), kind="uitvoer", subject=subject, name="Bewijzen opgehaald", details=details)


async def _page(visit: Visit, name: str, bundles: Sequence[Bundle]) -> Response:
    keys = await visit.site.audit.vkeys(visit.caller)
    return visit.file(f"{name}.html", checking_page(visit.language, keys, bundles), "text/html")


PAGES: Final = (
    Page("/gebruik/bewijzen", back),
    Page("/gebruik/bewijzen", period, "POST"),
    Page("/gebruik/{id}/bewijs", one),
)
