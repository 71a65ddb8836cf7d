"""A room that does not know whether it wrote something: 503, nothing is opened, and the request may be repeated."""

from typing import Any
from uuid import uuid4

import pytest

from audit.contract import OutcomeUnknown
from tests.connectors.test_door import BODY, post
from tests.connectors.test_races import Around, ready
from tests.four_rooms import SECRET, FourRooms

pytestmark = pytest.mark.anyio


async def unknown() -> None:
    raise OutcomeUnknown("Wij weten niet of dit is vastgelegd.")


def around(rooms: FourRooms, verb: str, *, after: bool) -> dict[str, Any]:
    """One door, one verb of which nobody knows the outcome."""
    neighbours = {
        "record": ("audit", rooms.audit.door("connectors")),
        "decide": ("consent", rooms.register),
        "identify": ("vault", rooms.safe),
    }
    name, inner = neighbours[verb]
    return {name: Around(inner, verb, unknown, after)}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("verb", ["record", "decide", "identify"])
async def test_a_release_of_which_nothing_is_known_opens_nothing_and_may_be_repeated(
    house: FourRooms, verb: str, after: bool
) -> None:
    await house.income()
    await house.wire(**around(house, verb, after=after))
    before, key = house.keys.unwrapped, str(uuid4())
    answer = await post(house, key=key)
    assert (answer.status_code, answer.json()["code"]) == (503, "uitkomst-onbekend"), answer.text
    assert answer.headers["retry-after"] and "gegevens" not in answer.json()
    assert (house.keys.unwrapped, len(house.brp.state.requests)) == (before, 0)
    assert (await post(house, key=key)).status_code == 200
    lines = [line for line in await house.lines() if line.event.kind == "verstrekking"]
    # a line that was written all the same stays without outcome: over-reported as perhaps passed on, never the reverse
    assert [line.outcome for line in lines] == ["geleverd", *([""] if (verb, after) == ("record", True) else [])]


async def test_a_flag_of_which_nothing_is_known_keeps_everything_in(house: FourRooms) -> None:
    """The line of the release stands by then, and says that nothing left."""
    await house.case("Z-9", SECRET)
    await house.wire(consent=Around(house.register, "flag", unknown))
    answer = await post(house, {**BODY, "inwoner": {"bsn": SECRET.reveal()}, "zaak": "Z-9"})
    assert (answer.status_code, answer.json()["code"]) == (503, "uitkomst-onbekend"), answer.text
    (line,) = [line for line in await house.lines(SECRET) if line.event.kind == "verstrekking"]
    assert line.outcome == "mislukt"


async def test_a_last_check_of_which_nothing_is_known_keeps_everything_in(house: FourRooms) -> None:
    await ready(house)

    async def slow() -> None:
        house.boot += 1.5  # so that the desk asks once more

    log = Around(house.audit.door("connectors"), "holds", unknown)
    await house.wire(vault=Around(house.safe, "fetch", slow, after=True), audit=log)
    answer = await post(house)
    assert (answer.status_code, answer.json()["code"]) == (503, "uitkomst-onbekend"), answer.text
