"""`/gegevens/wissen`: what goes when somebody erases their own vault, and the button. Nobody is asked twice."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from kernel.errors import BadInput
from web.frame import Frame
from web.routing import Page
from web.site import Visit, vault_ref

HOME: Final = "/gegevens/wissen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """there: whether there is a vault that could go."""

    frame: Frame
    there: bool


async def show(visit: Visit) -> Response:
    """What it means."""
    there = await visit.site.vault.opened(visit.caller, vault_ref(visit.resident()))
    return visit.page("gegevens_wissen.html", Erasing(frame=visit.frame(), there=there))


async def erase(visit: Visit) -> Response:
    """A line first, then it is gone. The same page says so: there is no vault any more."""
    person, form = visit.resident(), await visit.form()
    if form.get("actie") != "wissen":
        raise BadInput
    await visit.site.vault.erase(visit.caller, vault_ref(person))
    return visit.to(HOME)


PAGES: Final = (Page(HOME, show), Page(HOME, erase, "POST"))
