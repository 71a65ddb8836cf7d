"""Step 9: nothing leaves when the check behind it is older than two seconds."""

from typing import Any

import pytest

from connectors.contract import Deliver, LineRef, Release, Released, StaleAnswer
from connectors.sending import Sending

pytestmark = pytest.mark.anyio
RELEASE = Release(
    id="r",
    values={"x.y": Released(value={"leeg": None}, source="kluis", as_of="2026-09-01T12:00:00Z", origin="eigen-opgave")},
    refused=(),
    not_delivered=(),
    line=LineRef(log="o", index=1, proof="p"),
)


class Wire:
    """Where bytes go; each send takes `seconds` of boot time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.now, self.seconds, self.sent = 100.0, seconds, list[Any]()

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        self.now += self.seconds

    async def answer(self, checked: float) -> bool:
        done = False

        async def walk(deliver: Deliver) -> Release:
            nonlocal done
            await deliver(RELEASE, checked)
            done = True
            return RELEASE

        async def receive() -> Any:
            raise AssertionError("the body was read before")

        await Sending(walk, lambda: self.now)({"type": "http"}, receive, self.send)
        return done


async def test_a_fresh_answer_leaves_whole() -> None:
    wire = Wire()
    assert await wire.answer(checked=98.001)
    assert [one["type"] for one in wire.sent] == ["http.response.start", "http.response.body"]
    assert b'"waarde":{"leeg":null}' in wire.sent[1]["body"]
    assert b"geheimhouding" not in wire.sent[1]["body"]


async def test_a_stale_answer_does_not_begin() -> None:
    wire = Wire()
    with pytest.raises(StaleAnswer):
        await wire.answer(checked=98.0)
    assert wire.sent == []


async def test_an_answer_that_gets_stale_on_its_way_is_cut_before_its_body() -> None:
    wire = Wire(seconds=2.0)
    with pytest.raises(StaleAnswer):
        await wire.answer(checked=99.9)
    assert [one["type"] for one in wire.sent] == ["http.response.start"]
