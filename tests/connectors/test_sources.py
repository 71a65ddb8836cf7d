"""All sources of one release together: what one of them does, and what the others and the caller see of it."""

import asyncio
from typing import Any

import pytest

from audit.contract import Overtaken, Permit
from connectors.contract import SourceDown
from connectors.metrics import how
from connectors.outside.failing import SourceFailed
from connectors.outside.guarding import Limits, guarded
from connectors.sources import Placed, Sources
from kernel.settings import SettingsWrong
from tests.connectors.test_minimise import ground, value
from tests.four_rooms import DESK_WORKER
from tests.patience import PATIENCE
from vault.contract import Bsn, Values

pytestmark = pytest.mark.anyio
NO_PERMIT: Permit = None  # type: ignore[assignment]  # sources of these tests look at none


class Hanging:
    """A source that never answers, and counts who asked."""

    asked = 0

    async def fetch(self, *_: Any) -> Values:
        self.asked += 1
        await asyncio.sleep(60)
        raise AssertionError


async def test_a_source_that_hangs_is_left_alone_after_a_few_times(caplog: pytest.LogCaptureFixture) -> None:
    hanging, seconds = Hanging(), 0.02
    chain = guarded("brp", hanging, Limits(seconds=seconds, failures=2, rest=PATIENCE))
    sources = Sources({DESK_WORKER.tenant: {"brp": Placed(chain, seconds)}}, whole_seconds=5)

    async def asked() -> bool:
        found = await sources.fetch(DESK_WORKER, NO_PERMIT, ground("brp.naam"), Bsn("999993653"))
        assert found.by_source == {"brp": None}
        return found.late

    late = [await asked() for _ in range(10)]  # on a machine that stands still both ends may come at once
    assert late[:2] == [True, True] and late[-1] is False and hanging.asked == late.count(True) < 10
    assert DESK_WORKER.tenant in caplog.text, "each municipality may have its own"
    with pytest.raises(SourceDown):
        await chain.fetch(DESK_WORKER, NO_PERMIT, Bsn("999993653"))
    told, labels = sources.metrics.text(), f'source="brp",tenant="{DESK_WORKER.tenant}"'
    for answer, times in (("te-laat", late.count(True)), ("niet-gevraagd", late.count(False))):
        assert f'regie_source_questions_total{{answer="{answer}",{labels}}} {times}.0' in told


async def test_our_own_people_read_which_element_could_not_be_read_and_never_what_stood_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = value("brp.naam", "Kwartel-van-elders").model_copy(update={"unreadable": ("brp.adres",)})

    class Odd:
        async def fetch(self, *_: Any) -> Values:
            return said

    sources = Sources({DESK_WORKER.tenant: {"brp": Placed(Odd(), 1)}}, whole_seconds=5)
    await sources.fetch(DESK_WORKER, NO_PERMIT, ground("brp.naam"), Bsn("999993653"))
    told = sources.metrics.text()
    for element in ("brp.naam", "brp.adres"):
        assert f'element="{element}",source="brp",tenant="{DESK_WORKER.tenant}"}} 1.0' in told
        assert element in caplog.text
    assert "Kwartel" not in caplog.text + told


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Values(), "geantwoord"),
        (Overtaken("Er is net iets veranderd."), "geantwoord"),
        (SourceFailed("toegang", 401), "toegang"),
        (TimeoutError(), "te-laat"),
        (SourceDown("druk"), "niet-gevraagd"),
        (KeyError("999993653"), "fout"),
    ],
)
def test_what_became_of_a_question_is_one_word_of_a_closed_list(outcome: Values | Exception, word: str) -> None:
    assert how(outcome) == word


def test_a_source_that_may_take_longer_than_all_together_stops_the_start() -> None:
    placed = {"gm1": {"vault": Placed(Hanging(), 1)}, "gm2": {"zaken": Placed(Hanging(), 8)}}
    placed["gm3"] = {"zaken": Placed(Hanging(), 1)}
    Sources(placed, whole_seconds=8.5)
    with pytest.raises(SettingsWrong, match="zaken"):
        Sources(placed, whole_seconds=8)
