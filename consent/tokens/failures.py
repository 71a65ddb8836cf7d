"""How often somebody failed lately, so that a client in a loop costs little. Each instance counts for itself.

Nobody is held to what others did: whoever shows a registered key is looked at, however often others failed in its name
behind the same gateway. What was refused to somebody who did show it is counted by name alone."""

from collections import OrderedDict
from collections.abc import Hashable

MOST = 20  # failures in one window; a client with a wrong clock finds out, a guesser gets nowhere
WINDOW_SECONDS = 60.0
REMEMBERED = 10_000  # the oldest is forgotten first: inventing names must not fill our memory


class Failures:
    """Counts per key: with the sender's address for whoever did not show that they are who they say."""

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
