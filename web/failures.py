"""Which page stands for which error. Pure; what is not ours leaves as E3 without a word about the cause."""

from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from kernel.crypto import KeyUnavailable
from kernel.errors import NoAccess, Problem
from web.words import ErrorId

_BY_STATUS: Final[dict[int, ErrorId]] = {404: "E4", 405: "E4", 410: "E5", 429: "E6"}


class CrossSite(NoAccess):
    """A form that was not ours, or not of this session: nothing was done."""

    code, status, title = "formulier-niet-van-ons", 403, "Dit formulier kwam niet van onze website"


def told(error: Exception) -> tuple[ErrorId, int]:
    """The page and its status."""
    if isinstance(error, SQLAlchemyError | KeyUnavailable):
        return "E3", 503  # our own tables or keys are away: nobody is logged in, nothing was done
    if not isinstance(error, Problem):
        return "E3", 500
    return _BY_STATUS.get(error.status, "E3"), error.status
