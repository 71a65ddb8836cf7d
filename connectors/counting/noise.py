"""Noise by OpenDP, an extra of the installation (`regie[statistiek]`): without it nothing is counted.

Discrete Laplace: of two populations that differ in one person every outcome is at most e^epsilon times likelier in one
than in the other. OpenDP draws from its own secure generator, and checks what a scale protects.
"""

import math
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

UNLIKELY = 1e-6  # delta: how often an empty group may pass for one that is shown


class Noise(Protocol):
    """Adds what hides one person."""

    def added(self, values: Sequence[int], reach: int, epsilon: float) -> list[int]:
        """The same values with noise. reach: how far one person moves them all together, at most."""
        ...


class OpenDp:
    """Satisfies Noise."""

    def added(self, values: Sequence[int], reach: int, epsilon: float) -> list[int]:
        """See Noise.added. Raises ValueError when the library does not vouch for it."""
        if not values:
            return []
        dp: Any = import_module("opendp.prelude")
        dp.enable_features("contrib")
        space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")  # its `int` has 32 bits
        laplace = dp.m.make_laplace(*space, scale=reach / epsilon)
        if laplace.map(d_in=reach) > epsilon * (1 + 1e-9):  # a scale is a float: its last digit may be rounded
            raise ValueError("more than this costs")
        return [int(one) for one in laplace(list(values))]


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("opendp") is not None


def beyond(epsilon: float, chance: float = UNLIKELY) -> int:
    """The least that noise of reach one is above with at most this chance: e^(-epsilon m) / (1 + e^-epsilon)."""
    return math.ceil(math.log(1 / chance) / epsilon)
