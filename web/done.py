"""That a form was carried out, for the page that it leads to: kept for this session, under an opaque id.

A link from elsewhere says nothing: of what this session did not do, nobody is told that it was done.
"""

from typing import Final

from starlette.responses import Response

from web.site import Visit

MARK: Final = "klaar"
ID_MAX: Final = 64


async def done_at(visit: Visit, place: str, what: str) -> Response:
    """303 to a page of ours, which may say so. place: the Dutch path."""
    if visit.opened is None:
        return visit.to(place)
    kept = await visit.site.sessions.keep(visit.tenant.id, visit.opened, _told(place, what))
    return visit.to(f"{place}?{MARK}={kept}")


async def was_done(visit: Visit, *what: str) -> str:
    """Which of these led to this page; "" for none."""
    token = visit.request.query_params.get(MARK, "")[:ID_MAX]
    if visit.opened is None or not token:
        return ""
    kept = await visit.site.sessions.kept(visit.tenant.id, visit.opened, token)
    return next((one for one in what if kept == _told(visit.path, one)), "")


def _told(place: str, what: str) -> str:
    return f"{MARK} {place} {what}"
