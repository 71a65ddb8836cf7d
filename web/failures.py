"""Which page stands for which error. Pure; what is not ours leaves as E3 without a word about the cause."""

from typing import Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from kernel.crypto import KeyUnavailable
from kernel.errors import NoAccess, Problem
from web.words import ErrorId

_BY_STATUS: Final[dict[int, ErrorId]] = {404: "E4", 405: "E4", 410: "E5", 429: "E6"}


class CrossSite(NoAccess):
    """A form that was not ours, or not of this session: nothing was done."""

    code, status, title = "formulier-niet-van-ons", 403, "Dit formulier kwam niet van onze website"


class ActingForOther(NoAccess):
    """Somebody acts for somebody else: pages about themselves are shut, for there are never two persons on one."""

    code, status, title = "kijkt-voor-ander", 403, "U kijkt nu voor iemand anders"


class ActingEnded(NoAccess):
    """What somebody acted on does not hold any more. Members: `reden`, as of NotRepresented."""

    code, status, title = "namens-voorbij", 403, "U mag niet meer voor deze persoon kijken"


def told(error: Exception) -> tuple[ErrorId, int]:
    """The page and its status."""
    if isinstance(error, SQLAlchemyError | KeyUnavailable):
        return "E3", 503  # our own tables or keys are away: nobody is logged in, nothing was done
    if not isinstance(error, Problem):
        return "E3", 500
    return _BY_STATUS.get(error.status, "E3"), error.status


def seconds(error: Exception) -> int:
    """How long to wait, where it was done too often; 0 where nobody says so."""
    wait = error.members.get("wachtSeconden", 0) if isinstance(error, Problem) and error.status == 429 else 0
    return wait if isinstance(wait, int) else 0


def done(method: str, status: int) -> Literal["", "nee", "onbekend"]:
    """Whether what was sent was carried out. A refusal (4xx) was none; behind any other error a line may stand: the
    answer got lost on the way, or a pending yes is finished later."""
    if method != "POST":
        return ""
    return "nee" if status < 500 else "onbekend"
