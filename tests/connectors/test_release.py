"""The main walk: one question, two rules; and what remains when something fails on the way."""

import pytest

from assembly.demo.register import INCOME, INCOME_ANSWER
from connectors.contract import NotReleased
from tests.four_rooms import BY_LAW, FourRooms

pytestmark = pytest.mark.anyio


async def test_story_one_by_law_and_by_choice(both: FourRooms) -> None:
    await both.income("1500.00")
    first = await both.release(*BY_LAW, INCOME_ANSWER)
    assert set(first.values) == set(BY_LAW)
    assert first.values["brp.leeftijd.isMeerderjarig"].value is True
    assert [(one.element, one.code) for one in first.refused] == [(INCOME_ANSWER, "geen-toestemming")]
    consent = await both.consent()
    second = await both.release(*BY_LAW, INCOME_ANSWER, INCOME)
    assert second.values[INCOME_ANSWER].value is True
    assert [(one.element, one.code) for one in second.refused] == [(INCOME, "geen-toestemming")]
    await both.choose(consent, "stop")
    third = await both.release(*BY_LAW, INCOME_ANSWER)
    assert [(one.element, one.code) for one in third.refused] == [(INCOME_ANSWER, "toestemming-ingetrokken")]
    lines = [line for line in await both.lines() if line.event.kind == "verstrekking"]
    assert [line.outcome for line in lines] == ["geleverd"] * 3
    assert lines[1].event.used == ("brp.geboortedatum", INCOME)


async def test_all_refused_is_one_line_and_then_an_answer(both: FourRooms) -> None:
    with pytest.raises(NotReleased) as refused:
        await both.release("brp.nationaliteit", INCOME_ANSWER)
    assert refused.value.code == "buiten-doel"
    assert refused.value.members["volgendeStap"]
    (line,) = [line for line in await both.lines() if line.event.kind == "weigering"]
    assert line.event.refused == (("brp.nationaliteit", "buiten-doel"), (INCOME_ANSWER, "geen-toestemming"))
    assert refused.value.members["logregel"]["index"] == line.position.index
