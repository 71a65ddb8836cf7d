"""Rows that are not what this room wrote: an alarm each time, and a number for whoever operates this process."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, generate_latest

from kernel.logs import logger
from kernel.sql import RowForged

_log = logger("consent")
_registry: Final = CollectorRegistry()
_found: Final = Counter(
    "regie_register_rows_forged", "Looks at a row that somebody else wrote.", ["table"], registry=_registry
)


def alarm(forged: RowForged) -> None:
    """Somebody wrote who may not. Its text names the table only."""
    _log.critical("row_forged", room="consent", table=str(forged))
    _found.labels(str(forged)).inc()


def text() -> str:
    """In Prometheus' own format."""
    return generate_latest(_registry).decode()
