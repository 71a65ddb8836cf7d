"""Fences that are derived for many at once are those that are derived for one: nobody would find a moved one else."""

from hypothesis import given
from hypothesis.strategies import text

from consent.keys import PURPOSES, TenantKeys

KEYS = TenantKeys("gm9901", *(bytes([number]) * 32 for number in range(1, len(PURPOSES) + 1)))


@given(text(), text())
def test_a_fence_of_one_among_many_is_that_of_the_one(resident: str, activity: str) -> None:
    assert KEYS.restrictions()(resident) == KEYS.restriction(resident)
    assert KEYS.objections(activity)(resident) == KEYS.objection(resident, activity)
