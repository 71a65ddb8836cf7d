"""What a fault test leaves to chance, and how it is had again."""

import os
from random import Random


def thrown() -> Random:
    """By REGIE_SEED, which is told. Without it every run throws the same: a pipeline says no for what a change broke,
    and `make faults` looks further."""
    seed = int(os.environ.get("REGIE_SEED", "2026"))
    print(f"REGIE_SEED={seed}")
    return Random(seed)  # noqa: S311 - a test that can be repeated
