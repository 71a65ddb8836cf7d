"""`/beheer/ontvangers`: owners change recipients, applications and keys two by two; owners whose they are, and the FG,
stop them alone."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

from pydantic import ValidationError
from starlette.responses import Response

from consent.contract import Change, NoSuchThing, NotNow, PartyState, PartyStep, Proposal, suspenders, suspends
from kernel.caller import Caller
from kernel.clock import moment
from kernel.errors import BadInput, NoAccess, NotFound
from web.frame import FieldError
from web.language import N_
from web.line_views import local_day
from web.pages.keeping import ANOTHER, CHANGED, PASTE_MAX
from web.pages.reading import words
from web.party_views import ChangeRow, KeyRow, PartyList, PartyRow, SystemRow
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit

HOME: Final = "/beheer/ontvangers"
STEPS: Final = {
    "voorstellen": N_("Stel voor aan een collega"),
    "toelaten": N_("Laat dit toe"),
    "weggooien": N_("Gooi deze wijziging weg"),
}
STATES: Final = {
    "toegelaten": N_("Toegelaten"),
    "geschorst": N_("Geschorst"),
    "opnieuw": N_("De ontvanger was geschorst: laat deze toepassing opnieuw toe"),
}
STOPS: Final = ("schors-toepassing", "schors-ontvanger")
NOT_YOURS: Final = N_("U kunt dit niet schorsen. Bij de ontvanger staat wie dat wel kan.")
WAITS: Final = N_("Nog niet toegelaten")
UNREADABLE: Final = N_("Dit is geen goede beschrijving van een ontvanger of een toepassing.")


async def everything(visit: Visit) -> Response:
    """The list."""
    visit.keeper()
    return await _list(visit)


async def act(visit: Visit) -> Response:
    """A stop, or as owner a new change or a step of one that was read."""
    visit.keeper()
    form = await visit.form()
    action, name = form.get("actie", ""), form.get("naam", "")[:80]
    if action in STOPS:
        return await _stop(visit, action, name)
    _owner(visit)
    if action == "plak":
        return await _written(visit, form.get("beschrijving", "")[:PASTE_MAX])
    parties = visit.site.registers.parties
    try:
        if action in STEPS:
            step, digest = cast("PartyStep", action), form.get("vingerafdruk", "")[:64]
            await parties.step(visit.caller, name, step, digest)
        else:
            raise BadInput
    except NoSuchThing:
        raise NotFound from None
    except (NotNow, NoAccess) as refused:
        said = await words(visit)
        why = ANOTHER if isinstance(refused, NoAccess) else CHANGED
        return await _list(visit, errors=(FieldError(id="wacht", text=said.say(why)),))
    return visit.to(HOME)


async def _stop(visit: Visit, action: str, name: str) -> Response:
    registers = visit.site.registers
    try:
        if action == "schors-toepassing":
            await registers.parties.suspend(visit.caller, name)
        else:
            await registers.suspend(visit.caller, name)
    except NoSuchThing:
        raise NotFound from None
    except NoAccess:
        said = await words(visit)
        return await _list(visit, errors=(FieldError(id="staan", text=said.say(NOT_YOURS)),), status=NoAccess.status)
    return visit.to(HOME)


async def _written(visit: Visit, text: str) -> Response:
    try:
        change = Change.model_validate_json(text, by_alias=True, by_name=False)
        await visit.site.registers.parties.save(visit.caller, change)
    except (ValidationError, BadInput, NoSuchThing) as wrong:
        said = await words(visit)
        told = [fault["detail"] for fault in wrong.members.get("fouten", ())] if isinstance(wrong, BadInput) else []
        texts = [said.say(UNREADABLE), *told]
        return await _list(visit, text, [FieldError(id="beschrijving", text=" ".join(texts))])
    return visit.to(HOME)


def _owner(visit: Visit) -> None:
    if visit.keeper().kind != "eigenaar":
        raise NotFound


async def _list(
    visit: Visit, pasted: str = "", errors: Sequence[FieldError] = (), status: int = BadInput.status
) -> Response:
    said, parties = await words(visit), visit.site.registers.parties
    writes = visit.keeper().kind == "eigenaar"
    waiting = await parties.all(visit.caller) if writes else ()
    found = await parties.registered(visit.caller)
    names = {one.recipient.slug: said.chosen(one.recipient.name) for one in found}
    view = PartyList(
        frame=visit.frame(),
        changes=tuple(_change(one, number, said) for number, one in enumerate(waiting, 1)),
        parties=tuple(_party(one, said, visit.caller, names) for one in found),
        may_write=writes,
        pasted=pasted,
        errors=tuple(errors),
    )
    return visit.page("beheer_ontvangers.html", view, status if errors else 200)


def _change(one: Proposal, number: int, said: RegisterWords) -> ChangeRow:
    change = one.change
    title = change.application.name if change.application else ""
    title = title or (said.chosen(change.recipient.name) if change.recipient else "")
    document = change.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return ChangeRow(
        id=f"wijziging-{number}",
        title=title,
        name=one.name,
        digest=one.digest,
        proposed=one.stage == "voorgesteld",
        own=one.own,
        replaces=one.replaces,
        changed=moment(one.changed_at),
        document=json.dumps(document, ensure_ascii=False, indent=2),
        steps=tuple((step, said.say(STEPS[step])) for step in _steps(one)),
    )


def _steps(one: Proposal) -> list[str]:
    if one.stage == "concept":
        return ["voorstellen", "weggooien"]
    return ["weggooien"] if one.own else ["toelaten", "weggooien"]


def _party(one: PartyState, said: RegisterWords, reader: Caller, names: Mapping[str, str]) -> PartyRow:
    slug, versions = one.recipient.slug, said.activities.values()
    return PartyRow(
        may_stop=suspends(reader, slug, versions),
        owners=tuple(names.get(owner, owner) for owner in sorted(suspenders(slug, versions))),
        slug=slug,
        title=said.chosen(one.recipient.name),
        oin=one.recipient.oin,
        status=said.say(STATES.get(one.status, WAITS)),
        stopped=one.status != "toegelaten",
        systems=tuple(
            SystemRow(
                slug=system.application.client_id,
                title=system.application.name,
                status=said.say(STATES.get(system.status, WAITS)),
                stopped=system.status != "toegelaten",
                address=system.application.jwks_url,
                processor=system.application.processor or "",
                grants=system.application.grants,
                returns=system.application.returns,
                keys=tuple(
                    KeyRow(
                        kid=key.kid,
                        ends=moment(key.ends) if key.ends else None,
                        seen=local_day(key.seen) if key.seen else None,
                    )
                    for key in system.keys
                ),
            )
            for system in one.systems
        ),
    )


PAGES: Final = (
    Page(HOME, everything),
    Page(HOME, act, "POST"),
)
