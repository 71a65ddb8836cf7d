"""A breach that the FG confirmed: whoever is counted in it reads so beside their own lines, and nobody else does."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import RowMapping, delete, select, update

from audit.breach import BEFORE, Decision, Leak, Version
from audit.breach_answers import file_of
from audit.event import SYSTEM
from audit.refusals import JustDecided, LogUnavailable
from audit.service import AuditService
from audit.tables import breaches
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from tests.audit.logs import DESK, FG, TENANT, Ticking
from tests.audit.test_breach_reach import DAY, NOW, WHY, clock, named, released, reported, service, window
from tests.audit.test_breaches import BOTH
from tests.audit.test_reported import audit_url

__all__ = ["audit_url", "clock", "service"]
pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
RESIDENT = Caller(tenant=TENANT, kind="inwoner", user="a" * 32)
EVERYBODY = tuple(f"s{number}" for number in range(1, 10))
YES = Decision(version=1, shown=True, told_ap="2026-11-24", ap_number="AP-1")


async def leaks(service: AuditService, subject: str) -> tuple[Leak, ...]:
    return await service.desk(FG).breaches.leaks(RESIDENT, subject)


@BOTH
async def test_who_is_in_the_file_reads_it_and_nobody_else(service: AuditService, clock: Ticking, kind: str) -> None:
    await released(service, clock, "s1", kept_days=30)
    await released(service, clock, "s2", kept_days=5)
    await released(service, clock, "s3", recipient="r2")
    clock.now += timedelta(days=10)
    await service.door("audit").record(DESK, [reported("s4", NOW + 10 * DAY), reported("s5", NOW)])
    await released(service, clock, "s1")
    await released(service, clock, "s6", "")
    await released(service, clock, "s7", "niet-geopend")
    await released(service, clock, "s8", withheld_until=millis(clock()) + 9 * DAY)
    files = service.desk(FG).breaches
    made = await files.report(FG, window(since=NOW + 9 * DAY, until=NOW + 11 * DAY), WHY)
    await released(service, clock, "s9")
    assert [await leaks(service, who) for who in EVERYBODY] == [()] * 9, "counting tells nobody"
    await files.decide(FG, made.id, WHY, YES)
    told = {who: found for who in EVERYBODY if (found := await leaks(service, who))}
    counted = {*await named(service, made.id), *await named(service, made.id, BEFORE)}
    assert counted - set(told) == {"s8"}, "what they may not see yet is not told by this either"
    assert set(told) == {"s1", "s4", "s6"}
    (first,) = told["s1"]
    assert (first.since, first.until, len(first.lines)) == (NOW + 9 * DAY, NOW + 11 * DAY, 2)


async def test_a_decision_is_a_line_and_is_the_officers_own(service: AuditService, clock: Ticking) -> None:
    await released(service, clock, "s1")
    files = service.desk(FG).breaches
    made = await files.report(FG, window(), WHY)
    auditor = FG.model_copy(update={"roles": ("auditor",)})
    machine = Caller(tenant=TENANT, kind="automatisch", scope=("logboek",))
    for nobody in (auditor, machine, RESIDENT):
        with pytest.raises(NoAccess):
            await files.decide(nobody, made.id, WHY, YES)
    with pytest.raises(BadInput):
        await files.decide(FG, made.id, WHY, YES.model_copy(update={"version": 2}))
    version = await files.decide(FG, made.id, WHY, YES)
    assert version.told and (version.version, version.tally) == (2, made.tally)
    line = (await service.desk(FG).reader.line(version.told.line)).event
    assert (line.kind, line.subject, line.actor, line.case) == ("datalek-besluit", "systeem", FG.user, WHY.case)
    said = {"inwonersLezenHet": "ja", "apGemeldOp": "2026-11-24", "apNummer": "AP-1"}
    assert said.items() <= line.details.items()
    outside = file_of("log", version, {}).decision
    assert outside and (outside.version, outside.shown, str(outside.told_ap)) == (1, True, "2026-11-24")
    again = await files.decide(FG, made.id, WHY, YES.model_copy(update={"version": 2}))
    assert again == version, "the same once more writes nothing"


async def test_who_counts_again_changes_nothing_for_residents_and_who_decides_again_does(
    service: AuditService, clock: Ticking
) -> None:
    await released(service, clock, "s1")
    await released(service, clock, "s2", recipient="r2")
    files = service.desk(FG).breaches
    made = await files.report(FG, window(), WHY)
    await files.decide(FG, made.id, WHY, YES)
    await files.report(FG, window(recipient="r2"), WHY, made.id)
    assert (len(await leaks(service, "s1")), await leaks(service, "s2")) == (1, ())
    await files.decide(FG, made.id, WHY, YES.model_copy(update={"version": 3}))
    assert (await leaks(service, "s1"), len(await leaks(service, "s2"))) == ((), 1)
    await files.decide(FG, made.id, WHY, Decision(version=4, shown=False))
    assert await leaks(service, "s2") == ()


async def test_residents_read_since_when_they_are_told_also_after_the_number_of_the_ap_came(
    service: AuditService, clock: Ticking
) -> None:
    await released(service, clock, "s1")
    files = service.desk(FG).breaches
    made = await files.report(FG, window(), WHY)
    bare = Decision(version=1, shown=True)
    await files.decide(FG, made.id, WHY, bare)
    ((first,), told) = await leaks(service, "s1"), millis(clock())
    assert first.told_at == told
    clock.now += timedelta(days=3)
    await files.decide(FG, made.id, WHY, YES.model_copy(update={"version": 2}))
    (still,) = await leaks(service, "s1")
    assert still.told_at == told, "they have read it since then"
    await files.decide(FG, made.id, WHY, bare.model_copy(update={"version": 3, "shown": False}))
    clock.now += timedelta(days=3)
    await files.decide(FG, made.id, WHY, bare.model_copy(update={"version": 4}))
    (anew,) = await leaks(service, "s1")
    assert anew.told_at == millis(clock()), "taken back, and told again"


async def test_a_decision_is_taken_back_however_often_was_counted(
    service: AuditService, clock: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.breaching.VERSIONS", 3)
    await released(service, clock, "s1")
    files = service.desk(FG).breaches
    made = await files.report(FG, window(), WHY)
    await files.decide(FG, made.id, WHY, YES)
    await files.report(FG, window(), WHY, made.id)
    with pytest.raises(BadInput):
        await files.report(FG, window(), WHY, made.id)
    await files.decide(FG, made.id, WHY, Decision(version=3, shown=False))
    assert await leaks(service, "s1") == (), "who was told wrongly is frightened no longer than needed"


async def test_only_a_resident_in_person_asks(service: AuditService) -> None:
    for nobody in (FG, DESK, RESIDENT.model_copy(update={"acting_for": "b" * 32})):
        with pytest.raises(NoAccess):
            await service.desk(FG).breaches.leaks(nobody, "s1")


@BOTH
async def test_of_two_decisions_at_one_moment_one_stands_and_the_other_looks_again(
    service: AuditService, clock: Ticking, kind: str
) -> None:
    await released(service, clock, "s1")
    files, other = service.desk(FG).breaches, FG.model_copy(update={"user": "e" * 32})
    made = await files.report(FG, window(), WHY)
    no = Decision(version=1, shown=False)
    told = await asyncio.gather(
        files.decide(FG, made.id, WHY, YES), files.decide(other, made.id, WHY, no), return_exceptions=True
    )
    (late,) = (one for one in told if isinstance(one, BaseException))
    assert isinstance(late, JustDecided) and late.status == 409
    (stands,) = (one for one in told if not isinstance(one, BaseException))
    assert (await files.versions(FG, made.id))[1:] == (stands,)
    assert await decisions(service) == 1, "and the log says so once"
    # whoever presses the same twice decided once
    more = YES.model_copy(update={"version": 2, "ap_number": "AP-2"})
    first, second = await asyncio.gather(*(files.decide(FG, made.id, WHY, more) for _ in range(2)))
    assert first == second and await decisions(service) == 2


async def test_a_decision_of_which_a_crash_left_the_line_alone_is_taken_again(
    service: AuditService, clock: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = service.desk(FG).breaches
    made = await files.report(FG, window(), WHY)

    async def dies(_: object) -> None:
        raise LogUnavailable("De machine viel uit.")

    with monkeypatch.context() as broken:
        broken.setattr(files._leaks, "_keep", dies)
        with pytest.raises(LogUnavailable):
            await files.decide(FG, made.id, WHY, YES)
    no = Decision(version=1, shown=False)
    with pytest.raises(JustDecided):  # it may be on its way
        await files.decide(FG, made.id, WHY, no)
    clock.now += timedelta(minutes=2)
    version = await files.decide(FG, made.id, WHY, no)
    assert version.told and version.told.decided == no and await decisions(service) == 2


async def decisions(service: AuditService) -> int:
    """How many lines say that somebody decided."""
    found = (await service.door("audit").lines(FG, SYSTEM)).lines
    return sum(line.event.kind == "datalek-besluit" for line in found)


async def test_what_was_opened_is_kept_for_as_long_as_its_row_is_there(
    service: AuditService, clock: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await released(service, clock, "s1")
    files = service.desk(FG).breaches
    made = [await files.report(FG, window(), WHY) for _ in range(3)]
    for one in made:
        await files.decide(FG, one.id, WHY, YES)
    assert len(await leaks(service, "s1")) == 3
    opened, real = list[int](), files._leaks._read

    async def counting(rows: Sequence[RowMapping]) -> tuple[Version, ...]:
        opened.append(len(rows))
        return await real(rows)

    monkeypatch.setattr(files._leaks, "_read", counting)
    assert len(await leaks(service, "s1")) == 3 and opened == [1], "one of the year, for its key may be gone"
    database = files._log.database
    async with database.writing(TENANT) as tx:
        for verb in ("delete", "update"):
            await tx.exec_driver_sql(f"DROP TRIGGER no_{verb}_breaches")
        await tx.execute(delete(breaches).where(breaches.c.id == made[0].id))
    assert len(await leaks(service, "s1")) == 2, "what is destroyed is gone at once"
    async with database.writing(TENANT) as tx:
        mine = select(breaches.c.sealed).where(breaches.c.id == made[1].id, breaches.c.version == 2).scalar_subquery()
        await tx.execute(update(breaches).where(breaches.c.id == made[2].id).values(sealed=mine))
    with pytest.raises(LogUnavailable):
        await leaks(service, "s1")
