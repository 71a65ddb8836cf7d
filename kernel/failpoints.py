"""Named places where a test may let this process die, as a power cut would.

Set REGIE_FAILPOINT to `name` or `name:n` (the n-th time it is reached), or `arm` a process that runs already. Unset,
`reached` costs a comparison; production settings refuse to start when it is set.
"""

import os
import signal
from dataclasses import dataclass


@dataclass
class _Point:
    """Where this process dies, and how many more times it may come there, that last time included."""

    name: str
    left: int


_name, _, _count = os.environ.get("REGIE_FAILPOINT", "").partition(":")
_point = _Point(_name, int(_count or "1"))


def arm(name: str, count: int = 1) -> None:
    """Die the count-th time that this point is reached from now on. For tests, inside the process that has to die."""
    _point.name, _point.left = name, count


def reached(name: str) -> None:
    """Die here, without any clean-up, if this is the armed point."""
    if name == _point.name:
        _point.left -= 1
        if _point.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
