"""Named places where a test may let this process die, as a power cut would.

Set REGIE_FAILPOINT to `name` or `name:n` (the n-th time it is reached). Unset, `reached` costs a comparison; production
settings refuse to start when it is set.
"""

import os
import signal

_name, _, _count = os.environ.get("REGIE_FAILPOINT", "").partition(":")
_left = [int(_count or "1")]


def armed() -> bool:
    """Whether this process was started to die."""
    return bool(_name)


def reached(name: str) -> None:
    """Die here, without any clean-up, if this is the armed point."""
    if _name and name == _name:
        _left[0] -= 1
        if _left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
