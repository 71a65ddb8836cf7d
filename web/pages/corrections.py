"""`/gebruik/{id}/fout`: a resident says that a value that was given of them is wrong.

It is a request for correction (AVG 16), which the FG decides on, and a report to whoever keeps the source. The report
needs their number, which no session holds unasked: then they log in once more.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from starlette.responses import Response

from audit.contract import Line
from connectors.contract import NotReleased
from connectors.correcting.contract import Doubt, NobodyCorrects, TooManyReports, Whose
from consent.contract import Claim
from kernel.errors import NeighbourUnavailable, NotFound
from kernel.logs import logger
from vault.contract import Bsn
from web.children import known, own_number
from web.correction_views import Doubted, Doubting, doubted_of, elements_of
from web.frame import FieldError
from web.language import path_in
from web.login import begin
from web.pages.reading import own_line, words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit, consent_ref
from web.words import WRONG

REASON_MAX, EXPECTED_MAX = 1_000, 500
_log = logger("web")


async def show(visit: Visit) -> Response:
    """The form; or why another login comes first."""
    return await _drawn(visit, await _line(visit), {})


async def act(visit: Visit) -> Response:
    """Log in once more; or file the request, and report."""
    person, line, form = visit.resident(), await _line(visit), await visit.form()
    place = f"/gebruik/{line.position}/fout"
    number = await own_number(visit)
    if form.get("actie") == "inloggen" or number is None:
        return await begin(visit, path_in(place, visit.language), for_children=True)
    said = await words(visit)
    element, reason = form.get("gegeven", ""), prose(form.get("reden", ""))
    expected, errors = prose(form.get("juist", "")), dict[str, str]()
    if element not in {one.value for one in elements_of(line, said, "")}:
        errors["gegeven"] = "gegeven"
    if wrong := text_fault(reason, "wat-klopt-niet", REASON_MAX):
        errors["reden"] = wrong
    if expected and (wrong := text_fault(expected, "", EXPECTED_MAX)):
        errors["juist"] = wrong
    if errors:
        return await _drawn(visit, line, form, errors)
    claim = Claim(resident=consent_ref(person), kind="rectificatie", element=element, text=reason)
    filed = await visit.site.registers.rights.file(visit.caller, claim)
    # a crash here leaves the request, which people handle; done once more it is the same one, and is reported
    await _reported(visit, line, (element, reason, expected), number)
    return visit.to(f"/verzoeken?bewaard={filed.id}")


async def doubted(visit: Visit, said: RegisterWords) -> tuple[Doubted, ...]:
    """What anybody reported about values of this resident, newest first; none while nobody can say it."""
    if visit.site.corrections is None:
        return ()
    try:
        found = await visit.site.corrections.filed(visit.caller)
        passed = await visit.site.corrections.passed(visit.caller) if found else []
        return tuple(doubted_of(one, passed, said) for one in found)
    except NeighbourUnavailable:  # the requests themselves are in another room
        _log.warning("reports_not_shown")
        return ()


async def _reported(visit: Visit, line: Line, told: tuple[str, str, str], number: Bsn) -> None:
    element, reason, expected = told
    doubt = Doubt.model_construct(
        person=Whose.model_construct(bsn=number), element=element, line=str(line.position), reason=reason,
        expected=expected or None, user=None,
    )  # fmt: skip
    if visit.site.corrections is not None:
        # the request stands: the FG handles what nobody keeps, or what cannot be taken
        with suppress(NobodyCorrects, TooManyReports, NotReleased):
            await visit.site.corrections.file(visit.caller, doubt)


async def _line(visit: Visit) -> Line:
    line = await own_line(visit)
    if not elements_of(line, await words(visit), ""):
        raise NotFound
    return line


async def _drawn(
    visit: Visit, line: Line, form: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> Response:
    said, wrong = await words(visit), errors or {}
    view = Doubting(
        frame=visit.frame(),
        id=str(line.position),
        known=await known(visit),
        elements=elements_of(line, said, form.get("gegeven", "")),
        reason=draft(form.get("reden", ""), REASON_MAX),
        expected=draft(form.get("juist", ""), EXPECTED_MAX),
        errors=tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in wrong.items()),
    )
    return visit.page("fout_melden.html", view, 400 if wrong else 200)


PAGES: Final = (Page("/gebruik/{id}/fout", show), Page("/gebruik/{id}/fout", act, "POST"))
