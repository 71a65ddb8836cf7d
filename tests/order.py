"""What takes longest begins first: a race of two minutes that comes last keeps one worker busy and the others idle.

`pytest.mark.long(seconds)`, on a quiet machine. With several workers each begins with its share of them: pytest-xdist
gives every worker a stretch of the list, of equal length, before any takes from another's end.
"""

import os
from collections.abc import Sequence

import pytest

WORKERS = "PYTEST_XDIST_WORKER_COUNT"  # pytest-xdist's own name


def shared_out(weights: Sequence[float], workers: int) -> list[list[int]]:
    """Places in `weights`, the heaviest first, each to whoever has least."""
    shares: list[list[int]] = [[] for _ in range(workers)]
    loads = [0.0] * workers
    for place in sorted(range(len(weights)), key=lambda at: (-weights[at], at)):
        least = loads.index(min(loads))
        shares[least].append(place)
        loads[least] += weights[place]
    return shares


def in_stretches(first: Sequence[Sequence[int]], rest: Sequence[int]) -> list[int]:
    """One stretch per worker, each with its own in front. All are of the length that pytest-xdist cuts them to."""
    waiting, order = list(rest), list[int]()
    left = len(rest) + sum(map(len, first))
    for at, own in enumerate(first):
        length = left // (len(first) - at)
        taken = max(0, length - len(own))
        order += [*own, *waiting[:taken]]
        del waiting[:taken]
        left -= len(own) + taken
    return order + waiting


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After everybody who shuffles; every worker comes to the same order."""
    marks = {at: mark for at, item in enumerate(items) if (mark := item.get_closest_marker("long"))}
    places = list(marks)
    shares = shared_out([marks[at].args[0] for at in places], int(os.environ.get(WORKERS, "1")))
    first = [[places[each] for each in share] for share in shares]
    items[:] = [items[at] for at in in_stretches(first, [at for at in range(len(items)) if at not in marks])]
