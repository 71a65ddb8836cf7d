"""`/fg`: questions of residents without their names, and a search that is itself a line in the log."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.responses import Response

from audit.contract import Lines, Position, Query, Reason, Totals
from consent.contract import ResidentQuestion, assessment_over, expiring
from kernel.clock import millis
from kernel.errors import NotFound
from kernel.message import Message, Short
from web.done import done_at, was_done
from web.fg_views import FgSearch, FgStart, LogState, OldAssessment, OpenQuestion, Search
from web.found_lines import found_rows
from web.frame import FieldError, Option
from web.frontdesk_views import FgDesk, tally
from web.language import AMSTERDAM, N_
from web.line_views import local_day
from web.pages.breaches import listed
from web.pages.emergencies import waiting, was_judged
from web.pages.reading import coverage, words
from web.pages.removing import overdue
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.removal_views import late_row, late_set
from web.routing import Page
from web.search_form import Asked, faults, read
from web.site import Visit
from web.words import SEARCH_REASONS, WRONG

ROWS, SETTLED = 200, "vernietigd"
EVERYBODY: Final = N_("iedereen")
ANSWER_MAX, REASON_MAX = 2000, 500


class Shown(Message):
    """A search that was done, as the session keeps it: its own line, who it was about (masked), what was found."""

    position: Position
    who: Short
    since: date
    until: date
    found: Lines
    totals: Totals


async def start(visit: Visit) -> Response:
    """`/fg`."""
    visit.officer()
    return await _questions(visit)


async def answer(visit: Visit) -> Response:
    """An answer to one question; the resident sees it with the use."""
    visit.officer()
    form = await visit.form()
    text, question = prose(form.get("antwoord", "")), form.get("vraag", "")[:100]
    if wrong := text_fault(text, "antwoord", ANSWER_MAX):
        return await _questions(visit, question, draft(text, ANSWER_MAX), wrong)
    answered = await visit.site.consent.answer(visit.caller, question, text)
    return visit.to(f"/fg?{urlencode({'bewaard': answered.id})}")


async def form(visit: Visit) -> Response:
    """`/fg/zoek`: the form, or what a search of this session found."""
    visit.officer()
    said, wanted = await words(visit), visit.request.query_params.get("zoeking", "")
    if not wanted:
        return visit.page("fg_zoek.html", _form(visit, said, None))
    opened = visit.opened
    text = await visit.site.sessions.kept(visit.tenant.id, opened, wanted[:64]) if opened else None
    try:
        shown = Shown.model_validate_json(text or "")
    except ValidationError:  # nothing, or something else that this session keeps
        raise NotFound from None
    return visit.page("fg_zoek.html", _form(visit, said, await _search(visit, said, shown)))


async def search(visit: Visit) -> Response:
    """The search's own line first; the result is kept for this session and shown under an opaque id."""
    visit.officer()
    typed, said = await visit.form(), await words(visit)
    asked = read(typed, visit.site.clock().astimezone(AMSTERDAM).date())
    wrong = faults(asked, _recipients(said), said)
    if wrong or asked.since is None or asked.until is None or visit.opened is None:
        return visit.page("fg_zoek.html", _form(visit, said, None, asked, wrong), 400)
    since, until = asked.period
    query = Query(
        subject=await _subject(visit, asked),
        recipient=asked.recipient if asked.by == "ontvanger" else "",
        activity=asked.activity,
        element=asked.element,
        since=since,
        until=until,
        limit=ROWS,
    )
    found = await visit.site.audit.search(visit.caller, query, Reason(code=asked.reason, case=asked.case))
    shown = Shown(
        position=found.receipt.position,
        who=_about(asked, said),
        since=asked.since,
        until=asked.until,
        found=found.found,
        totals=found.totals,
    )
    kept = await visit.site.sessions.keep(visit.tenant.id, visit.opened, shown.model_dump_json())
    return visit.to(f"/fg/zoek?zoeking={kept}")


def _about(asked: Asked, said: RegisterWords) -> str:
    """Of a resident the last digits only."""
    if asked.by == "tijd":
        return said.say(EVERYBODY)
    return f"*** {asked.tail}" if asked.by == "inwoner" else _recipients(said)[asked.recipient]


async def settle(visit: Visit) -> Response:
    """A set of a data lab that its recipient keeps silent about is gone, and this is how the FG knows."""
    visit.officer()
    form = await visit.form()
    text, wanted = prose(form.get("reden", "")), form.get("gegevensset", "")[:100]
    if wrong := text_fault(text, "hoe-weet", REASON_MAX):
        return await _questions(visit, wanted, draft(text, REASON_MAX), wrong, field="reden")
    if visit.site.removals is None:
        raise NotFound
    await visit.site.removals.settle(visit.caller, wanted, text)
    return await done_at(visit, "/fg", SETTLED)


async def _subject(visit: Visit, asked: Asked) -> str:
    if asked.by != "inwoner" or asked.bsn is None:
        return ""
    (resident,) = await visit.site.vault.identify(visit.caller, (asked.bsn,))
    # who is nobody here shares a series with all who are: look for this one, and find nothing
    return resident.id if resident.stand_in else resident.subject


async def _questions(
    visit: Visit, wrong_in: str = "", kept: str = "", wrong: str = "", field: str = "antwoord"
) -> Response:
    said, asked = await words(visit), await visit.site.consent.asked(visit.caller)
    error = (FieldError(id=f"{field}-{wrong_in}", text=said.say(WRONG[wrong])),) if wrong else ()
    late = await overdue(visit)
    today, stored = visit.site.clock().astimezone(AMSTERDAM).date(), visit.request.query_params.get("bewaard", "")
    view = FgStart(
        frame=visit.frame(),
        questions=tuple(
            _question(one, said, today, kept if one.id == wrong_in else "") for one in asked if not one.answered_at
        ),
        log=await _log_state(visit),
        breaches=await listed(visit, said),
        assessments=_old(said, millis(visit.site.clock())),
        emergencies=await waiting(visit),
        reviewed=await was_judged(visit),
        saved=not wrong and any(one.id == stored and one.answered_at for one in asked),
        late=tuple(late_row(one, said) for one in late.releases) if late else (),
        late_sets=tuple(late_set(one, said, kept if one.id == wrong_in else "") for one in late.sets) if late else (),
        known=late is not None,
        settled=not wrong and bool(await was_done(visit, SETTLED)),
        errors=error,
    )
    return visit.page("fg_start.html", view, 400 if wrong else 200)


def _old(said: RegisterWords, at: int) -> tuple[OldAssessment, ...]:
    return tuple(
        OldAssessment(
            slug=one.slug,
            title=said.chosen(one.title),
            until=local_day(one.assessment.until),
            expired=assessment_over(one, at),
            by_law=any(used.class_ == "A" for used in one.elements),
        )
        for one in expiring(tuple(said.activities.values()), at)
    )


def _question(one: ResidentQuestion, said: RegisterWords, today: date, kept: str) -> OpenQuestion:
    due = local_day(one.due_at)
    return OpenQuestion(
        id=one.id,
        text=one.text,
        department=said.recipient(one.recipient, "") or one.recipient,
        purpose=said.purpose(one.activity, ""),
        asked=local_day(one.asked_at),
        due=due,
        late=due < today,
        draft=kept,
    )


async def _log_state(visit: Visit) -> LogState:
    # C2SP checkpoint: origin, size, root, each on a line
    lines, known = (await visit.site.audit.checkpoint(visit.caller)).splitlines(), await coverage(visit)
    return LogState(size=int(lines[1]), read=visit.site.clock(), silent_systems=known.total - known.reporting)


def _form(
    visit: Visit,
    said: RegisterWords,
    found: Search | None,
    asked: Asked | None = None,
    wrong: tuple[FieldError, ...] = (),
) -> FgSearch:
    reasons, recipients = {key: said.say(text) for key, text in SEARCH_REASONS.items()}, _recipients(said)
    activities = {slug: said.title(slug) for slug in sorted(said.activities)}
    elements = {name: said.label(name) for name in sorted(said.elements, key=said.label)}
    return FgSearch(
        frame=visit.frame(),
        reasons=_options(reasons, asked.reason if asked else ""),
        recipients=_options(recipients, asked.recipient if asked else ""),
        activities=_options(activities, asked.activity if asked else ""),
        elements=_options(elements, asked.element if asked else ""),
        case="" if asked is None or any(one.id == "zaak" for one in wrong) else asked.case,
        by=asked.by if asked else None,
        since=asked.since.isoformat() if asked and asked.since else "",
        until=asked.until.isoformat() if asked and asked.until else "",
        search=found,
        errors=wrong,
    )


def _options(texts: Mapping[str, str], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value=value, text=text, chosen=value == chosen) for value, text in texts.items())


def _recipients(said: RegisterWords) -> dict[str, str]:
    return {slug: said.recipient(slug, "") for slug in sorted(said.recipients)}


async def _search(visit: Visit, said: RegisterWords, shown: Shown) -> Search:
    return Search(
        who=shown.who,
        since=shown.since,
        until=shown.until,
        lines=shown.totals.lines,
        residents=shown.totals.residents,
        read=len(shown.found.lines),
        rows=found_rows(shown.found.lines, said),
        coverage=await coverage(visit),
        receipt=shown.position.index,
        destroyed=shown.totals.destroyed,
    )


async def tallies(visit: Visit) -> Response:
    """`/fg/balie`: which employee of the desk looked at how many."""
    visit.officer()
    found = await visit.site.registers.frontdesk.tallies(visit.caller)
    view = FgDesk(frame=visit.frame(), read=visit.site.clock(), rows=tuple(tally(one) for one in found))
    return visit.page("fg_balie.html", view)


PAGES: Final = (
    Page("/fg", start),
    Page("/fg", answer, "POST"),
    Page("/fg/gegevenssets", settle, "POST"),
    Page("/fg/balie", tallies),
    Page("/fg/zoek", form),
    Page("/fg/zoek", search, "POST"),
)
