"""How far a breach reaches: by a stolen key, over uses that others reported, and into what was held from before."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.breach import BEFORE, WINDOW, Page, Window
from audit.breach_answers import file_of
from audit.contract import Reason, Trace
from audit.event import Entry
from audit.service import AuditService
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput
from tests.audit.logs import DESK, FG, NOON, TENANT, Place, Ticking, act, fence, outcome, receipt, release
from tests.audit.test_breaches import BOTH
from tests.audit.test_reported import audit_url

__all__ = ["audit_url"]
pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
WHY = Reason(code="datalek", case="FG-9")
DAY = 86_400_000
NOW = millis(NOON)


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
async def service(audit_url: str, tmp_path: Path, clock: Ticking) -> AsyncIterator[AuditService]:
    async with Place(audit_url, tmp_path, clock=clock).opened() as (service, _):
        yield service


async def released(service: AuditService, clock: Ticking, subject: str, how: str = "geleverd", **more: Any) -> None:
    """By the desk, at the hour of the clock."""
    log = service.door("connectors")
    (line,) = await log.record(DESK, [release({fence(): 0}, clock(), subject, **more)])
    if how:
        await log.record(DESK, [outcome(receipt(line).position, how, subject)])


def reported(subject: str, used: int, **more: Any) -> Entry:
    """Another system's use, told now."""
    trace = Trace(trace_id="a" * 32, span_id="b" * 16, start=used, end=used)
    said = {"activity": "regeling", "version": "1", "recipient": "r1", "elements": ("brp.adres",)}
    return act("gemeld", subject=subject, trace=trace, **(said | more))


def window(**said: Any) -> Window:
    return Window.model_validate({"recipient": "r1", "since": NOW, "until": NOW + DAY} | said)


async def named(service: AuditService, file_id: str, part: Any = WINDOW) -> list[str]:
    _, found, _ = await service.desk(FG).breaches.people(FG, file_id, WHY, Page(part=part))
    return [one.subject for one in found]


@BOTH
async def test_a_stolen_key_reaches_what_was_asked_with_it(service: AuditService, clock: Ticking, kind: str) -> None:
    await released(service, clock, "s1", key="k-1")
    await released(service, clock, "s2", key="k-2")
    await service.door("audit").record(DESK, [reported("s3", NOW, key="k-1")])
    made = await service.desk(FG).breaches.report(FG, window(recipient="", key="k-1"), WHY)
    assert (made.tally.residents, made.held) == (2, None)
    assert await named(service, made.id) == ["s1", "s3"]
    with pytest.raises(BadInput):
        await named(service, made.id, BEFORE)


async def test_the_key_is_no_part_of_what_makes_two_acts_the_same(service: AuditService, clock: Ticking) -> None:
    entry = release({fence(): 0}, clock(), key="k-1")
    turned = entry.model_copy(update={"event": entry.event.model_copy(update={"key": "k-2"})})
    first, again = await service.door("connectors").record(DESK, [entry, turned])
    assert receipt(first).position == receipt(again).position


@BOTH
async def test_a_use_counts_on_the_day_it_was_made_and_not_when_it_was_told(
    service: AuditService, clock: Ticking, kind: str
) -> None:
    clock.now += timedelta(days=9)
    await service.door("audit").record(
        DESK, [reported("s1", NOW + 3_600_000), reported("s2", NOW - DAY), reported("s3", NOW + 3 * DAY)]
    )
    await released(service, clock, "s4")
    made = await service.desk(FG).breaches.report(FG, window(), WHY)
    assert await named(service, made.id) == ["s1"]
    assert (made.tally.residents, made.tally.certain, made.tally.possible) == (1, 1, 0)
    assert [one.element for one in made.tally.elements] == ["brp.adres"]


async def test_a_window_of_many_years_takes_every_use_that_was_told_since(
    service: AuditService, clock: Ticking
) -> None:
    await service.door("audit").record(DESK, [reported("s1", NOW - DAY)])
    made = await service.desk(FG).breaches.report(FG, window(since=0, until=NOW + 9_999 * DAY), WHY)
    assert await named(service, made.id) == ["s1"]


@BOTH
async def test_what_the_recipient_still_held_from_before_is_counted_apart(
    service: AuditService, clock: Ticking, kind: str
) -> None:
    await released(service, clock, "s1", kept_days=30)
    await released(service, clock, "s2", kept_days=5)
    await released(service, clock, "s3")  # nobody said how long
    await released(service, clock, "s4", "", kept_days=30)
    await released(service, clock, "s5", "niet-geopend", kept_days=30)
    await released(service, clock, "s6", kept_days=30, recipient="r2")
    await service.door("audit").record(DESK, [reported("s7", NOW)])
    clock.now += timedelta(days=10)
    await released(service, clock, "s8", kept_days=30)
    await released(service, clock, "s1", kept_days=30)  # in both parts, and one resident
    made = await service.desk(FG).breaches.report(FG, window(since=NOW + 10 * DAY, until=NOW + 11 * DAY), WHY)
    held = made.held
    assert held and (held.residents, held.certain, held.possible, held.endless) == (3, 2, 1, 1)
    assert (held.first, made.tally.residents, made.reached) == (NOW, 2, 4)
    notice = file_of("log.example/gm9901/2026h2", made, {"brp.naam": "naam-en-adres"}).notice
    assert (notice.at_least, notice.at_most) == (2, 4), "who is told to the AP is all who may have been found"
    assert await named(service, made.id, BEFORE) == ["s1", "s3", "s4"]
    assert await named(service, made.id) == ["s1", "s8"]
    assert (await service.door("web").lines(DESK, "s4")).lines[0].event.kind == "zoeking"


async def test_a_term_that_is_over_when_the_window_begins_is_over(service: AuditService, clock: Ticking) -> None:
    await released(service, clock, "s1", kept_days=10)
    for later, count in ((-1, 1), (0, 0)):
        asked = window(since=NOW + 10 * DAY + later, until=NOW + 11 * DAY)
        made = await service.desk(FG).breaches.report(FG, asked, WHY)
        assert made.held and made.held.residents == count


async def test_an_application_gets_no_list_of_who_hides_by_the_employee_who_set_it(
    service: AuditService, clock: Ticking
) -> None:
    """Over whom a parent has authority is asked when their address was made safe, by Burgerzaken."""
    await released(service, clock, "s1", activity="regie-veilig-adres", actor="mw-1")
    await released(service, clock, "s2", actor="mw-1")
    files, machine = service.desk(FG).breaches, Caller(tenant=TENANT, kind="automatisch", scope=("logboek",))
    made = await files.report(FG, window(recipient="", actor="mw-1"), WHY)
    for caller, people in ((FG, ["s1", "s2"]), (machine, ["s2"])):
        _, found, _ = await files.people(caller, made.id, WHY, Page())
        assert [one.subject for one in found] == people
