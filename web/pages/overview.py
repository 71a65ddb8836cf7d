"""`/overzicht`: what waits, what happened this month, what runs, and the resident's own vault."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from consent.contract import ConsentView
from kernel.clock import millis
from kernel.errors import BadInput, NeighbourUnavailable
from vault.contract import VaultUnavailable
from web.consent_views import row, waiting
from web.frame import Coverage
from web.language import AMSTERDAM, N_
from web.leak_views import notices, places
from web.line_views import counted, is_use
from web.pages.leaks import missing, own_leaks
from web.pages.reading import coverage, line_views, own_lines, words
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit, vault_ref
from web.views import Overview, Vault
from web.words import ACTIVE

VAULT: Final = "regie-kluis"
LAST = 5


async def show(visit: Visit) -> Response:
    """The first page after login."""
    visit.resident()
    today = visit.site.clock().astimezone(AMSTERDAM)
    said, consents = await words(visit), await visit.site.consent.choices(visit.caller)
    first = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    lines, more = await own_lines(visit, first, LAST)
    departments, by_class = counted([line for line in lines if line.at >= millis(first)], visit.site.clock())
    vault, known = await _vault(visit, said)
    leaks = await own_leaks(visit)
    views = line_views(visit, said, consents)
    views.leaked = places(leaks or ())
    view = Overview(
        frame=visit.frame(),
        waiting=waiting(consents, said),
        month=today.date(),
        departments=departments,
        by_class=by_class,
        too_many=more,
        last_uses=views.rows([line for line in lines if is_use(line)])[:LAST],
        active=tuple(row(one, said) for one in _active(consents)),
        coverage=missing(known, said, leaks),
        vault=vault,
        leaks=None if leaks is None else notices(leaks),
    )
    return visit.page("overzicht.html", view)


async def open_vault(visit: Visit) -> Response:
    """The button under "Uw eigen kluis": a line first, then the vault is open."""
    person, form = visit.resident(), await visit.form()
    if form.get("actie") != "kluis":
        raise BadInput
    await visit.site.vault.open_vault(visit.caller, vault_ref(person))
    return visit.to("/overzicht")


def _active(consents: list[ConsentView]) -> list[ConsentView]:
    return [one for one in consents if one.state in ACTIVE]


async def _vault(visit: Visit, said: RegisterWords) -> tuple[Vault | None, Coverage]:
    activity, known = said.activities.get(VAULT), await coverage(visit)
    if activity is None:
        return None, known
    try:
        opened = await visit.site.vault.opened(visit.caller, vault_ref(visit.resident()))
    except (VaultUnavailable, NeighbourUnavailable):
        down = (said.say(N_("Uw eigen kluis")),)
        return None, replace(known, down=down)
    purpose, retention = said.chosen(activity.purpose), said.chosen(activity.retention)
    consequence = said.chosen(activity.consequence)
    return Vault(purpose=purpose, retention=retention, consequence=consequence, open=opened), known


PAGES: Final = (Page("/overzicht", show), Page("/overzicht", open_vault, "POST"))
