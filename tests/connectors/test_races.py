"""Withdrawal against release at every step, callers who hang up, sources that fail, a log that cannot write."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from assembly.demo.register import INCOME_ANSWER
from audit.contract import LogUnavailable
from connectors.contract import (
    NothingDelivered,
    NothingKnown,
    NotReleased,
    Release,
    ReleaseRequest,
    Repeatable,
    TooLate,
)
from kernel.errors import Problem
from tests.four_rooms import BY_LAW, LATE, SECRET, FourRooms
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
Act = Callable[[], Awaitable[object]]
STOPPED = "toestemming-ingetrokken"


class Around:
    """A door that does something before or after one of its verbs, once."""

    def __init__(self, inner: Any, verb: str, act: Act, after: bool = False) -> None:
        self._inner, self._verb, self._act, self._after, self._done = inner, verb, act, after, False

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)
        if name != self._verb or self._done:
            return inner

        async def around(*args: Any, **more: Any) -> Any:
            self._done = True
            if not self._after:
                await self._act()
            answer = await inner(*args, **more)
            if self._after:
                await self._act()
            return answer

        return around


async def ready(rooms: FourRooms) -> str:
    await rooms.income()
    return await rooms.consent()


async def in_the_log(rooms: FourRooms) -> bool:
    """Whether the withdrawal has its place."""
    return STOPPED in [line.event.kind for line in await rooms.lines()]


def stopping(rooms: FourRooms, consent: str) -> Act:
    """The withdrawal; it waits for releases under way, so it must not hold up the one that is."""

    async def stop() -> None:
        stopped = asyncio.create_task(rooms.choose(consent, "stop"))
        async with asyncio.timeout(PATIENCE):
            while not (stopped.done() or await in_the_log(rooms)):  # noqa: ASYNC110 - the log has no event for it
                await asyncio.sleep(0.02)
        rooms.stack.push_async_callback(lambda: stopped)

    return stop


async def test_withdrawn_between_decide_and_record_takes_that_element_only(both: FourRooms) -> None:
    consent = await ready(both)
    await both.wire(consent=Around(both.register, "decide", stopping(both, consent), after=True))
    release = await both.release(*BY_LAW, INCOME_ANSWER)
    assert set(release.values) == set(BY_LAW)
    assert [(one.element, one.code) for one in release.refused] == [(INCOME_ANSWER, "toestemming-ingetrokken")]
    kinds = [line.event.kind for line in await both.lines()]
    assert kinds.index("verstrekking") < kinds.index("toestemming-ingetrokken"), "newest first"


async def test_withdrawn_between_decide_and_record_leaves_one_refusal_line(house: FourRooms) -> None:
    consent = await ready(house)
    await house.wire(consent=Around(house.register, "decide", stopping(house, consent), after=True))
    with pytest.raises(NotReleased) as refused:
        await house.release(INCOME_ANSWER)
    assert refused.value.code == "toestemming-ingetrokken"
    assert [line.event.kind for line in await house.lines()].count("weigering") == 1
    assert house.keys.unwrapped <= 1, "only when it was kept"


@pytest.mark.parametrize("before", ["vault", "sending"])
async def test_withdrawn_after_the_line_but_before_opening_or_sending(house: FourRooms, before: str) -> None:
    consent = await ready(house)
    stop = stopping(house, consent)
    if before == "vault":
        await house.wire(vault=Around(house.safe, "fetch", stop))
    else:

        async def slow() -> None:
            house.boot += 1.5  # so that the desk asks once more
            await stop()

        await house.wire(vault=Around(house.safe, "fetch", slow, after=True))
    release = await house.release("brp.naam", INCOME_ANSWER)
    assert set(release.values) == {"brp.naam"}
    assert [one.code for one in release.refused] == ["toestemming-ingetrokken"]
    released = [line for line in await house.lines() if line.event.kind == "verstrekking"]
    assert [line.outcome for line in released] == ["geleverd", "mislukt"]


async def test_a_suspended_recipient_gets_nothing_also_when_it_was_under_way(house: FourRooms) -> None:
    async def suspend() -> None:
        staff = house.who.model_copy(update={"kind": "medewerker", "roles": ("fg",)})
        await house.register.suspend(staff, house.who.organisation)

    await house.wire(consent=Around(house.register, "decide", suspend, after=True))
    with pytest.raises(NotReleased) as refused:
        await house.release(*BY_LAW)
    assert refused.value.code == "ontvanger-niet-bevoegd"
    assert house.brp.state.requests == type(house.brp.state.requests)(maxlen=1000), "the register was never asked"


@pytest.mark.parametrize("door", ["record", "decide", "identify"])
async def test_without_log_register_or_vault_nothing_is_opened(house: FourRooms, door: str) -> None:
    await ready(house)

    async def away() -> None:
        raise LogUnavailable("weg")

    log = house.audit.door("connectors")
    doors: dict[str, Any] = {
        "record": {"audit": Around(log, "record", away)},
        "decide": {"consent": Around(house.register, "decide", away)},
        "identify": {"vault": Around(house.safe, "identify", away)},
    }
    await house.wire(**doors[door])
    before = house.keys.unwrapped
    with pytest.raises(Problem) as failed:
        await house.release(*BY_LAW, INCOME_ANSWER)
    assert failed.value.status == 503
    assert (house.keys.unwrapped, len(house.brp.state.requests)) == (before, 0)
    assert "verstrekking" not in [line.event.kind for line in await house.lines()]


class Broken(httpx2.AsyncBaseTransport):
    """A register that answers in the wrong way, or not at all."""

    def __init__(self, how: str) -> None:
        self._how = how

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._how == "down":
            raise httpx2.ConnectError("no")
        if self._how == "late":
            await asyncio.Event().wait()
        bodies = {"html": b"<p>", "long": b'{"personen":[' + b" " * 300_000 + b"]}", "odd": b'{"personen":[1]}'}
        kind = "text/html" if self._how == "html" else "application/json"
        headers = {"content-type": kind, **({"location": "http://elsewhere.test"} if self._how == "moved" else {})}
        return httpx2.Response(
            302 if self._how == "moved" else 200, headers=headers, content=bodies.get(self._how, b"")
        )


@pytest.mark.parametrize(
    "how", ["down", pytest.param("late", marks=pytest.mark.long(13)), "html", "long", "odd", "moved"]
)
async def test_a_source_that_fails_takes_only_its_own_elements(house: FourRooms, how: str) -> None:
    await ready(house)
    house.desk_settings |= LATE if how == "late" else {}
    await house.wire(transport=Broken(how))
    release = await house.release("brp.naam", INCOME_ANSWER)
    assert set(release.values) == {INCOME_ANSWER}
    assert [(one.element, one.code) for one in release.not_delivered] == [("brp.naam", "bron-niet-bereikbaar")]
    with pytest.raises(TooLate if how == "late" else NothingDelivered) as nothing:
        await house.release("brp.naam")
    assert nothing.value.members["nietGeleverd"][0]["code"] == "bron-niet-bereikbaar"
    assert not isinstance(nothing.value, NothingKnown), "of a silent source nobody knows what it has"
    outcomes = [line.outcome for line in await house.lines() if line.event.kind == "verstrekking"]
    assert outcomes == ["mislukt", "geleverd"]


async def test_secrecy_that_only_the_source_knew_becomes_a_restriction_and_is_told_to_who_has_a_ground(
    house: FourRooms,
) -> None:
    await house.case("Z-9", SECRET)
    for _ in range(2):
        release = await house.release("brp.naam", bsn=SECRET, zaak="Z-9")
        assert release.secrecy is True
        assert set(release.values) == {"brp.naam"}
    kinds = [line.event.kind for line in await house.lines(SECRET)]
    assert kinds.count("vlag") == 1
    assert kinds.count("verstrekking") == 2


async def test_who_hangs_up_anywhere_takes_no_outcome_with_him(house: FourRooms) -> None:
    """Cancelled after a growing part of what a whole one takes: every line has its outcome all the same."""
    await house.release("brp.naam")
    sent, begun = 0, time.monotonic()
    await house.release("brp.naam")
    step = (time.monotonic() - begun) / 20
    for turn in range(40):
        await house.case(f"H-{turn}")
        walk = asyncio.create_task(house.release("brp.naam", zaak=f"H-{turn}"))
        await asyncio.wait({walk}, timeout=turn * step)
        walk.cancel()
        await asyncio.wait({walk})
        sent += not walk.cancelled()
    lines = [line for line in await house.lines() if line.event.kind == "verstrekking"]
    assert len(lines) > 2, "none came as far as its line"
    assert sent < 40, "none was cancelled"
    assert [line.position for line in lines if not line.outcome] == []


async def test_an_answer_that_could_not_be_sent_is_not_delivered(house: FourRooms) -> None:
    async def hung_up(release: Release, checked: float) -> None:
        raise ConnectionResetError

    said = {"inwoner": {"bsn": "999993653"}, "verwerkingsactiviteit": "minimaregeling-witgoed", "zaak": "Z-1"}
    request = ReleaseRequest.model_validate({**said, "gegevenselementen": ["brp.naam"], "gebruiker": "mw-1"})
    with pytest.raises(ConnectionResetError):
        await house.desk.release(house.who, request, Repeatable(), hung_up)
    (line,) = [line for line in await house.lines() if line.event.kind == "verstrekking"]
    assert line.outcome == "mislukt"
