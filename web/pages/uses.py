"""`/gebruik`: every use of a resident's data, one by one, with its proof and a question about it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from audit.contract import EMERGENCY, RELEASES, Event, Line, Position
from consent.contract import ConsentView, NoSuchThing, assessment_over
from kernel.clock import moment
from web.correction_views import may_doubt
from web.emergency_views import urgent_of
from web.frame import FieldError, Option
from web.language import path_in
from web.leak_views import LeakNotice, about, places
from web.line_details import lifted_of, numbers_gone, reported_of
from web.line_views import LineViews, asked, days, is_use, letters_of, result_of, shown, withheld
from web.pages.leaks import missing, own_leaks
from web.pages.proofs import parts
from web.pages.reading import FIRST, SPANS, all_lines, begin_of, coverage, line_views, own_line, pager, words
from web.pages.removing import late_of, told_of
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit, consent_ref
from web.urgent import Urgent
from web.views import Earlier, Use, Uses
from web.words import PERIODS, WRONG

A_PAGE = 25
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)  # what is one handling at most, see `handlings`
QUESTION_MAX = 1000


async def show(visit: Visit) -> Response:
    """The list. Without a filter: 30 days, refusals too; the form without its tick leaves them out."""
    visit.resident()
    query = visit.request.query_params
    period = query.get("periode", FIRST) if query.get("periode") in SPANS else FIRST
    refused = "periode" not in query or query.get("geweigerd") == "ja"
    before = _before(query.get("voor", ""))
    every, more = await all_lines(visit, begin_of(visit, period), before=before)
    lines = [line for line in every if shown(line)]
    said, consents = await words(visit), await visit.site.consent.choices(visit.caller)
    views = line_views(visit, said, consents)
    leaks = await own_leaks(visit)
    views.leaked = places(leaks or ())
    rows = views.rows([one for one in lines if refused or one.event.kind != "weigering"])
    filters = {"periode": period, **({"geweigerd": "ja"} if refused else {})}
    place = path_in("/gebruik", visit.language)
    further = f"{place}?{urlencode(filters | {'voor': str(every[-1].position)})}" if more else ""
    leaf = pager(visit, "/gebruik", filters | ({"voor": str(before)} if before else {}), -(-len(rows) // A_PAGE))
    view = Uses(
        frame=visit.frame(),
        periods=tuple(Option(value=key, text=said.say(text), chosen=key == period) for key, text in PERIODS.items()),
        with_refused=refused,
        filtered=period != FIRST or not refused or before is not None,
        found=sum(row.times for row in rows),
        days=days(rows[(leaf.page - 1) * A_PAGE : leaf.page * A_PAGE]),
        pager=leaf,
        coverage=missing(await coverage(visit), said, leaks),
        further=further,
        older=before is not None,
        period=period,
        parts=parts(every, visit.language),
        withheld=withheld(every),
        late=await late_of(visit, said),
    )
    return visit.page("gebruik.html", view)


async def one(visit: Visit) -> Response:
    """One line, with what the resident asked about it."""
    return await _drawn(visit, await own_line(visit))


async def ask(visit: Visit) -> Response:
    """The question about this line: stored with a line of its own, then shown with its due date."""
    person, form = visit.resident(), await visit.form()
    line = await own_line(visit)
    text = prose(form.get("vraag", ""))
    if wrong := text_fault(text, "vraag", QUESTION_MAX):
        return await _drawn(visit, line, wrong, draft(text, QUESTION_MAX))
    await visit.site.consent.ask(visit.caller, consent_ref(person), line.position, text)
    return visit.to(f"/gebruik/{line.position}")


async def _drawn(visit: Visit, line: Line, wrong: str = "", kept: str = "") -> Response:
    said, consents = await _knowing(visit, line.event.activity), await visit.site.consent.choices(visit.caller)
    questions = await visit.site.consent.asked(visit.caller)
    views, event = line_views(visit, said, consents), line.event
    result = result_of(line, visit.site.clock())
    use = is_use(line)
    earlier, leaks = await _handling(visit, views, line)
    view = Use(
        frame=visit.frame(),
        id=str(line.position),
        facts=views.facts(line),
        result=result,
        used=said.labels(event.used),
        reason=views.row(line).reason if result == "niets" else "",
        refused=views.refused(event) if result != "niets" else (),
        source=_source(said, event) if use else "",
        consent=_consent_of(line, consents) if not use or "C" in letters_of(event) else None,
        number=line.position.index,
        proof=path_in(f"/gebruik/{line.position}/bewijs", visit.language),
        asked=asked(questions, line.position),
        draft=kept,
        errors=_errors(said, wrong),
        act=views.act(line),
        reported=reported_of(line),
        earlier=earlier,
        gone=views.gone(line),
        gone_numbers=numbers_gone(event),
        lifted=lifted_of(line),
        kept_until=event.keep_until,
        overdue=await _overdue(visit, said, line),
        despite="" if line.gone else event.details.get("doorBijBezwaar", ""),
        doubtable=may_doubt(line),
        lab=bool(event.details.get("gegevensset")) and event.kind == "verstrekking",
        urgent=await _urgent(visit, line) if result != "niets" else None,
        removed=await told_of(visit, said, line),
        leaks=leaks,
        late=tuple(one for one in await late_of(visit, said) if one.place == str(line.position)),
    )
    return visit.page("gebruik_detail.html", view, 400 if wrong else 200)


async def _handling(
    visit: Visit, views: LineViews, line: Line
) -> tuple[tuple[Earlier, ...], tuple[LeakNotice, ...] | None]:
    """The other lines of it, and the breaches that one of them is in: a card is of all of them, and leads here."""
    span = AN_HOUR if is_use(line) else A_DAY
    before, _ = await all_lines(visit, moment(line.at) - span, before=line.position)
    leaks = await own_leaks(visit)
    views.leaked = places(leaks or ())
    earlier = () if line.gone else views.earlier(line, [one for one in before if shown(one)])
    return earlier, about(leaks, {str(line.position), *(one.id for one in earlier)})


async def _knowing(visit: Visit, activity: str) -> RegisterWords:
    """The words, with those of this activity where it was stopped: how long they keep it still holds."""
    said = await words(visit)
    if not activity or activity in said.activities:
        return said
    try:
        history = await visit.site.registers.history(visit.caller, activity)
    except NoSuchThing:
        return said
    return replace(said, stopped={activity: history[-1].version})


async def _urgent(visit: Visit, line: Line) -> Urgent | None:
    """Of a use in an emergency: why it was one, and what the FG said of it since."""
    if line.event.kind != EMERGENCY or line.gone:
        return None
    newer, more = await all_lines(visit, moment(line.at))
    return urgent_of(line, newer, not more, visit.language)


async def _overdue(visit: Visit, said: RegisterWords, line: Line) -> bool:
    """Whether this release went on under an assessment that was over: by the version that it names."""
    event, active = line.event, said.activities.get(line.event.activity)
    if event.kind not in RELEASES or line.gone:
        return False
    if active is not None and str(active.number) == event.version:
        return assessment_over(active, line.at)
    try:
        history = await visit.site.registers.history(visit.caller, event.activity)
    except NoSuchThing:
        return False
    return any(assessment_over(one.version, line.at) for one in history if str(one.version.number) == event.version)


def _before(text: str) -> Position | None:
    """Of a link of ours; what is none begins at the newest."""
    try:
        return Position.parse(text)
    except ValueError:
        return None


def _source(said: RegisterWords, event: Event) -> str:
    """Where it was read: as the register knows it; for a use outside Regie as its system says, or nothing."""
    return event.details.get("gegevensbron", "") if event.kind == "gemeld" else said.sources(event.elements)


def _errors(said: RegisterWords, wrong: str) -> tuple[FieldError, ...]:
    return (FieldError(id="vraag", text=said.say(WRONG[wrong])),) if wrong else ()


def _consent_of(line: Line, consents: list[ConsentView]) -> str | None:
    event = line.event
    named = event.details.get("toestemming", "")
    for view in consents:
        same = (view.activity, view.recipient) == (event.activity, event.recipient)
        if view.id == named or (not named and same and set(view.elements) & {*event.elements, *dict(event.refused)}):
            return view.id
    return None


PAGES: Final = (
    Page("/gebruik", show),
    Page("/gebruik/{id}", one),
    Page("/gebruik/{id}", ask, "POST"),
)
