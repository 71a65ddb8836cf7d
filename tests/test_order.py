"""The longest tests begin first, each worker with its share, and none is lost."""

import pytest

from tests.order import in_stretches, shared_out


def test_the_heaviest_goes_to_who_has_least() -> None:
    assert shared_out([1, 9, 5, 4], 2) == [[1, 0], [2, 3]]
    assert shared_out([], 2) == [[], []]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("length", [0, 1, 5, 20, 23])
def test_every_stretch_begins_with_its_own_and_all_are_there_once(workers: int, length: int) -> None:
    first = shared_out([3.0, 2.0, 1.0, 1.0], workers)
    order = in_stretches(first, range(4, 4 + length))
    assert sorted(order) == list(range(4 + length))
    start, left = 0, len(order)
    for at, own in enumerate(first):
        stretch = left // (workers - at)  # as pytest-xdist's WorkStealingScheduling cuts them
        if len(own) > stretch:
            break  # more of them than anything else: then they are all there is to order
        assert order[start : start + len(own)] == own
        start, left = start + stretch, left - stretch
