"""Questions of the same moment share their statements, and nothing else."""

import asyncio
from typing import cast

import pytest

from audit.contract import Audit, LogUnavailable, Moves, Position
from consent.contract import Question
from kernel.canonical import read_canonical
from tests.consent.house import ANNA, BERT, DESK, NAME, PLAN, House
from tests.statements import said_to

pytestmark = pytest.mark.anyio


class Away:
    """A log that does not tell what moved."""

    async def moves(self, *_: object) -> Moves:
        raise LogUnavailable()


async def test_employees_who_ask_together_each_get_their_own_decision(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    said = said_to(house.consent.database)
    who = [DESK.model_copy(update={"user": f"mw-{n}"}) for n in range(12)]
    asked = [Question(resident=(ANNA, BERT)[n % 2], activity="regeling", elements=(PLAN,)) for n in range(12)]
    together = (house.consent.decide(caller, [one]) for caller, one in zip(who, asked, strict=True))
    answers = await asyncio.gather(*together)
    decisions = [read_canonical(sealed.decision) for (sealed,) in answers]
    assert [one["inwoner"] for one in decisions] == [ANNA.id, BERT.id] * 6
    assert [bool(one["toegestaan"]) for one in decisions] == [True, False] * 6
    assert len({one["nonce"] for one in decisions}) == len({sealed.about.actor for (sealed,) in answers}) == 12
    assert 5 <= len(said) <= 12, "one snapshot, not one for each"


async def test_a_question_that_has_to_wait_for_the_log_takes_no_other_along(house: House) -> None:
    await house.ready()
    good = Question(resident=ANNA, activity="regeling", elements=(NAME,))
    later = good.model_copy(update={"not_before": Position(term="2099h1", index=1)})
    consent = await house.second(cast(Audit, Away()))
    answers = await asyncio.gather(
        *(consent.decide(DESK, [each]) for each in (good, later, good)), return_exceptions=True
    )
    assert [isinstance(each, LogUnavailable) for each in answers] == [False, True, False]
