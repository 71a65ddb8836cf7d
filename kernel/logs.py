"""The operations log: JSON lines on stderr, empty of people. Not the audit log, which is a room of its own.

Events are past tense with plain members: `logger("x").info("source_timed_out", source="y")`. The filter below is a net
under that rule, not the rule: it drops members with personal names and masks numbers that pass the elfproef.
The text of an exception is never written: it may quote what was asked.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, Processor, WrappedLogger

from kernel.errors import Problem
from kernel.numbers import fits

MASK = "***"
_PEOPLE = frozenset({"name", "naam", "voornaam", "voornamen", "achternaam", "geslachtsnaam", "geboortedatum", "iban"})
_REACH = frozenset({"email", "e_mail", "telefoon", "phone", "adres", "address", "straat", "postcode"})
_SECRETS = frozenset({"token", "authorization", "cookie", "password", "wachtwoord", "secret", "geheim"})
_RAW = frozenset({"body", "input", "value", "waarde", "url", "path", "query", "headers"})
PERSONAL = _PEOPLE | _REACH | _SECRETS | _RAW
FRAMES_MAX = 20
_NINE = re.compile(r"(?<!\d)\d{9}(?!\d)")
_OURS = "_from_structlog"


class Redact:
    """A structlog processor: drops members named in `personal`, at any depth; masks what may be somebody's number."""

    def __init__(self, personal: frozenset[str]) -> None:
        self._personal = personal

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """The same event without people."""
        return self._members(event)

    def _members(self, members: Mapping[Any, Any]) -> dict[str, Any]:
        kept = ((str(name), value) for name, value in members.items() if str(name).lower() not in self._personal)
        return {masked(name): self._clean(value) for name, value in kept}

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if masked(str(value)) == str(value) else MASK
        if isinstance(value, str):
            return masked(value)
        if isinstance(value, Mapping):
            return self._members(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(one) for one in value]
        return type(value).__name__  # an object could print anything about itself


def masked(text: str) -> str:
    """`text` with every free-standing nine-digit number that passes the elfproef replaced by ***."""
    return _NINE.sub(lambda found: MASK if fits(found[0]) else found[0], text)


def failure_without_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An exception becomes its type, its code if it is a Problem, and the lines of source it came through."""
    given = event.pop("exc_info", None)
    event.pop("exception", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        event["error"] = type(error).__qualname__
        event["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames]
        if isinstance(error, Problem):
            event["code"] = error.code
    return event


def _template_only(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of a library's own line only the first line of its template: its arguments are not ours to judge."""
    record = event.get("_record")
    if record is not None and not event.get(_OURS):
        event["event"] = (str(record.msg).splitlines() or [""])[0]
    return event


_SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# At import, so that a process that forgot to set up its logs does not get structlog's own tracebacks.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,  # first: of a line that nobody reads nothing is made
        *_SHARED,
        failure_without_text,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=BoundLogger,
    cache_logger_on_first_use=False,
)


def set_up_logs(
    stream: TextIO | None = None, level: int = logging.INFO, personal: frozenset[str] = frozenset()
) -> None:
    """Once per process, before anything else; replaces the handlers of the root logger, uvicorn's lines included.

    personal: names of members that may hold something of a person in this house, besides `PERSONAL`.
    """
    last: list[Processor] = [
        _template_only,
        failure_without_text,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        Redact(PERSONAL | personal),
        structlog.processors.JSONRenderer(),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=_SHARED))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)  # by the method: loggers remember what they were allowed
    for name in ("httpx2", "httpcore2", "alembic"):  # a line per call with its whole address; a line per migration
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], name != "uvicorn.access"  # its lines hold raw paths
        library.disabled = False
        library.setLevel(logging.NOTSET)  # whatever a library set before: the root says what is written


def logger(name: str) -> BoundLogger:
    """A logger for one module or room."""
    found: BoundLogger = structlog.stdlib.get_logger(name).bind()  # here, and not again for each line
    return found
