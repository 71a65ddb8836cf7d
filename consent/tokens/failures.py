"""How often somebody failed lately, so that guessing is slow. Each instance counts for itself."""

from collections import OrderedDict
from collections.abc import Hashable

MOST = 20  # failures in one window; a client with a wrong clock finds out, a guesser gets nowhere
WINDOW_SECONDS = 60.0
REMEMBERED = 10_000  # the oldest is forgotten first: inventing names must not fill our memory


class Failures:
    """Counts per key. The key holds the sender's address as well, so that nobody can lock out somebody else."""

    def __init__(self) -> None:
        self._counted: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def wait(self, key: Hashable, now: float) -> int:
        """Seconds until the next try is looked at; 0 is now."""
        begun, times = self._counted.get(key, (now, 0))
        left = begun + WINDOW_SECONDS - now
        return int(left) + 1 if times >= MOST and left > 0 else 0

    def add(self, key: Hashable, now: float) -> None:
        """One more."""
        begun, times = self._counted.pop(key, (now, 0))
        self._counted[key] = (now, 1) if now - begun >= WINDOW_SECONDS else (begun, times + 1)
        if len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
