"""What a resident said yes to is not asked again while that yes stands; what may end soon, or is used up, is."""

import pytest

from consent.contract import Limits, NotAgain
from tests.consent.house import ANNA_HERSELF, ANSWER, PLAN, House, activity, stop, yes
from tests.consent.test_life_cycle import choose

pytestmark = pytest.mark.anyio


async def test_who_asks_what_was_given_gets_the_yes_that_stands_and_a_line(house: House) -> None:
    await house.ready(activity(maximalePeriode=56))
    given = await house.given(PLAN)
    again = await house.request(PLAN)
    assert (again.id, again.state, (await house.kinds())[-1]) == (given, "gegeven", "zoeking")
    assert (await house.request(PLAN, limits=Limits(history=5))).id == given, "it gives all of that already"
    await choose(house, given, "pauze")
    assert (await house.request(PLAN)).state == "gepauzeerd", "a pause is no reason to ask once more"
    await choose(house, given, "hervat")
    house.clock.forward(days=29)
    late = await house.request(PLAN)
    assert (late.id != given, late.state) == (True, "gevraagd"), "it may be over before this is answered"
    await house.consent.choose(ANNA_HERSELF, late.id, yes())
    await house.consent.choose(ANNA_HERSELF, late.id, stop())
    with pytest.raises(NotAgain):
        await house.request(ANSWER, PLAN)


async def test_a_yes_for_so_many_times_may_be_asked_for_again(house: House) -> None:
    await house.ready()
    once = await house.request(PLAN, limits=Limits(times=1))
    await house.consent.choose(ANNA_HERSELF, once.id, yes())
    assert (await house.request(PLAN, limits=Limits(times=1))).id != once.id
    assert (await house.request(PLAN)).state == "gevraagd"
    assert (await house.request(PLAN, ANSWER)).state == "gevraagd", "part of this was never asked"
