"""Rows that are not what this room wrote: an alarm each time, and a number for whoever operates this process."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, generate_latest

from kernel.logs import logger

_log = logger("consent")
_registry: Final = CollectorRegistry()
_found: Final = Counter(
    "regie_register_rows_forged", "Looks at a row that somebody else wrote.", ["table"], registry=_registry
)


def alarm(table: str) -> None:
    """Somebody wrote in this table who may not."""
    _log.critical("row_forged", room="consent", table=table)
    _found.labels(table).inc()


def beside(*others: Callable[[], str]) -> Callable[[], str]:
    """These, and what else the room counts."""
    return lambda: "".join(other() for other in others) + text()


def text() -> str:
    """In Prometheus' own format."""
    return generate_latest(_registry).decode()
