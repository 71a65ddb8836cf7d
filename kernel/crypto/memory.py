"""Unwrapped keys, for a short while. Who reads this process's memory has them; longer would only help that reader."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import timedelta
from typing import Generic, TypeVar

from kernel.clock import BootClock

LIFE = timedelta(minutes=15)  # also how long a destroyed key may outlive its destruction, in a process that used it

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")


class KeyMemory(Generic[Name, Value]):
    """At most `size` values, each for at most `life` from when it was put, used or not; the least used goes first.
    `clock` gives seconds and never goes back nor stands still while the machine sleeps. NOT promised: zeroed memory,
    nor sweeping while nobody calls."""

    def __init__(self, clock: BootClock, life: timedelta = LIFE, size: int = 1024) -> None:
        if not timedelta(0) <= life <= LIFE or size < 1:
            raise ValueError("keys live 15 minutes at most, 0 allowed, and at least one fits")
        self._clock, self._life, self._size = clock, life.total_seconds(), size
        self._values: OrderedDict[Name, Value] = OrderedDict()  # least used first
        self._ends: OrderedDict[Name, float] = OrderedDict()  # first to end first; same names as above

    def get(self, name: Name) -> Value | None:
        """The value, or None when never put, too old or pushed out."""
        self._sweep()
        if name not in self._values:
            return None
        self._values.move_to_end(name)
        return self._values[name]

    def put(self, name: Name, value: Value) -> None:
        """Remembers it from now; replaces what stood under that name."""
        self.forget(name)
        self._sweep()
        if len(self._values) >= self._size:
            self.forget(next(iter(self._values)))
        if self._life > 0:
            self._values[name], self._ends[name] = value, self._clock() + self._life

    def forget(self, name: Name) -> None:
        """At once; an unknown name is well too."""
        self._values.pop(name, None)
        self._ends.pop(name, None)

    def __len__(self) -> int:
        return len(self._values)

    def _sweep(self) -> None:
        now = self._clock()
        while self._ends and next(iter(self._ends.values())) <= now:
            self.forget(next(iter(self._ends)))
