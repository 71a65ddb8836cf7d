"""A consent for so many releases: the order of the log says which of them were in time, and who comes too late opens
nothing."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from assembly.demo.register import INCOME, INCOME_ANSWER, LOAN_DESK
from audit.contract import Audit, Count, LogUnavailable
from connectors.contract import NotReleased, Release, ReleaseRequest, Repeatable
from consent.contract import Consent, ConsentRequest, Limits
from consent.contract import ResidentRef as ConsentResident
from kernel.caller import Caller
from tests.connectors.bulk_house import BULK, ended, placed, ready
from tests.connectors.test_races import Around
from tests.consent.house import activity, element
from tests.four_rooms import DESK_WORKER, R1, STAFF, FourRooms
from vault.contract import Vault

pytestmark = pytest.mark.anyio
COUNTED, NAME, TOO_OFTEN = "geteld", "brp.naam", "te-vaak"


async def given(house: FourRooms, times: int, used: tuple[str, ...] = (INCOME_ANSWER,)) -> str:
    """R1 says yes to so many releases, for a purpose that has a name by law too."""
    await house.income()
    law = element(NAME, "A") | {"verstrekkingsgrond": "Wet BRP 3.8"}
    chosen = [element(name, "C") | {"verstrekkingsgrond": "eigen keuze"} for name in used]
    said: dict[str, Any] = {"ontvangers": [{"ontvanger": LOAN_DESK}], "gegevenselementen": [law, *chosen]}
    await house.register.publish(STAFF, activity(COUNTED, geschiedenis=30, **said))
    house.who = DESK_WORKER.model_copy(update={"scope": (COUNTED,)})
    resident = ConsentResident.model_validate((await house.resident()).model_dump())
    wanted = ConsentRequest(resident=resident, activity=COUNTED, elements=used, limits=Limits(times=times))
    asked = await house.register.request(house.who, wanted)
    await house.choose(asked.id, "ja")
    return asked.id


async def ask(house: FourRooms, *elements: str) -> Release:
    return await house.release(*(elements or (INCOME_ANSWER,)), verwerkingsactiviteit=COUNTED, zaak=None)


async def test_of_many_at_one_moment_as_many_pass_as_were_allowed(both: FourRooms) -> None:
    await given(both, 3)
    got = await asyncio.gather(*(ask(both) for _ in range(12)), return_exceptions=True)
    passed = [one for one in got if isinstance(one, Release)]
    assert len(passed) == 3
    assert {one.code for one in got if isinstance(one, NotReleased)} == {TOO_OFTEN}
    assert both.keys.unwrapped <= 1 + 3, "kept once, and opened for who was in time"
    released = [line for line in reversed(await both.lines()) if line.event.kind == "verstrekking"]
    assert [line.outcome for line in released[:3]] == ["geleverd"] * 3, "the first of the log"
    assert {line.outcome for line in released[3:]} <= {"mislukt"}


async def test_who_comes_too_late_still_gets_what_the_law_grants(house: FourRooms) -> None:
    await given(house, 1)
    first = ask(house)

    async def in_between() -> None:
        await first

    await house.wire(consent=cast(Consent, Around(house.register, "decide", in_between, after=True)))
    release = await ask(house, NAME, INCOME_ANSWER)
    assert set(release.values) == {NAME}
    (refused,) = release.refused
    assert (refused.element, refused.code) == (INCOME_ANSWER, TOO_OFTEN) and refused.next_step


async def test_what_the_law_granted_uses_nothing_up(house: FourRooms) -> None:
    await given(house, 2)
    for _ in range(3):
        assert set((await ask(house, NAME)).values) == {NAME}
    for _ in range(2):
        assert set((await ask(house, NAME, INCOME_ANSWER)).values) == {NAME, INCOME_ANSWER}
    again = await ask(house, NAME, INCOME_ANSWER)
    assert [(one.element, one.code) for one in again.refused] == [(INCOME_ANSWER, TOO_OFTEN)]
    line = next(line.event for line in await house.lines() if line.event.kind == "verstrekking")
    replayed = await house.register.replay(STAFF.tenant, line)
    assert replayed.same, replayed.differences


async def test_who_died_after_the_line_costs_one_and_never_gives_one_more(both: FourRooms) -> None:
    await given(both, 1)

    async def dies() -> None:
        raise asyncio.CancelledError

    await both.wire(vault=cast(Vault, Around(both.safe, "fetch", dies)))
    with pytest.raises(asyncio.CancelledError):
        await ask(both)
    with pytest.raises(NotReleased) as refused:
        await ask(both)
    assert refused.value.code == TOO_OFTEN


async def test_a_log_that_cannot_count_opens_nothing(house: FourRooms) -> None:
    await given(house, 1)

    async def away() -> None:
        raise LogUnavailable("weg")

    opened = house.keys.unwrapped
    await house.wire(audit=cast(Audit, Around(house.audit.door("connectors"), "count", away)))
    with pytest.raises(LogUnavailable):
        await ask(house)
    assert house.keys.unwrapped == opened


class Forgetful:
    """A log that says to the desk that nothing was released yet."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def count(self, _caller: Caller, counts: Sequence[Count]) -> list[int]:
        return [0 for _ in counts]


async def test_the_vault_counts_by_itself_whatever_the_desk_believes(house: FourRooms) -> None:
    await given(house, 1, (INCOME,))
    kept = house.keys.unwrapped
    await house.wire(audit=cast(Audit, Forgetful(house.audit.door("connectors"))))
    got = await asyncio.gather(*(ask(house, INCOME) for _ in range(3)), return_exceptions=True)
    assert [isinstance(one, Release) for one in got].count(True) == 1
    assert {one.code for one in got if isinstance(one, NotReleased)} == {TOO_OFTEN}
    assert house.keys.unwrapped == kept + 1


async def test_a_bulk_job_takes_one_of_the_number_too(house: FourRooms) -> None:
    reader = await ready(house)
    robot = house.who.model_copy(update={"scope": (COUNTED,)})
    await given(house, 1)
    alone, house.who, passed = house.who, robot, []

    async def one_first() -> None:
        said = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": COUNTED, "gebruiker": "mw-4821"}
        request = ReleaseRequest.model_validate({**said, "gegevenselementen": (INCOME_ANSWER,)})

        async def deliver(release: Release, _checked: float) -> None:
            passed.append(release)

        await house.desk.release(alone, request, Repeatable(), deliver)

    await house.wire(consent=cast(Consent, Around(house.register, "decide", one_first, after=True)))
    async with house.http() as http:
        job = await placed(http, [R1.reveal()], COUNTED, INCOME_ANSWER)
        said = await ended(http, job)
        answers = reader.read((await http.get(f"{BULK}/{job}/resultaat")).text)
    assert passed and (said["verstrekt"], said["geweigerd"]) == (0, 1)
    assert answers[0]["antwoord"]["code"] == TOO_OFTEN
