"""What a failing database means (trust.md 2.4): nothing was written, nobody knows, or this process may not go on."""

import os
from collections.abc import Iterator
from typing import Literal

from audit.contract import LogUnavailable, OutcomeUnknown
from kernel.logs import logger

Stage = Literal["before", "committing", "committed"]
EXIT = 70  # EX_SOFTWARE: the supervisor starts us anew, and the start reads what is really on the disk
_IO = "SQLITE_IOERR"
_SQLITE_SAYS_NO = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CONSTRAINT", "SQLITE_READONLY")

_log = logger("audit.doubts")


class Unsound(Exception):
    """Something does not fit. The text is the Dutch sentence under which the log is sealed."""


def verdict_on(error: BaseException, stage: Stage) -> LogUnavailable | OutcomeUnknown:
    """For the whole batch. An I/O error of SQLite ends the process: an fsync is never tried twice."""
    said = list(_said(error))
    if any(name.startswith(_IO) for name in said):
        _log.critical("database_io_error")
        os._exit(EXIT)
    if stage == "before" or (stage == "committing" and said):  # said: the server itself refused the commit
        return LogUnavailable("Er is niets vastgelegd. Probeer het opnieuw.")
    return OutcomeUnknown("Wij weten niet of dit is vastgelegd. Herhaal het met hetzelfde kenmerk.")


def _said(error: BaseException) -> Iterator[str]:
    """The database's own codes, if it was the database that spoke."""
    seen: BaseException | None = error
    while seen is not None:
        for inner in (seen, getattr(seen, "orig", None)):
            name = getattr(inner, "sqlite_errorname", None) or ""
            if name.startswith((_IO, *_SQLITE_SAYS_NO)):
                yield name
            state = getattr(inner, "sqlstate", None) or ""
            if state and not state.startswith(("08", "57P")):  # connection gone, server going down
                yield state
        seen = seen.__cause__
