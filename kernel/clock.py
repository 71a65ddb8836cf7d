"""Time is handed in, so that tests can make an hour pass."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
BootClock = Callable[[], float]


def utc_now() -> datetime:
    """The wall clock, always with its zone."""
    return datetime.now(UTC)


def boot_seconds() -> float:
    """Seconds since boot, sleep included: a laptop lid or a frozen machine does not stop it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def millis(moment: datetime) -> int:
    """Milliseconds since 1970, the form in which times are stored and hashed."""
    return int(moment.timestamp() * 1000)


def moment(milliseconds: int) -> datetime:
    """The inverse of `millis`."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def instant(milliseconds: int) -> str:
    """RFC 3339, whole seconds, UTC."""
    return moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")
