"""Asking about many without data: the answer is about this list, whole, and says of each why not."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from regie_client import BulkOrder, Problem, Unusable, WhyNot
from tests.client.counterpart import BSN, Counterpart, problem, release

pytestmark = pytest.mark.anyio
PLACE, OTHER = "/toestemming/v1/bulktoetsingen", "999990019"
ORDER = BulkOrder("witgoed", ("brp.naam", "brp.adres"), ((BSN, "Z-1"), (OTHER, "")), "mw-1")
LINE = release()["logregel"]
NO = {"gegevenselement": "brp.adres", "code": "te-vaak", "volgendeStap": "Wacht tot 1 oktober 2026."}
ANSWER: dict[str, Any] = {
    "verwerkingsactiviteit": "witgoed", "versie": "2", "getoetstOp": "2026-11-22T00:00:00Z", "aantal": 2,
    "mag": 1, "deels": 1, "magNiet": 0,
    "redenen": [{"code": "te-vaak", "inwoners": 1, "reden": "Al te vaak.", "volgendeStap": "Wacht."}],
    "antwoorden": [
        {"nr": 0, "id": "a", "uitkomst": "mag", "logregel": LINE},
        {"nr": 1, "id": "b", "uitkomst": "deels", "geweigerd": [NO], "logregel": LINE},
    ],
}  # fmt: skip


def answering(said: Any) -> dict[str, Callable[[httpx2.Request], httpx2.Response]]:
    return {PLACE: lambda _: httpx2.Response(200, json=said)}


async def test_each_of_a_list_is_told_by_their_own_name(tmp_path: Path) -> None:
    house = Counterpart(tmp_path, answering(ANSWER))
    found = await house.regie().check(ORDER)
    ((_, path, _, body),) = house.asked
    assert (path, body["inwoners"]) == (PLACE, [{"bsn": BSN, "zaak": "Z-1"}, {"bsn": OTHER}])
    first, second = found.residents
    assert (first.name, first.allowed, first.refused) == (BSN, ("brp.naam", "brp.adres"), ()) and found.allowed == (
        first,
    )
    assert second.allowed == ("brp.naam",)
    assert second.refused == (WhyNot("brp.adres", "te-vaak", "Al te vaak.", "Wacht tot 1 oktober 2026."),)
    assert (found.version, found.codes) == ("2", {"te-vaak": 1}) and BSN not in repr(found) + repr(first)
    usual = copy.deepcopy(ANSWER)
    del usual["antwoorden"][1]["geweigerd"][0]["volgendeStap"]
    told = await Counterpart(tmp_path, answering(usual)).regie().check(ORDER)
    assert [one.next_step for one in told.residents[1].refused] == ["Wacht."]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said["antwoorden"].pop(),
        lambda said: said["antwoorden"].reverse(),
        lambda said: said["antwoorden"][1].update(nr=0),
        lambda said: said["antwoorden"][1].update(uitkomst="mag"),
        lambda said: said["antwoorden"][1]["geweigerd"][0].update(gegevenselement="brp.leeftijd"),
        lambda said: said["redenen"].clear(),
        lambda said: said.update(verwerkingsactiviteit="ander"),
    ],
)
async def test_an_answer_that_is_not_about_this_list_is_not_used(tmp_path: Path, spoil: Callable[[Any], Any]) -> None:
    said = copy.deepcopy(ANSWER)
    spoil(said)
    with pytest.raises(Unusable):
        await Counterpart(tmp_path, answering(said)).regie().check(ORDER)


async def test_who_asked_enough_for_today_hears_how_long_to_wait(tmp_path: Path) -> None:
    answers = {PLACE: lambda _: problem(429, "te-veel-verzoeken", {"retry-after": "3600"})}
    with pytest.raises(Problem) as enough:
        await Counterpart(tmp_path, answers).regie().check(ORDER)
    assert (enough.value.status, enough.value.wait) == (429, 3600)
