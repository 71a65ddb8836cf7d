"""`/register`: what the municipality does with data, for everybody, without login; and the same to take away."""

from datetime import date
from typing import Final

from starlette.responses import Response

from consent.contract import ActivityVersion, NoSuchThing, assessment_over, whole
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.errors import NotFound
from web.figures_views import counted
from web.language import AMSTERDAM, Language
from web.line_views import local_day
from web.pages.reading import ended_by
from web.register_export import as_csv, as_json
from web.register_facts import assessed, changed, data, facts
from web.register_views import RegisterEntry, RegisterList, RegisterRow, TableLink, VersionLink
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit

API: Final = "/toestemming/v1"
KINDS: Final = {"json": "application/ld+json; charset=utf-8", "csv": "text/csv; charset=utf-8"}


async def everything(visit: Visit) -> Response:
    """The list, by title; `?ook=gestopt` adds what was stopped."""
    said, at = await public_words(visit), millis(visit.site.clock())
    rows, stopped = [_row(one, said, at) for one in said.activities.values()], None
    if visit.request.query_params.get("ook") == "gestopt":
        over = await visit.site.registers.drafts.stopped(_nobody(visit))
        stopped = tuple(sorted((_row(one.version, said, at) for one in over), key=_title))
    view = RegisterList(frame=visit.frame(), rows=tuple(sorted(rows, key=_title)), stopped=stopped)
    return visit.page("register.html", view)


async def entry(visit: Visit) -> Response:
    """One activity: the version in force, or the one that `?versie=` names."""
    said, at = await public_words(visit), millis(visit.site.clock())
    try:
        history = await visit.site.registers.history(_nobody(visit), str(visit.request.path_params["slug"])[:60])
    except NoSuchThing:
        raise NotFound from None
    wanted = visit.request.query_params.get("versie", str(history[-1].version.number))
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 8):
        raise NotFound
    found = whole(history, int(wanted), visit.tenant.public_url + API, at)
    if found is None:
        raise NotFound
    version = found.content
    (shown,) = [one for one in history if one.version.number == version.number]
    over = await ended_by(visit, shown) if history[-1].ended and shown is history[-1] else None
    view = RegisterEntry(
        frame=visit.frame(),
        slug=version.slug,
        title=said.chosen(version.title),
        purpose=said.chosen(version.purpose),
        number=version.number,
        since=local_day(shown.since),
        ended=found.status == "gestopt",
        stopped=local_day(over.at) if over else None,
        expired=found.expired,
        assessed_until=local_day(version.assessment.until),
        data=data(version, said),
        facts=facts(version, said),
        values=assessed(version, said),
        algorithm=version.automated.algorithm if version.automated else "",
        changes=changed(found.changes, said),
        tables=_tables(version, visit) if visit.site.tables else (),
        versions=tuple(VersionLink(number=one, current=one == version.number) for one in reversed(found.versions)),
    )
    return visit.page("register_doel.html", view)


async def export(visit: Visit) -> Response:
    """The whole register in force, as a file."""
    form, said = str(visit.request.path_params["vorm"]), await public_words(visit)
    if form not in KINDS:
        raise NotFound
    versions = [said.activities[slug] for slug in sorted(said.activities)]
    parties = [said.recipients[slug] for slug in sorted(said.recipients)]
    text = as_csv(versions) if form == "csv" else as_json(versions, parties, visit.tenant.public_url + API)
    named = {"Content-Disposition": f'attachment; filename="register-{visit.tenant.id}.{form}"'}
    return Response(text, media_type=KINDS[form], headers={**visit.headers, **named})


async def public_words(visit: Visit, language: Language | None = None) -> RegisterWords:
    """The registers as anybody may read them."""
    nobody, site = _nobody(visit), visit.site
    activities, recipients = await site.registers.activities(nobody), await site.registers.recipients(nobody)
    return RegisterWords.of(language or visit.language, site.catalogue, activities, recipients)


def _tables(version: ActivityVersion, visit: Visit) -> tuple[TableLink, ...]:
    """Whether they were made, their own pages say."""
    told, today = version.statistics, visit.site.clock().astimezone(AMSTERDAM).date()
    if told is None or not told.public or date.fromisoformat(told.public) > today:
        return ()
    place = f"/cijfers/{version.slug}/{version.number}"
    return tuple(
        TableLink(place=f"{place}/{one.name}", counted=counted(one.measure, one.rows, one.columns))
        for one in told.tables
    )


def _nobody(visit: Visit) -> Caller:
    return room_of(visit.tenant.id, "web")


def _row(one: ActivityVersion, said: RegisterWords, at: int) -> RegisterRow:
    return RegisterRow(
        slug=one.slug,
        title=said.chosen(one.title),
        purpose=said.chosen(one.purpose),
        letters=tuple(sorted({used.class_ for used in one.elements})),
        expired=assessment_over(one, at),
    )


def _title(row: RegisterRow) -> str:
    return row.title.casefold()


PAGES: Final = (
    Page("/register", everything),
    Page("/register/{slug}", entry),
    Page("/register/uitvoer/{vorm}", export),
)
