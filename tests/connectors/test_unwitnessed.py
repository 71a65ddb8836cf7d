"""Four rooms whose log no witness saw lately: nothing is released, granted or opened, and a stop is a stop."""

from datetime import timedelta

import pytest

from assembly.demo.register import INCOME_ANSWER
from audit.contract import LogUnavailable, Unwitnessed
from audit.cosigned import Cosigned
from audit.witnessed import Witnessed
from connectors.contract import NotReleased
from tests.four_rooms import BY_LAW, FourRooms

pytestmark = pytest.mark.anyio


def unseen(rooms: FourRooms) -> Witnessed:
    """As after a start with a policy, and every witness away."""
    log = rooms.audit.desks[0].log
    log.witnessed = Witnessed(timedelta(minutes=60))
    return log.witnessed


async def test_nothing_is_released_or_opened_and_the_same_question_is_answered_later(house: FourRooms) -> None:
    await house.income()
    await house.consent()
    witnessed, opened = unseen(house), house.keys.unwrapped
    before = len(await house.lines())
    for _ in range(2):
        with pytest.raises(Unwitnessed, match="niets verstrekt"):
            await house.release(*BY_LAW, INCOME_ANSWER)
    assert (house.keys.unwrapped, house.seen) == (opened, [])
    assert len(await house.lines()) == before, "what was not allowed to happen is not in the log"
    log = house.audit.desks[0].log
    assert log.signed
    witnessed.heard(Cosigned(log.signed, int(house.now.timestamp())))
    await house.release(*BY_LAW, INCOME_ANSWER)
    assert len(house.seen) == 1


async def test_a_stop_is_a_stop_and_a_yes_waits(house: FourRooms) -> None:
    consent = await house.consent()
    other = await house.case("Z-2")
    witnessed = unseen(house)
    await house.choose(consent, "stop")
    with pytest.raises(LogUnavailable):
        await house.consent(other)
    log = house.audit.desks[0].log
    assert log.signed
    witnessed.heard(Cosigned(log.signed, int(house.now.timestamp())))
    with pytest.raises(NotReleased):
        await house.release(INCOME_ANSWER)
