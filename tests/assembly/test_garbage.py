"""A process that serves looks for garbage seldom, and still finds it."""

import gc
import weakref

from assembly.garbage import YOUNG, settled


class Knot:
    """Holds itself: nothing but the collector lets it go."""

    def __init__(self) -> None:
        self.own = self


def test_what_the_start_made_is_looked_through_no_more_and_what_came_after_is_let_go() -> None:
    before = gc.get_threshold()
    try:
        settled()
        assert gc.get_freeze_count() > 0
        knot = weakref.ref(Knot())
        assert knot() is not None
        # nobody asks for a collection: that many new objects begin one
        held: list[list[int]] = [[] for _ in range(2 * YOUNG)]
        assert knot() is None, len(held)
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
