"""`/fg/datalek`: a file on a breach. Counting is a search: its own line first, and one for each person in a file.

No page shows a pseudonym of a resident: people come sealed for a key, and where the next file begins stays with us.
"""

import re
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from audit.breaches.contract import Export, Part, PeopleWanted, Version, kinds_of_data
from audit.contract import LogUnavailable, Reason
from kernel.clock import moment
from kernel.errors import NotFound
from kernel.message import Message, Short
from web.breach_form import (
    PeopleTyped,
    Typed,
    again,
    faults,
    people_again,
    people_faults,
    read,
    read_people,
    shown_again,
    window_of,
)
from web.breach_letter import letter
from web.breach_views import (
    BreachRow,
    FgBreach,
    FgBreachForm,
    Ready,
    applications_of,
    clock_of,
    could_be_had,
    counted,
    fields_of,
    recipients_of,
    row_of,
    version_row,
    whose_of,
)
from web.frame import FieldError, Option
from web.language import AMSTERDAM
from web.leak_views import told_of
from web.pages.reading import words
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import SEARCH_REASONS, WRONG

HOME: Final = "/fg/datalek"
FILE_ID: Final = re.compile(r"[0-9a-f]{32}")
PIECE: Final = 500_000  # signs: a session keeps no more than a megabyte in one place
TOKEN_MAX: Final = 64


class Exported(Message):
    """A file with people that was made, as the session keeps it. line: number of the search; after: where to go on, ""
    at the end, with the same reason and key; pieces: where the session keeps the content."""

    file_id: Short
    part: Part
    count: int
    line: int
    after: Short
    reason: Reason
    key: Short
    pieces: tuple[Short, ...]

    def ready(self, token: str) -> Ready:
        """For the page. token: its own place in the session."""
        return Ready(token=token, count=self.count, line=self.line, more=bool(self.after))

    @property
    def next(self) -> PeopleWanted:
        """The file after this one."""
        return PeopleWanted(file_id=self.file_id, part=self.part, after=self.after, key=self.key, reason=self.reason)


async def begin(visit: Visit) -> Response:
    """`/fg/datalek/nieuw`: the form; with `dossier` the question of its newest version, to be asked again."""
    visit.officer()
    said, file_id = await words(visit), visit.request.query_params.get("dossier", "")
    if not file_id:
        return _form(visit, said, Typed())
    return _form(visit, said, again((await versions_of(visit, file_id))[-1].window), file_id)


async def report(visit: Visit) -> Response:
    """Count, and keep it as a new file or a new version."""
    visit.officer()
    form, said = await visit.form(), await words(visit)
    typed, file_id = read(form), form.get("dossier", "")
    known = (await versions_of(visit, file_id))[-1].window if file_id else None
    # what the file asks already may be gone from the register: it can be asked again
    recipients = recipients_of(said) | ({known.recipient: ""} if known else {})
    applications = applications_of(said) | ({known.application: ""} if known else {})
    wrong = faults(typed, recipients, applications, visit.site.clock())
    if wrong:
        return _form(visit, said, shown_again(typed, wrong), file_id, wrong)
    reason = Reason(code=typed.reason, case=typed.case)
    made = await visit.site.breaches.report(visit.caller, window_of(typed), reason, file_id)
    return visit.to(f"{HOME}/{made.id}")


async def show(visit: Visit) -> Response:
    """`/fg/datalek/{id}`: the newest version, or the one that `versie` says."""
    visit.officer()
    file_id, asked = str(visit.request.path_params["id"]), visit.request.query_params
    found, token = await versions_of(visit, file_id), asked.get("uitvoer", "")[:TOKEN_MAX]
    ready = (await _exported(visit, file_id, token)).ready(token) if token else None
    number = asked.get("versie", "")
    chosen = [one for one in found if str(one.version) == number] if number else found[-1:]
    if not chosen:
        raise NotFound
    return await _file(visit, found, chosen[0], ready=ready)


async def people(visit: Visit) -> Response:
    """The people, sealed for a key, kept for this session until they are taken away."""
    visit.officer()
    file_id, form = str(visit.request.path_params["id"]), await visit.form()
    found, typed = await versions_of(visit, file_id), read_people(form)
    if "vervolg" in form:
        wanted = (await _exported(visit, file_id, form["vervolg"][:TOKEN_MAX])).next
    elif wrong := people_faults(typed):
        return await _file(visit, found, found[-1], typed, wrong)
    else:
        reason = Reason(code=typed.reason, case=typed.case)
        wanted = PeopleWanted(file_id=file_id, part=typed.part, key=typed.key, reason=reason)
    made = await visit.site.breaches.export(visit.caller, wanted)
    return visit.to(f"{HOME}/{file_id}?uitvoer={await _kept(visit, wanted, made)}")


async def take(visit: Visit) -> Response:
    """The file that was made, to be saved."""
    visit.officer()
    file_id, token = str(visit.request.path_params["id"]), visit.request.query_params.get("uitvoer", "")[:TOKEN_MAX]
    exported, opened = await _exported(visit, file_id, token), visit.opened
    pieces = [await visit.site.sessions.kept(visit.tenant.id, opened, one) for one in exported.pieces] if opened else []
    text = "".join(one or "" for one in pieces)
    if not text or None in pieces:
        raise NotFound
    return visit.file(f"datalek-{exported.part}-{exported.line}.json", text, "application/json")


async def listed(visit: Visit, said: RegisterWords) -> tuple[BreachRow, ...] | None:
    """For `/fg`: newest first; None while nobody can say. The rest of that page does not wait for a file that does not
    open."""
    try:
        found = await visit.site.breaches.newest(visit.caller)
    except LogUnavailable:
        return None
    return tuple(row_of(one, said, visit.site.clock()) for one in found)


async def versions_of(visit: Visit, file_id: str) -> tuple[Version, ...]:
    """Of this file, oldest first. Raises NotFound."""
    if not FILE_ID.fullmatch(file_id):
        raise NotFound
    return await visit.site.breaches.versions(visit.caller, file_id)


async def _kept(visit: Visit, wanted: PeopleWanted, made: Export) -> str:
    """Its id in this session."""
    # where to go on is a pseudonym
    opened, sessions, text = visit.opened, visit.site.sessions, made.model_dump_json(exclude={"next"})
    if opened is None:
        raise NotFound
    pieces = [await sessions.keep(visit.tenant.id, opened, text[at : at + PIECE]) for at in range(0, len(text), PIECE)]
    exported = Exported(
        file_id=wanted.file_id,
        part=wanted.part,
        count=made.count,
        line=made.own.index,
        after=made.next or "",
        reason=wanted.reason,
        key=wanted.key,
        pieces=tuple(pieces),
    )
    return await sessions.keep(visit.tenant.id, opened, exported.model_dump_json())


async def _exported(visit: Visit, file_id: str, token: str) -> Exported:
    opened = visit.opened
    text = await visit.site.sessions.kept(visit.tenant.id, opened, token) if opened and token else None
    try:
        exported = Exported.model_validate_json(text or "")
    except ValueError:  # this session kept something else under that id
        raise NotFound from None
    if exported.file_id != file_id:
        raise NotFound
    return exported


def _form(
    visit: Visit, said: RegisterWords, typed: Typed, file_id: str = "", wrong: Mapping[str, str] | None = None
) -> Response:
    view = FgBreachForm(
        frame=visit.frame(),
        reasons=_reasons(said, typed.reason),
        recipients=_options(recipients_of(said), typed.recipient),
        applications=_options(applications_of(said), typed.application),
        typed=typed,
        file_id=file_id,
        errors=_errors(said, wrong or {}),
    )
    return visit.page("fg_datalek_nieuw.html", view, 400 if wrong else 200)


async def _file(
    visit: Visit,
    found: tuple[Version, ...],
    shown: Version,
    typed: PeopleTyped | None = None,
    wrong: Mapping[str, str] | None = None,
    ready: Ready | None = None,
) -> Response:
    said, typed = await words(visit), people_again(typed) if typed else PeopleTyped()
    kinds = {name: shape.kind for name, shape in visit.site.shapes.items()}
    view = FgBreach(
        frame=visit.frame(),
        id=shown.id,
        number=shown.version,
        newest=shown is found[-1],
        made=moment(shown.made_at),
        receipt=shown.line.index,
        keep_until=shown.keep_until,
        whose=whose_of(shown.window, said),
        clock=clock_of(shown.window, visit.site.clock()),
        fields=fields_of(shown, kinds, said),
        window=counted(shown.tally, kinds, said),
        held=counted(shown.held, kinds, said) if shown.held else None,
        destroyed=shown.tally.destroyed,
        versions=tuple(version_row(one, shown.version) for one in reversed(found)),
        letter=_letter(visit, shown, said, kinds),
        told=told_of(found),
        reasons=_reasons(said, typed.reason),
        people=typed,
        ready=ready,
        errors=_errors(said, wrong or {}),
    )
    return visit.page("fg_datalek.html", view, 400 if wrong else 200)


def _letter(visit: Visit, shown: Version, said: RegisterWords, kinds: Mapping[str, str]) -> str:
    since, until = (moment(at).astimezone(AMSTERDAM).date() for at in (shown.window.since, shown.window.until))
    sender = (visit.tenant.name, visit.site.settings.phone)
    return letter(visit.language, (since, until), could_be_had(shown, said), kinds_of_data(shown, kinds), sender)


def _reasons(said: RegisterWords, chosen: str) -> tuple[Option, ...]:
    return _options({code: said.say(text) for code, text in SEARCH_REASONS.items()}, chosen)


def _options(texts: Mapping[str, str], chosen: str) -> tuple[Option, ...]:
    # one that left the register, of a file that asks it already, stands in the list by its own name
    known = texts if not chosen or chosen in texts else {chosen: chosen, **texts}
    return tuple(Option(value=value, text=text, chosen=value == chosen) for value, text in known.items())


def _errors(said: RegisterWords, wrong: Mapping[str, str]) -> tuple[FieldError, ...]:
    return tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in wrong.items())


PAGES: Final = (
    Page(f"{HOME}/nieuw", begin),
    Page(f"{HOME}/nieuw", report, "POST"),
    Page(f"{HOME}/{{id}}", show),
    Page(f"{HOME}/{{id}}", people, "POST"),
    Page(f"{HOME}/{{id}}/uitvoer", take),
)
